//! Milestone 4: many producers and many consumers on one buffer.
//! Man pages: pipe(7), "PIPE_BUF"; fork(2), waitpid(2), kill(2).

use predicates::str::contains;
use rstest::rstest;
use testkit::{Errno, Family, Fault, Room, Signal, sweep};

use super::lines::{Taken, all_once, in_order, taken, total};
use super::{Blocked, children, ended_by_sigterm, prodcon};

/// Several may put into one pipe, and several may take. Each record reaches one consumer, whole; of one producer each consumer
/// sees them in their order. Writes of up to PIPE_BUF bytes stay together; two reads of one record do not. pipe(7).
#[rstest]
#[case::one_producer("run -p 1 -c 4 -n 1500", 1, 1500, 64)]
#[case::one_consumer("run -p 4 -c 1 -n 400", 4, 400, 64)]
#[case::several_of_each("run -p 5 -c 4 -n 600 --size 100", 5, 600, 100)]
#[case::records_of_a_page("run -p 3 -c 3 -n 200 --size 4088", 3, 200, 4088)]
#[case::with_a_bound("run -p 4 -c 3 -n 300 --capacity 2", 4, 300, 64)]
#[case::a_crowd("run -p 64 -c 64 -n 3 --size 4", 64, 3, 4)]
fn each_record_is_printed_once_and_in_order(
    #[case] args: &str,
    #[case] producers: u16,
    #[case] count: u32,
    #[case] size: usize,
) {
    let room = Room::new();
    let done = prodcon(&room, args).run();
    done.code(0).stderr("");
    let output = done.stdout_text();
    let (lines, number) = total(&output);
    let taken = taken(lines, size);
    all_once(&taken, producers, count);
    in_order(&taken);
    let wanted = u64::from(producers) * u64::from(count);
    done.check(number == wanted, format!("`total {wanted} records`"));
}

/// The end of a stream is the end of *all* its writers: the kernel counts them. A consumer that ends with the first producer, or
/// by an end mark, loses the others; one that keeps a write end, its own or its parent's, never ends. Here one producer is
/// stopped while the other goes on to its end. pipe(7), "I/O on pipes and FIFOs".
#[test]
fn consumers_end_when_the_last_producer_has_ended() {
    let room = Room::new();
    let output = Blocked::make(&room, "out");

    let run = prodcon(&room, "run -p 2 -c 2 -n 20000")
        .stdout_to("out")
        .note("its first producer is stopped")
        .spawn();
    // Nobody reads: not even the largest pipe, a mebibyte, has room for one producer's records. So both are in the midst of
    // theirs, whoever was faster.
    run.still_waits("until somebody reads its output");
    let family = children(&run);
    assert!(
        family.len() == 4,
        "another number of processes than expected\nexpected: 4\nreceived: {}",
        family.len()
    );
    family[0].stop();
    output.open();
    let mut text = String::new();
    loop {
        run.asleep();
        match output.written_now() {
            some if some.is_empty() => break,
            some => text += &some,
        }
    }
    assert!(!run.has_ended(), "run has ended while a producer was stopped\nexpected: it waits for it");
    family[0].cont();
    text += &output.rest();
    run.wait().code(0).stderr("");
    let (lines, number) = total(&text);
    all_once(&taken(lines, 64), 2, 20_000);
    assert_eq!(number, 40_000, "the total");
}

/// A process may be killed at any moment: SIGKILL asks nobody. What it has put is whole, what it has not put is nobody's loss
/// but its own, and the others do not even notice: they end at end of file. Here it is killed at its system call 1, 2, 3 and so on.
#[rstest]
#[case::the_first_of_three("run -p 3 -c 2 -n 4 --size 4088", 0, 4088)]
#[case::the_last_of_three("run -p 3 -c 1 -n 5 --size 32", 2, 32)]
fn a_killed_producer_does_not_stop_the_others(#[case] args: &str, #[case] victim: u16, #[case] size: usize) {
    let count: u32 = if size == 32 { 5 } else { 4 };
    sweep(|call| {
        let room = Room::new();
        let nth_process = usize::from(victim) + 1;
        let done = prodcon(&room, args).trace(Fault::KillAt { call, nth_process }).run();
        let output = done.stdout_text();
        let (lines, number) = total(&output);
        let taken = taken(lines, size);
        let of_victim = taken.iter().filter(|one| one.producer == victim).count() as u32;
        done.check(
            taken.len() as u64 == number,
            format!("`total {} records`: so many lines are there", taken.len()),
        );
        // Each of them is shown as the records of producers 0, 1, ...
        let (own, others): (Vec<Taken>, Vec<Taken>) = taken.iter().partition(|one| one.producer == victim);
        let shown_as = |list: Vec<Taken>, shift: u16| -> Vec<Taken> {
            list.into_iter().map(|one| Taken { producer: (one.producer + 3 - shift) % 3, ..one }).collect()
        };
        all_once(&shown_as(others, victim + 1), 2, count);
        all_once(&shown_as(own, victim), 1, of_victim);
        done.code(i32::from(of_victim < count));
        let killed = done.fault_delivered();
        done.stderr(if killed { format!("prodcon: producer {victim} died\n") } else { String::new() });
        killed
    });
}

/// Who dies while it has a place of a bounded buffer takes the place along; who dies while it takes a record takes half of it along.
/// Then the others would wait for ever. `run` hears of the death from wait(2), and ends them all: that is better than a hang.
#[rstest]
#[case::a_producer_with_a_place("run -p 2 -c 1 -n 12 --size 8 --capacity 1", 1, "prodcon: producer 0 died\n")]
#[case::a_consumer("run -p 1 -c 2 -n 12 --size 8", 2, "")]
#[case::a_consumer_with_a_place("run -p 1 -c 1 -n 12 --size 8 --capacity 1", 2, "")]
fn a_death_that_keeps_a_place_ends_them_all(
    #[case] args: &str,
    #[case] nth_process: usize,
    #[case] said: &str,
) {
    sweep(|call| {
        let room = Room::new();
        let done = prodcon(&room, args).trace(Fault::KillAt { call, nth_process }).run();
        let killed = done.fault_delivered();
        let output = done.stdout_text();
        let (_, number) = total(&output);
        let wanted = if args.contains("-p 2") { 24 } else { 12 };
        done.code(i32::from(number < wanted));
        if killed {
            done.stderr(contains(said));
        }
        killed
    });
}

/// fork can fail in the midst of it all. Those who are there already would wait for the others for ever: so they are ended and
/// reaped, one message says why, and the status is 1. fork(2): EAGAIN.
#[rstest]
#[case::no_first_producer(1)]
#[case::no_second_producer(2)]
#[case::no_first_consumer(4)]
#[case::no_last_consumer(5)]
fn a_failing_fork_leaves_nobody_behind(#[case] nth: u64) {
    let room = Room::new();
    room.fifo("out");
    let _reader = room.reader("out");
    let fault = Fault::FailCall { family: Family::Fork, nth, errno: Errno::EAGAIN };
    let run = prodcon(&room, "run -p 3 -c 2 -n 100000").trace(fault);
    let done = run.stdout_to("out").note("nobody reads its output").run();
    done.check(done.fault_delivered(), format!("it calls fork at least {nth} times for 5 processes"));
    done.code(1).stderr(contains("prodcon: fork: Resource temporarily unavailable\n"));
    // That nobody is left is asserted while nobody can go on.
    drop(room);
}

/// SIGTERM to the program means all of its processes. Who only ends itself leaves children that nobody knows any more; here they
/// would wait for ever. kill(2), signal(7).
#[rstest]
#[case::copy("copy")]
#[case::run("run -p 3 -c 2 -n 100000")]
#[case::run_with_a_bound("run -p 3 -c 2 -n 100000 --capacity 1")]
fn sigterm_ends_all_of_them(#[case] args: &str) {
    sigterm_ends_all(args);
}

/// Starts it with an output that nobody reads, sends SIGTERM, and demands that all its processes end.
#[track_caller]
pub(super) fn sigterm_ends_all(args: &str) {
    let room = Room::new();
    room.fifo("out");
    let _reader = room.reader("out");

    let running = prodcon(&room, args).stdin_open().stdout_to("out").note("nobody reads its output").spawn();
    running.still_waits("for the other side");
    let count = running.descendants().len();
    assert!(count > 0, "there is one process only\nexpected: prodcon has started others\nreceived: none");
    running.kill(Signal::SIGTERM);
    ended_by_sigterm(&running.wait());
    // That nobody is left is asserted while nobody can go on.
    drop(room);
}
