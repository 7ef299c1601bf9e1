//! Milestone 8: many producers, many consumers, and a lock that survives its owner.
//! Man pages: futex(2), set_robust_list(2), gettid(2).

use rstest::rstest;
use testkit::{Fault, Finished, Instant, Moment, Room, Running, Signal, Then, sweep};

use super::m4_order::holds;
use super::peer::{MANY, Segment, StandIn, at, dead_pid};
use super::ring;

/// Bit 31 of the lock word: somebody may sleep.
const WAITERS: u32 = 1 << 31;
/// Bit 30: the owner has died.
const OWNER_DIED: u32 = 1 << 30;

/// The lines of several programs, sorted.
fn sorted<'a>(done: impl IntoIterator<Item = &'a Finished>) -> Vec<String> {
    let texts: Vec<String> = done.into_iter().map(Finished::stdout_text).collect();
    let mut lines: Vec<String> = texts.iter().flat_map(|text| text.lines()).map(str::to_owned).collect();
    lines.sort();
    lines
}

#[track_caller]
fn same(wanted: &[String], found: &[String]) {
    let first = wanted.iter().zip(found).find(|(wanted, found)| wanted != found);
    assert!(
        wanted == found,
        "not each record has come out once\nexpected: {} records\nreceived: {}; the first that is missing or comes twice is near {first:?}",
        wanted.len(),
        found.len()
    );
}

/// Three producers and three consumers on eight slots: all of them wait now and then, for room, for records, and for
/// the lock. Nothing is lost, nothing comes twice, and the records of one producer come in their order.
#[test]
fn many_share_a_ring_and_each_record_comes_once() {
    let room = Room::new();
    ring(&room, "create file:seg --slots 8 --slot-size 24 --many").run().code(0);
    let segment = Segment::open(&room.path("seg"));
    let consumers: Vec<Running> = (0..3).map(|_| ring(&room, "pop file:seg").spawn()).collect();
    let inputs: Vec<String> = (0..3).map(|p| (0..400).map(|i| format!("{p}-{i:04}\n")).collect()).collect();
    let producers: Vec<Running> =
        inputs.iter().map(|input| ring(&room, "push file:seg --keep").stdin(input.clone()).spawn()).collect();
    for producer in producers {
        producer.wait().code(0);
    }
    ring(&room, "close file:seg").run().code(0);
    let consumers: Vec<Finished> = consumers.into_iter().map(Running::wait).collect();
    for consumer in &consumers {
        consumer.code(0);
        for p in 0..3 {
            let text = consumer.stdout_text();
            let own: Vec<&str> = text.lines().filter(|line| line.starts_with(&format!("{p}-"))).collect();
            consumer.check(own.is_sorted(), format!("the records of producer {p} come in their order"));
        }
    }
    let wanted: Vec<String> = inputs.iter().flat_map(|input| input.lines()).map(str::to_owned).collect();
    same(&wanted, &sorted(&consumers));
    segment.expect(at::LOCK, "the lock word, when all have ended", 0);
    segment.expect(at::PRODUCER, "the producer's pid in a ring for many", 0);
    segment.expect_counters(1200, 1200);
}

/// A living process holds the lock, and takes its time. Whoever wants it says so (bit 31), and sleeps; when it is
/// given back, with one wake-up, all go on.
#[test]
fn whoever_waits_for_the_lock_sleeps() {
    let room = Room::new();
    let segment = Segment::make(&room, "seg", 8, 24, MANY);
    let owner = StandIn::new(&room);
    segment.store(at::LOCK, owner.pid);

    let push = ring(&room, "push file:seg").stdin("one\n").spawn();
    let pop = ring(&room, "pop file:seg").spawn();
    for running in [&push, &pop] {
        running.still_waits("for the lock, which a living process holds");
        running.assert_idle();
    }
    segment.expect(at::LOCK, "the lock word, while two wait for it", owner.pid | WAITERS);
    segment.expect_counters(0, 0);
    segment.store(at::LOCK, 0);
    segment.wake(at::LOCK);
    push.wait().code(0);
    pop.wait().code(0).stdout("one\n");
    segment.expect(at::LOCK, "the lock word, when all have ended", 0);
    owner.end();
}

/// What happens to a program just after its access `nth` to the word at this offset.
fn at_access(segment: &Segment, offset: usize, nth: u64, then: Then) -> Fault {
    Fault::At(Instant { file: segment.path(), at: Moment::Access { offset: offset as u64, nth }, then })
}

/// A program that is killed just after its access `nth` to the word at this offset.
fn killed(room: &Room, segment: &Segment, args: &str, (offset, nth): (usize, u64)) -> Finished {
    ring(room, args).stdin("mine\n").trace(at_access(segment, offset, nth, Then::Kill)).run()
}

/// A producer, and then a consumer, is killed just after each instruction that touches the lock, its counter, the
/// slot, or a flag, in turn. Whoever comes next finds a ring in order: of the dead one's record nobody knows, all
/// others come out once.
#[rstest]
#[case::of_a_producer(true)]
#[case::of_a_consumer(false)]
fn a_death_costs_one_record_at_most(#[case] is_producer: bool) {
    let offsets = if is_producer {
        [at::LOCK, at::HEAD, at::SLOT + 2 * 64, at::SLOT + 2 * 64 + 8, at::DATA_WAITS]
    } else {
        [at::LOCK, at::TAIL, at::SLOT, at::SLOT + 8, at::SPACE_WAITS]
    };
    for offset in offsets {
        sweep(|nth| dies_at(is_producer, offset, nth));
    }
}

/// One death. Whether it has happened.
#[track_caller]
fn dies_at(is_producer: bool, offset: usize, nth: u64) -> bool {
    let room = Room::new();
    let segment = Segment::make(&room, "seg", 4, 24, MANY);
    segment.push(b"first");
    segment.push(b"second");
    let args = if is_producer { "push file:seg --keep" } else { "pop file:seg --count 2" };
    let dead = killed(&room, &segment, args, (offset, nth));
    ring(&room, "push file:seg").stdin("third\n").run().code(0);
    let next = ring(&room, "pop file:seg").run();
    next.code(0);
    let (gone, out) = (dead.stdout_text(), next.stdout_text());
    let all = gone.clone() + &out;
    let came: Vec<&str> = all.lines().collect();
    // In their order, each once; of all that should come, one may be missing.
    let wanted =
        if is_producer { &["first", "second", "mine", "third"][..] } else { &["first", "second", "third"] };
    let mut rest = wanted.iter();
    let is_in_order = came.iter().all(|line| rest.any(|wanted| wanted == line));
    let may_lack = if is_producer { "mine" } else { "first or second" };
    let lacks = wanted.iter().filter(|wanted| !came.contains(wanted));
    let is_complete = match lacks.copied().collect::<Vec<_>>()[..] {
        [] => true,
        [one] => may_lack.split(" or ").any(|may| may == one),
        _ => false,
    };
    next.check(
        is_in_order && is_complete,
        format!(
            "together with what the other one has printed, {wanted:?}, of which {may_lack} may be missing (it was killed at its access {nth} to offset {offset}, and has printed {gone:?})"
        ),
    );
    segment.expect(at::LOCK, "the lock word, when all have ended", 0);
    dead.fault_delivered()
}

/// The lock of a dead owner belongs to the next: to one that comes later and finds its id, or the kernel's mark; and
/// to one that has been asleep for it when the owner died.
#[test]
fn the_lock_of_a_dead_owner_is_taken_over() {
    let room = Room::new();
    let dead = dead_pid(&room);
    for word in [dead, dead | WAITERS, OWNER_DIED, OWNER_DIED | WAITERS, dead | OWNER_DIED | WAITERS] {
        let segment = Segment::make(&room, "seg", 4, 24, MANY);
        segment.store(at::LOCK, word);
        let note = format!("the lock word is {word:#x}, and {dead} is dead");
        ring(&room, "push file:seg").stdin("one\n").note(note).run().code(0);
        segment.expect_records(&["one"]);
        segment.expect(at::LOCK, "the lock word, when all have ended", 0);
    }

    // Two of your own: one stops in the middle of its change, the other one wants the lock, the first one dies.
    let nth = first_access_with_the_lock(&room);
    let segment = Segment::make(&room, "own", 4, 24, MANY);
    let owner = ring(&room, "push file:own --keep")
        .stdin("mine\n")
        .trace(at_access(&segment, at::LOCK, nth, Then::Stop))
        .spawn();
    owner
        .eventually(|| owner.fault_delivered() || owner.has_ended(), "the owner to stop with the lock")
        .stop();
    let next = ring(&room, "push file:own").stdin("next\n").spawn();
    next.still_waits("for the lock, whose owner is stopped");
    next.assert_idle();
    owner.kill(Signal::SIGKILL);
    owner.cont();
    owner.wait();
    next.wait().code(0);
    ring(&room, "pop file:own").run().code(0).check(true, "");
    segment.expect(at::LOCK, "the lock word, when all have ended", 0);
}

/// The number of the access to the lock word after which a producer has it.
#[track_caller]
fn first_access_with_the_lock(room: &Room) -> u64 {
    for nth in 1..100 {
        let segment = Segment::make(room, "probe", 4, 24, MANY);
        let done = killed(room, &segment, "push file:probe --keep", (at::LOCK, nth));
        if segment.load(at::LOCK) != 0 {
            return nth;
        }
        assert!(
            done.fault_delivered(),
            "push changes a ring for many without the lock\nexpected: at some moment its thread id is at offset {}\nreceived: it never is",
            at::LOCK
        );
    }
    unreachable!("a push of one record touches the lock less than 100 times")
}

/// Two consumers sleep. A producer stops, and is killed, just after each of its accesses to head, to the flag, to the word that
/// the consumers sleep on, and to the lock, in turn: for one, when it has published, and has woken nobody. The next
/// producer takes the lock over, pushes what is missing to two records, and both consumers get one.
#[test]
fn whoever_takes_over_wakes_the_sleepers() {
    for offset in [at::HEAD, at::DATA_WAITS, at::DATA, at::LOCK] {
        sweep(|nth| sleepers_get_theirs(offset, nth));
    }
}

/// One death while two consumers sleep. Whether it has happened.
#[track_caller]
fn sleepers_get_theirs(offset: usize, nth: u64) -> bool {
    let room = Room::new();
    let segment = Segment::make(&room, "seg", 4, 24, MANY);
    let pop = || ring(&room, "pop file:seg --count 1").spawn();
    let sleepers = [pop(), pop()];
    for sleeper in &sleepers {
        sleeper.still_waits("for a record");
    }
    let owner = ring(&room, "push file:seg --keep").stdin("mine\n");
    let owner = owner.trace(at_access(&segment, offset, nth, Then::Stop)).spawn();
    owner.eventually(
        || owner.fault_delivered() || owner.has_ended(),
        "the producer to come to that access, or to end",
    );
    let is_stopped = owner.fault_delivered();
    if is_stopped {
        // When it dies nobody is just awake. Else somebody could take a lock that has been given back, before the kernel looks
        // whom the dead one has not woken; no lock of this form survives that.
        owner.stop();
        for sleeper in &sleepers {
            sleeper.asleep();
        }
        owner.kill(Signal::SIGKILL);
        owner.cont();
    }
    owner.wait();
    let published = segment.load_wide(at::HEAD) as usize;
    assert!(published < 2, "one record was pushed\nexpected: head is 0 or 1\nreceived: {published}");
    let note = format!(
        "another one was killed at its access {nth} to offset {offset}, when it had published {published} records"
    );
    for i in published..2 {
        let push = ring(&room, "push file:seg --keep").note(note.clone());
        push.stdin(format!("next {i}\n")).run().code(0);
    }
    for (i, sleeper) in sleepers.iter().enumerate() {
        let what = format!(
            "both consumers to get a record and end ({i} of 2 have): one killed producer has published {published}, and the next has pushed {} more. Whoever takes the lock over wakes all who sleep; and one whom the kernel wakes, because the dead one had given the lock back and not said so, is one of several",
            2 - published
        );
        sleeper.eventually(|| sleeper.has_ended(), what);
    }
    let done = sleepers.map(Running::wait);
    for done in &done {
        done.code(0);
    }
    let mut wanted: Vec<String> = (published..2).map(|i| format!("next {i}")).collect();
    wanted.extend((published == 1).then(|| "mine".to_owned()));
    wanted.sort();
    same(&wanted, &sorted(&done));
    is_stopped
}

/// One at a time, whatever the order; also when the owner is dead and two want its place; and in the end the word is 0.
/// In-process check, scenarios `lock` and `heirs`.
#[rstest]
#[case::of_two("lock")]
#[case::of_two_heirs("heirs")]
fn the_lock_lets_one_in_at_a_time(#[case] scenario: &str) {
    holds(scenario);
}
