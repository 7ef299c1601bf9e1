//! Milestone 3: whoever must wait, sleeps; whoever has something to tell, wakes.
//! Man pages: futex(2), futex(7).

use rstest::rstest;
use testkit::{Fault, Finished, Room};

use super::peer::{Segment, at};
use super::{lines, records, ring, sleeps};

/// Demands that somebody sleeps on this word and has said so, and that a wake-up from another process reaches it.
#[track_caller]
fn sleeps_on(segment: &Segment, (word, word_name): (usize, &str), (waits, waits_name): (usize, &str)) {
    let said = segment.load(waits);
    assert!(
        said != 0,
        "it sleeps, and has not said so: nobody will wake it\nexpected: {waits_name} (offset {waits}) is 1\nreceived: 0"
    );
    segment.store(waits, 0);
    segment.bump(word);
    let woken = segment.wake(word);
    assert!(
        woken > 0,
        "a wake-up from another process does not reach it\nexpected: FUTEX_WAKE on the {word_name} (offset {word}) wakes 1 sleeper\nreceived: it wakes {woken} (does it sleep elsewhere, or with FUTEX_PRIVATE_FLAG?)"
    );
}

const DATA: (usize, &str) = (at::DATA, "data word");
const DATA_WAITS: (usize, &str) = (at::DATA_WAITS, "consumer waits");
const SPACE: (usize, &str) = (at::SPACE, "space word");
const SPACE_WAITS: (usize, &str) = (at::SPACE_WAITS, "producer waits");

/// An empty ring: `pop` prints what it has, then sleeps on the data word, and costs nothing. The check publishes and
/// wakes, by the contract; then your own `push` does.
#[test]
fn whoever_finds_the_ring_empty_sleeps() {
    let room = Room::new();
    let segment = Segment::make(&room, "seg", 8, 24, 0);
    let pushed = records(&room, 5, 24);
    segment.push(&pushed[0]);

    let pop = ring(&room, "pop file:seg").spawn();
    pop.wait_stdout(lines(&pushed[..1]));
    sleeps(&pop, "for a record");
    sleeps_on(&segment, DATA, DATA_WAITS);
    sleeps(&pop, "for a record, after a wake-up without one");
    segment.push(&pushed[1]);
    segment.push(&pushed[2]);
    pop.wait_stdout(lines(&pushed[..3]));
    pop.asleep();
    ring(&room, "push file:seg --keep").stdin(lines(&pushed[3..4])).run().code(0);
    pop.wait_stdout(lines(&pushed[..4]));
    pop.asleep();
    ring(&room, "push file:seg").stdin(lines(&pushed[4..])).run().code(0);
    pop.wait().code(0).stdout(lines(&pushed));
}

/// A full ring: `push` sleeps on the space word, until a slot is free. The check frees and wakes; then your own `pop`
/// does.
#[test]
fn whoever_finds_the_ring_full_sleeps() {
    let room = Room::new();
    let segment = Segment::make(&room, "seg", 2, 24, 0);
    let pushed = records(&room, 9, 24);

    let push = ring(&room, "push file:seg").stdin_open().spawn();
    push.send(lines(&pushed[..3]));
    sleeps(&push, "for room");
    segment.expect_counters(2, 0);
    sleeps_on(&segment, SPACE, SPACE_WAITS);
    sleeps(&push, "for room, after a wake-up without any");
    let mut found = vec![segment.pop()];
    push.eventually(
        || segment.load_wide(at::HEAD) == 3,
        "the third record to be published when there is room",
    );
    push.asleep();
    push.send(lines(&pushed[3..6]));
    push.asleep();
    // One at a time: each frees one slot, and the ring is full again.
    for head in 4..=6 {
        found.push(segment.pop());
        push.eventually(
            || segment.load_wide(at::HEAD) == head,
            format!("record {head} to be published when there is room"),
        );
    }
    let found: Vec<Vec<u8>> = found.into_iter().flatten().collect();
    assert!(found == pushed[..4], "the records that were popped one by one are not those that were pushed");
    push.send(lines(&pushed[6..]));
    push.close_stdin();
    push.asleep();
    let pop = ring(&room, "pop file:seg").run();
    push.wait().code(0);
    pop.code(0).stdout(lines(&pushed[4..]));
}

/// A futex may return for no reason; a word may change for no reason. Whoever takes a wake-up for news pops from an
/// empty ring, or writes into a full one. futex(2), "spurious wake-up".
#[rstest]
#[case::of_the_consumer(true)]
#[case::of_the_producer(false)]
fn a_wake_up_for_nothing_changes_nothing(#[case] is_consumer: bool) {
    let room = Room::new();
    let segment = Segment::make(&room, "seg", 2, 24, 0);
    let old = records(&room, 2, 24);
    let running = if is_consumer {
        ring(&room, "pop file:seg").spawn()
    } else {
        old.iter().for_each(|record| segment.push(record));
        ring(&room, "push file:seg").stdin("new\n").spawn()
    };
    let (word, waits) = if is_consumer { (at::DATA, at::DATA_WAITS) } else { (at::SPACE, at::SPACE_WAITS) };
    let head = segment.load_wide(at::HEAD);

    for kind in ["a wake-up while nothing has changed", "another word, and a wake-up", "another word"] {
        running.still_waits("while there is nothing for it");
        if kind != "a wake-up while nothing has changed" {
            segment.bump(word);
        }
        if kind != "another word" {
            // As the contract says, whoever wakes takes the flag back.
            segment.store(waits, 0);
            segment.wake(word);
        }
        running.still_waits(&format!("after {kind}"));
        segment.expect_counters(head, 0);
        assert!(
            segment.load(waits) != 0,
            "after {kind} it sleeps again without a word\nexpected: its `waits` (offset {waits}) is 1\nreceived: 0"
        );
    }
    assert!(running.stdout_now().is_empty(), "it has printed something, and there is no record");
    // The word has changed since it fell asleep: that must not keep the next wake-up away.
    if is_consumer {
        segment.push(b"new");
        segment.close();
        running.wait().code(0).stdout("new\n");
    } else {
        assert!(segment.pop().is_some(), "the check's own record is there");
        running.wait().code(0);
        segment.expect_records(&[&old[1], &b"new".to_vec()]);
    }
}

/// The end is news, too: it wakes a consumer, who ends, and a producer, who is told that nobody wants its record.
#[test]
fn the_end_wakes_whoever_sleeps() {
    let room = Room::new();
    let segment = Segment::make(&room, "empty", 2, 24, 0);
    let pop = ring(&room, "pop file:empty").spawn();
    pop.still_waits("for a record");
    ring(&room, "close file:empty").run().code(0);
    pop.wait().code(0).stdout("").stderr("");
    drop(segment);

    let segment = Segment::make(&room, "full", 2, 24, 0);
    let push = ring(&room, "push file:full").stdin("a\nb\nc\n").spawn();
    push.still_waits("for room");
    ring(&room, "close file:full").run().code(0);
    push.wait().code(5).stderr("ring: file:full: closed\n");
    segment.expect_records(&["a", "b"]);
}

/// Somebody has said that it sleeps, and has not had its turn yet. The first record wakes it, and takes the flag
/// back; the other 299 are published in silence. And if nobody has said so, nobody is woken at all.
#[rstest]
#[case::the_producer_wakes(true, 1)]
#[case::the_producer_has_nobody_to_wake(true, 0)]
#[case::the_consumer_wakes(false, 1)]
#[case::the_consumer_has_nobody_to_wake(false, 0)]
fn one_sleep_costs_one_wake_up(#[case] is_producer: bool, #[case] waits: u32) {
    let room = Room::new();
    let segment = Segment::make(&room, "seg", 512, 24, 0);
    let pushed = records(&room, 300, 24);
    let (word, flag) = if is_producer { (at::DATA, at::DATA_WAITS) } else { (at::SPACE, at::SPACE_WAITS) };
    let command = if is_producer {
        ring(&room, "push file:seg --keep").stdin(lines(&pushed))
    } else {
        pushed.iter().for_each(|record| segment.push(record));
        ring(&room, "pop file:seg --count 300")
    };
    segment.store(flag, waits);
    let before = segment.load(word);

    let done = command.trace(Fault::Count).run();
    done.code(0);
    let calls = done.calls_of("futex");
    // Attaching wakes the other side once, and the language's own start may need a few.
    assert!(
        calls <= 20,
        "300 records, and {} (offset {flag} is {waits} at first)\nexpected: at most 20 calls of futex(2)\nreceived: {calls}",
        if waits == 0 { "nobody sleeps" } else { "one sleeper, who has said so once" }
    );
    if waits == 1 {
        segment.expect(flag, "the flag of a sleeper who was woken", 0);
        assert!(
            segment.load(word) != before,
            "the sleeper was woken, and its word is the same: if it was just falling asleep, it sleeps for ever\nexpected: another value than {before} at offset {word}\nreceived: {before}"
        );
    }
}

/// The lines of the steady state.
const MESSAGES: usize = 100_000;

/// The number of each line, and nothing else: 8 bytes with the newline.
fn numbered(from: usize) -> String {
    (from..from + MESSAGES).map(|i| format!("{i:07}\n")).collect()
}

/// Demands that it has asked the kernel now and then only, and that it has neither slept nor woken anybody.
#[track_caller]
fn costs_nothing(who: &str, done: &Finished) {
    done.code(0);
    let futex = done.own_calls().get("futex").copied().unwrap_or(0);
    let calls = done.own_calls().values().sum::<u64>() - futex;
    assert!(
        calls <= 1000,
        "{who} asks the kernel too often for {MESSAGES} records\nexpected: at most 1000 system calls, futex(2) not counted\nreceived: {calls} (and {futex} of futex(2))"
    );
    assert!(
        futex <= 20,
        "{who} calls futex(2), and nobody has to wait\nexpected: at most 20 calls\nreceived: {futex}"
    );
}

/// This is what a ring is for. 100 000 records, and nobody must wait: the kernel is asked for input and output now
/// and then, and for nothing else. Then both sides work at the same time, on a ring that is neither empty nor full for
/// either, however slow the other one is: nobody sleeps, so nobody is woken.
#[test]
fn a_record_costs_no_system_call() {
    let room = Room::new();
    let inputs = [0, MESSAGES].map(numbered);
    room.write("in0", &inputs[0]);
    room.write("in1", &inputs[1]);
    let _segment = Segment::make(&room, "seg", 262_144, 8, 0);
    let push = |input: &str| ring(&room, "push file:seg --keep").stdin_from(input).trace(Fault::Count);
    let pop = || ring(&room, format!("pop file:seg --count {MESSAGES}")).stdout_to("out").trace(Fault::Count);
    let came_out = |input: &str| {
        let is_same = room.read("out") == input.as_bytes();
        assert!(is_same, "the records that came out are not those that went in");
    };

    costs_nothing("push", &push("in0").run());
    // The first half is there for pop, and there is room for the second half.
    let (consumer, producer) = (pop().spawn(), push("in1").spawn());
    costs_nothing("push, at work beside pop,", &producer.wait());
    costs_nothing("pop, at work beside push,", &consumer.wait());
    came_out(&inputs[0]);
    costs_nothing("pop", &pop().run());
    came_out(&inputs[1]);
}
