//! Milestone 7: the other side dies.
//! Man pages: pidfd_open(2), poll(2), proc_pid_stat(5), kill(2).

use rstest::rstest;
use testkit::{Fault, Instant, Moment, Room, Signal, Then, sweep};

use super::peer::{Segment, StandIn, at, dead_pid, start_time};
use super::{lines, records, refused, ring, sleeps};

/// A side that sleeps is told that the other one has died: it does not ask now and then. The check puts a living
/// process into the header, before or after the side falls asleep, and kills it. pidfd_open(2).
#[rstest]
#[case::of_the_producer(true, false)]
#[case::of_the_consumer(false, false)]
#[case::of_a_producer_that_came_later(true, true)]
#[case::of_a_consumer_that_came_later(false, true)]
fn a_death_ends_the_sleep_of_the_other(#[case] is_producer: bool, #[case] is_late: bool) {
    let room = Room::new();
    let segment = Segment::make(&room, "seg", 4, 24, 0);
    let pushed = records(&room, 4, 24);
    pushed.iter().for_each(|record| segment.push(record));
    let stand_in = StandIn::new(&room);
    if !is_late {
        stand_in.attach(&segment, is_producer);
    }
    let running = if is_producer {
        ring(&room, "pop file:seg").spawn()
    } else {
        ring(&room, "push file:seg").stdin("one\n").spawn()
    };
    running.still_waits("while the other side is alive");
    if is_late {
        stand_in.attach(&segment, is_producer);
        running.still_waits("while the other side is alive");
    }
    running.assert_idle();
    stand_in.die();
    let done = running.wait();
    refused(&done, 5, "file:seg");
    if is_producer {
        done.stdout(lines(&pushed));
    }
}

/// Who attaches tells the other side, which may be asleep, and must know whom to watch. Your own `pop` sleeps in a ring
/// where nobody is; then your own `push` attaches, pushes nothing, and is killed: `pop` ends with 5. And a `pop` that has
/// attached, and has taken nothing, has changed the word on which a producer may be falling asleep.
#[test]
fn whoever_attaches_wakes_the_other() {
    let room = Room::new();
    let segment = Segment::make(&room, "in", 4, 24, 0);
    let pop =
        ring(&room, "pop file:in").note("it sleeps when `push` attaches; then `push` is killed").spawn();
    pop.still_waits("for a record");
    let push = ring(&room, "push file:in").stdin_open().spawn();
    push.still_waits("for its input");
    segment.expect(at::PRODUCER, "the pid of the `push` that waits for input", push.pid().cast_unsigned());
    pop.still_waits("while the producer that came later is alive");
    push.kill(Signal::SIGKILL);
    push.wait();
    pop.eventually(|| pop.has_ended(), "`pop` to end: a producer has attached while it slept, and has died");
    refused(&pop.wait(), 5, "file:in");

    let segment = Segment::make(&room, "out", 4, 24, 0);
    let before = segment.load(at::SPACE);
    let pop = ring(&room, "pop file:out").spawn();
    pop.still_waits("for a record");
    let after = segment.load(at::SPACE);
    assert!(
        after != before,
        "`pop` has attached, and told nobody: a producer that sleeps does not know whom to watch\nexpected: another value than {before} in the space word (offset {})\nreceived: {after}",
        at::SPACE
    );
    segment.close();
    pop.wait().code(0);
}

/// A death is no reason to throw away what is there: all records come out first. And as long as there is room, a
/// record may be pushed for whoever comes next.
#[test]
fn what_the_dead_has_published_comes_first() {
    let room = Room::new();
    let segment = Segment::make(&room, "in", 8, 24, 0);
    let pushed = records(&room, 5, 24);
    pushed.iter().for_each(|record| segment.push(record));
    segment.store(at::PRODUCER, dead_pid(&room));
    let done = ring(&room, "pop file:in").run();
    refused(&done, 5, "file:in");
    done.stdout(lines(&pushed));

    let segment = Segment::make(&room, "out", 4, 24, 0);
    segment.store(at::CONSUMER, dead_pid(&room));
    ring(&room, "push file:out --keep").stdin(lines(&pushed[..2])).run().code(0);
    refused(&ring(&room, "push file:out").stdin(lines(&pushed[2..])).run(), 5, "file:out");
    segment.expect_records(&pushed[..4]);

    // Your own two, and no stand-in.
    let segment = Segment::make(&room, "own", 4, 24, 0);
    let push = ring(&room, "push file:own").stdin_open().spawn();
    push.send("one\ntwo\n");
    push.still_waits("for its input");
    let pop = ring(&room, "pop file:own").spawn();
    pop.still_waits("while your producer is alive");
    push.kill(Signal::SIGKILL);
    push.wait();
    let done = pop.wait();
    refused(&done, 5, "file:own");
    done.stdout("one\ntwo\n");
    segment.expect_counters(2, 2);
}

/// `push` is killed just after each instruction that touches head, the first slots, the state, or the producer's own
/// fields, in turn. Whatever is published then is whole, in its order; what is not published does not come out;
/// whoever comes next can push.
#[rstest]
#[case::at_the_counter(&[at::HEAD])]
#[case::in_a_slot(&[at::SLOT, at::SLOT + 4, at::SLOT + 8, at::SLOT + 64, at::SLOT + 72])]
#[case::at_the_end(&[at::STATE, at::DATA])]
#[case::while_it_attaches_or_leaves(&[at::PRODUCER, at::PRODUCER_START])]
fn a_record_is_whole_or_absent_wherever_its_producer_dies(#[case] offsets: &[usize]) {
    for &offset in offsets {
        sweep(|nth| {
            let room = Room::new();
            let segment = Segment::make(&room, "seg", 4, 24, 0);
            let pushed = records(&room, 3, 24);
            let moment = Moment::Access { offset: offset as u64, nth };
            let instant = Instant { file: segment.path(), at: moment, then: Then::Kill };
            let done = ring(&room, "push file:seg").stdin(lines(&pushed)).trace(Fault::At(instant)).run();
            let (head, is_closed) = (segment.load_wide(at::HEAD), segment.load(at::STATE) == 2);
            let place = format!("push was killed at its access {nth} to offset {offset} of the segment");
            assert!(head <= 3, "head is too large ({place})\nexpected: 0 to 3\nreceived: {head}");
            for (number, wanted) in pushed.iter().enumerate().take(head as usize) {
                let found = segment.record(number as u64);
                assert!(
                    found == *wanted,
                    "record {number} (counted from 0) is published and not whole ({place})\nexpected: {wanted:?}\nreceived: {found:?}"
                );
            }
            let rest = if is_closed {
                pushed.clone()
            } else {
                ring(&room, "push file:seg").stdin("next\n").note(place.clone()).run().code(0);
                [&pushed[..head as usize], &[b"next".to_vec()]].concat()
            };
            ring(&room, "pop file:seg").note(place).run().code(0).stdout(lines(&rest));
            if !done.fault_delivered() {
                done.code(0)
                    .check(head == 3 && is_closed, "a push that is not killed publishes all, and closes");
            }
            done.fault_delivered()
        });
    }
}

/// A pid is a number that is given away again. Who has it now, and was started at another time, is not who attached:
/// that one is dead. proc_pid_stat(5), field 22.
#[rstest]
#[case::started_later(1)]
#[case::started_earlier(u64::MAX)]
fn a_reused_pid_is_somebody_else(#[case] other: u64) {
    let room = Room::new();
    let stand_in = StandIn::new(&room);
    let wrong = stand_in.start.wrapping_add(other);

    let segment = Segment::make(&room, "in", 4, 24, 0);
    segment.push(b"rest");
    segment.store(at::PRODUCER, stand_in.pid);
    segment.store_wide(at::PRODUCER_START, wrong);
    let done = ring(&room, "pop file:in").run();
    refused(&done, 5, "file:in");
    done.stdout("rest\n");
    // So the place is free.
    ring(&room, "push file:in").stdin("new\n").run().code(0);

    let segment = Segment::make(&room, "out", 1, 24, 0);
    segment.store(at::CONSUMER, stand_in.pid);
    segment.store_wide(at::CONSUMER_START, wrong);
    refused(&ring(&room, "push file:out --keep").stdin("a\nb\n").run(), 5, "file:out");
    ring(&room, "pop file:out --count 1").run().code(0).stdout("a\n");
    stand_in.end();
}

/// A ring without `--many` has one producer and one consumer. A second one is told so, and changes nothing. And
/// nobody is dead who lives, also one that is just attaching and has not told its start time.
#[rstest]
#[case::producer(true)]
#[case::consumer(false)]
fn a_living_partner_is_left_alone(#[case] is_producer: bool) {
    let room = Room::new();
    let segment = Segment::make(&room, "seg", 1, 24, 0);
    segment.push(b"there");
    let stand_in = StandIn::new(&room);
    stand_in.attach(&segment, is_producer);
    let start = if is_producer { at::PRODUCER_START } else { at::CONSUMER_START };
    for known in [stand_in.start, 0] {
        segment.store_wide(start, known);
        let before = room.read("seg");
        let (name, command) = if is_producer { ("producer", "push") } else { ("consumer", "pop") };
        let done = ring(&room, format!("{command} file:seg")).stdin("late\n").run();
        let message = format!("ring: file:seg: {name} {} is attached\n", stand_in.pid);
        done.code(1).stdout("").stderr(message);
        assert!(room.read("seg") == before, "whoever may not attach has changed the segment all the same");
    }
    // The other side waits, and has said who it is.
    let (command, pid_at, start_at) = if is_producer {
        segment.pop();
        ("pop file:seg", at::CONSUMER, at::CONSUMER_START)
    } else {
        ("push file:seg", at::PRODUCER, at::PRODUCER_START)
    };
    for known in [0, stand_in.start] {
        segment.store_wide(start, known);
        let other = ring(&room, command).stdin("more\n").spawn();
        sleeps(&other, "while its partner is alive");
        let pid = other.pid();
        segment.expect(pid_at, "the pid of who is attached", pid.cast_unsigned());
        let (said, is) = (segment.load_wide(start_at), start_time(pid));
        assert!(
            said == is,
            "the start time of who is attached (offset {start_at}) is wrong\nexpected: {is}\nreceived: {said}"
        );
        other.kill(Signal::SIGKILL);
        other.wait();
    }
    stand_in.end();
}

/// Whoever leaves says so: both fields are 0, whatever the status is. Then nobody is dead, and whoever waits, waits
/// for the next.
#[test]
fn whoever_leaves_is_not_dead() {
    let room = Room::new();
    let segment = Segment::make(&room, "seg", 4, 24, 0);
    let pop = ring(&room, "pop file:seg").spawn();
    pop.still_waits("for a record");
    for (input, status) in [("one\n", 0), ("two\nthis line is much too long for its slot\n", 1)] {
        ring(&room, "push file:seg --keep").stdin(input).run().code(status);
        segment.expect(at::PRODUCER, "the producer's pid, when it has left", 0);
        assert!(
            segment.load_wide(at::PRODUCER_START) == 0,
            "the start time of a producer that has left is not 0"
        );
        pop.still_waits("for the next producer");
    }
    ring(&room, "push file:seg").stdin("three\n").run().code(0);
    pop.wait().code(0).stdout("one\ntwo\nthree\n");
    segment.expect(at::CONSUMER, "the consumer's pid, when it has left", 0);
    assert!(
        segment.load_wide(at::CONSUMER_START) == 0,
        "the start time of a consumer that has left is not 0"
    );
}
