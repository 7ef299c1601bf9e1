//! Milestone 4: a bounded queue; what there is no room for stays in the pipe.
//! Man pages: pipe(7), poll(2), proc(5).

use rstest::rstest;
use testkit::{Fault, Gate, Room, Running};

use super::{answer_to, answers, expect_answers, pid_tasks, pool, wait_answer};

/// A queue without a bound only hides that the workers are too slow. When N tasks run and Q wait, no further line is
/// taken: a bad line that stands behind them is not answered before there is room again.
#[test]
fn no_more_than_n_plus_q_tasks_are_outstanding() {
    let room = Room::new();
    let (n, queue) = (room.number(1..4) as usize, room.number(0..7) as usize);
    let (gate, last) = (room.gate("door"), room.word());
    // One line more than there is room for, and one that a boss may have in its hand.
    let (lines, ids) = pid_tasks(&room, "t", queue + 2);

    let running = pool(&room, &format!("run -n {n} --queue {queue}")).stdin_open().spawn();
    running.send(gated(n));
    gate.reached_by(n);
    running.send(format!("{lines}{last}\tnothing\n"));
    running.asleep();
    let early = String::from_utf8_lossy(&running.stdout_now()).into_owned();
    assert!(
        early.is_empty(),
        "a line was taken although there is no room\nexpected: {n} tasks run, {queue} wait, and the bad line behind {} more is not looked at\nreceived: {early}",
        ids.len() - queue
    );
    gate.open();
    running.close_stdin();
    let done = running.wait();
    done.code(1).check(answers(&done).len() == n + ids.len() + 1, "in the end each line is answered");
}

/// The other side of the bound: Q tasks do find room. With one place left the next line is taken, which a bad line
/// shows: it is answered at once, while all workers are busy.
#[rstest]
#[case::given(true)]
#[case::by_default(false)]
fn the_queue_has_room_for_q_tasks(#[case] is_given: bool) {
    let room = Room::new();
    let n = room.number(1..4) as usize;
    let queue = if is_given { room.number(1..40) as usize } else { 2 * n };
    let args = if is_given { format!("run -n {n} --queue {queue}") } else { format!("run -n {n}") };
    let (gate, bad) = (room.gate("door"), room.word());
    let (lines, ids) = pid_tasks(&room, "t", queue - 1);

    let running = pool(&room, &args).stdin_open().spawn();
    running.send(gated(n));
    gate.reached_by(n);
    running.send(format!("{lines}{bad}\tnothing\n"));
    wait_answer(&running, &bad);
    gate.open();
    running.close_stdin();
    let done = running.wait();
    done.code(1).check(answers(&done).len() == n + ids.len() + 1, "each line is answered");
}

/// `n` tasks at the gate `door`.
fn gated(n: usize) -> String {
    (0..n).map(|i| format!("held{i}\tgate door\n")).collect()
}

/// Backpressure: when the queue is full, the boss stops reading, the pipe fills, and the writer is blocked by the
/// kernel. So it has read little of three megabytes. And it sleeps meanwhile: a boss that polls for input which it
/// does not want is woken again and again.
#[test]
fn a_full_queue_stops_the_reading() {
    let room = Room::new();
    let (n, queue) = (2, room.number(1..6));
    let (running, gate) = flooded(&room, n, &format!("run -n {n} --queue {queue}"), 1000, "");

    let read = running.io().rchar;
    let most = (n as u64 + queue + 2) * LONG as u64 + 2 * 64 * 1024;
    assert!(
        read <= most,
        "pool has read much more than there is room for\nexpected: at most {most} bytes ({n} tasks run, {queue} wait, 64 KiB read ahead, and as much for its own start)\nreceived: {read} bytes"
    );
    running.assert_idle();
    gate.open();
    let done = running.wait();
    done.code(0).check(answers(&done).len() == n + 1000, "each line is answered");
}

/// The length of a long line.
const LONG: usize = 3000;

/// `lines` long lines behind `n` tasks at a gate, fed to a pool that is at rest now; `last` is the last line.
fn flooded(room: &Room, n: usize, args: &str, lines: usize, last: &str) -> (Running, Gate) {
    let gate = room.gate("door");
    room.write("n", "1\n");
    let path = "./".repeat(LONG / 2 - 10) + "n";
    let mut input = gated(n);
    for i in 0..lines {
        input += &format!("{i:<8}\tsum {path}\n");
    }
    let running = pool(room, args).stdin(input + last).spawn();
    gate.reached_by(n);
    running.asleep();
    (running, gate)
}

/// A million lines must not need a million places: with the workers at a gate, and then while all lines pass through,
/// the boss's memory stays what it was at the beginning. `VmHWM` in /proc/PID/status.
#[test]
fn memory_does_not_grow_with_the_input() {
    let room = Room::new();
    let last = room.gate("last");
    let (running, gate) = flooded(&room, 2, "run -n 2", 5000, "end\tgate last\n");
    let few_mebibytes = 10 << 20;
    let small = |running: &Running, when: &str| {
        let peak = testkit::Proc::read(running.pid()).and_then(|boss| boss.peak_memory()).unwrap_or(0);
        assert!(
            peak < few_mebibytes,
            "the boss's memory grows with its input\nexpected: {when} it has had less than 10 MiB (the input has 15)\nreceived: {} KiB",
            peak / 1024
        );
    };

    small(&running, "with its queue full");
    gate.open();
    last.reached();
    small(&running, "after the whole input");
    last.open();
    let done = running.wait();
    done.code(0).check(answers(&done).len() == 5003, "each line is answered");
}

/// A line that does not end is no reason to take memory without end: it is dropped as it comes, and is one bad task.
/// 4000 bytes are a line, 4001 are none. A line that is too long keeps its ID, if it has one.
#[test]
fn a_line_of_ten_mebibytes_is_a_bad_task() {
    let room = Room::new();
    let gate = room.gate("door");
    let fits = "a".repeat(4000 - "fits\twrite out ".len());
    let (huge, large) = ("z".repeat(10 << 20), "y".repeat(100_000));

    let input = format!(
        "huge\tpid {huge}\nfits\twrite out {fits}\nover\twrite no {fits}aa\n{large}\n{large}\tpid\nhuge\tfail\nheld\tgate door\nend\t{large}"
    );
    let running = pool(&room, "run -n 1").stdin(input).spawn();
    gate.reached();
    running.asleep();
    let peak = testkit::Proc::read(running.pid()).and_then(|boss| boss.peak_memory()).unwrap_or(0);
    assert!(
        peak < 10 << 20,
        "a long line is kept in memory\nexpected: the boss has had less than 10 MiB\nreceived: {} KiB",
        peak / 1024
    );
    gate.open();
    let done = running.wait();
    done.code(1);
    expect_answers(
        &done,
        [
            "huge fail 0 bad task".to_owned(),
            format!("fits ok 1 {}", fits.len() + 1),
            "over fail 0 bad task".to_owned(),
            "- fail 0 bad task".to_owned(),
            "- fail 0 bad task".to_owned(),
            "huge fail 0 bad task".to_owned(),
            "held ok 1 open".to_owned(),
            "end fail 0 bad task".to_owned(),
        ],
    );
    done.check(room.list("").iter().all(|name| name != "no"), "the line of 4001 bytes makes no file");
    answer_to(&done, "fits");
}

/// What does a task cost the boss? Wait, receive, print, hand out: four calls, and the input by many lines at a time.
/// Eight are allowed on average; reading byte by byte, asking every worker, or a file opened for each task is more.
#[test]
fn the_boss_makes_few_system_calls_per_task() {
    let room = Room::new();
    let prefix = "x".repeat(40);
    let calls = |tasks: usize| {
        let (lines, _) = pid_tasks(&room, &prefix, tasks);
        let done = pool(&room, "run -n 4").stdin(lines).trace(Fault::Count).run();
        done.code(0).check(answers(&done).len() == tasks, "each task is answered");
        let own = done.own_calls();
        own.values().sum::<u64>() - own.get("futex").copied().unwrap_or(0)
    };

    let (few, many) = (calls(200), calls(1200));
    assert!(
        many.saturating_sub(few) <= 8000,
        "the boss makes too many system calls\nexpected: at most 8 for a task, on average over 1000 tasks (`pid`, four workers)\nreceived: {:.1}",
        (many as f64 - few as f64) / 1000.0
    );
}
