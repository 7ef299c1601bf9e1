//! Milestone 4: a handler interrupts anything, so it may do next to nothing.
//! Man pages: signal-safety(7), sigaction(2), pipe(7), fcntl(2) O_NONBLOCK.

use testkit::{Fault, Finished, Proc, Room, Running, Signal, SignalSets, real_time};

use super::records::request;
use super::{PAGE, flushd, ready, sigcount, slow_output, superv, wait_lines};

/// What needs memory or a lock, and so must not happen inside a handler: the interrupted code may be in the middle of the same.
const UNSAFE: &[&str] = &["brk", "mmap", "munmap", "mremap", "madvise", "futex (wait)"];

/// Every system call between the delivery of a signal and the return of its handler is looked at, in three programs. A handler
/// that stores a flag makes none; one that writes to a pipe makes one; `Vec::push`, `format!` and a `Mutex` make others, sooner
/// or later. (A program without handlers has nothing to hide.) signal-safety(7).
#[test]
fn a_handler_takes_no_memory_and_no_lock() {
    let room = Room::new();
    let running = ready(sigcount(&room, "--catch USR1,RTMIN+1").trace(Fault::Count).spawn());
    // So many may wait, and no more.
    for round in 1..=2 {
        for value in 0..950 {
            running.queue(real_time(1), value);
            if value % 50 == 0 {
                running.kill(Signal::SIGUSR1);
            }
        }
        wait_lines(&running, round * 950, "got RTMIN+1 ");
    }
    running.kill(Signal::SIGTERM);
    has_safe_handlers(&running.wait());

    let running = ready(flushd(&room, "").stdin_open().trace(Fault::Count).spawn());
    let gate = room.gate("door");
    running.send(request(1, "gate door"));
    gate.reached();
    for n in 1..=20 {
        running.kill(Signal::SIGUSR2).kill(Signal::SIGHUP).kill(Signal::SIGUSR1);
        wait_lines(&running, n, "flushed ");
    }
    gate.open();
    running.close_stdin();
    has_safe_handlers(&running.wait());

    let table: String = (0..30).map(|n| format!("c{n} restart=never max=0 true\n")).collect();
    has_safe_handlers(&superv(&room, &table).trace(Fault::Count).run());
}

#[track_caller]
fn has_safe_handlers(done: &Finished) {
    done.code(0);
    let calls = done.calls_in_handlers();
    let found: Vec<String> = calls
        .iter()
        .filter(|(call, _)| UNSAFE.contains(&call.as_str()))
        .map(|(call, count)| format!("{count} x {call}"))
        .collect();
    assert!(
        found.is_empty(),
        "a signal handler does what is not async-signal-safe in `{}`\nexpected: no call that takes memory or waits for a lock inside a handler, signal-safety(7)\nreceived: {}",
        done.command(),
        found.join(", ")
    );
}

/// Nobody reads sigcount's output, so it waits inside a write. Now more signals come. A handler that prints, or that takes the
/// lock which the interrupted code holds, panics or waits for itself; one that is written well is not even noticed. When
/// somebody reads, each line is there, whole, once. write(2), signal-safety(7).
#[test]
fn signals_while_the_output_is_full_are_all_told() {
    let room = Room::new();
    let (running, reader) = blocked(&room, 400);
    running.kill(Signal::SIGUSR1).kill(Signal::SIGUSR2);
    running.still_waits("until somebody reads");
    // The page is full, so what sticks in the middle of a line was not torn by a signal.
    running.kill(Signal::SIGTERM);
    let text = String::from_utf8_lossy(&reader.rest()).into_owned();
    let done = running.wait();
    done.code(0);
    let mut lines: Vec<&str> = text.lines().skip(1).collect();
    let counts = lines.split_off(lines.len().saturating_sub(3));
    let values: Vec<&str> = lines.iter().copied().filter(|line| line.starts_with("got RTMIN+1 ")).collect();
    let wanted: Vec<String> = (0..400).map(value_line).collect();
    assert!(
        values == wanted,
        "the lines of the queued signals are not as expected\nexpected: `got RTMIN+1 VALUE` for 400 values, whole and in order\nreceived: {} such lines; the last lines of all are {:?}",
        values.len(),
        text.lines().rev().take(4).collect::<Vec<_>>()
    );
    let mut others: Vec<&str> = lines.iter().copied().filter(|line| !line.starts_with("got RTMIN")).collect();
    others.sort_unstable();
    assert!(
        others == ["got USR1", "got USR2"] && counts == ["USR1 1", "USR2 1", "RTMIN+1 400"],
        "signals that came while the output was full are not told\nexpected: got USR1, got USR2, then USR1 1, USR2 1, RTMIN+1 400\nreceived: {others:?}, then {counts:?}"
    );
}

/// While sigcount cannot print, queued signals must wait: a thousand of them, each with its value. The kernel has a queue
/// for that, as long as you do not empty it into something smaller. sigqueue(3), sigprocmask(2).
#[test]
fn a_thousand_values_wait_while_nobody_reads() {
    let room = Room::new();
    let (running, reader) = blocked(&room, 1000);
    running.kill(Signal::SIGTERM);
    let text = String::from_utf8_lossy(&reader.rest()).into_owned();
    running.wait().code(0);
    let wanted: String = (0..1000).map(|value| value_line(value) + "\n").collect();
    let text = text.split_once('\n').map_or("", |(_, rest)| rest);
    testkit::same_bytes(
        "what it prints when somebody reads at last",
        (wanted + "RTMIN+1 1000\n").as_bytes(),
        text.as_bytes(),
    );
}

/// Each signal is sent when the one before has been taken, while the output is full and every pipe of the program's own holds one
/// page. A self-pipe that is full must not stop its handler: the only one who could empty it is interrupted by it. And
/// every delivery counts. pipe(7), fcntl(2): O_NONBLOCK.
#[test]
fn five_thousand_signals_fill_nothing_up() {
    let room = Room::new();
    let reader = slow_output(&room, "out");
    let filler = room.both_ends("out");
    let running = sigcount(&room, "").stdout_to("out").note("its output is full when it is ready").spawn();
    room.until("`ready PID`", || reader.waiting() > 6);
    running.asleep();
    filler.send(vec![b'#'; PAGE as usize - reader.waiting()]);
    drop(filler);
    // They are empty now, and one page is their smallest size.
    let process = Proc::read(running.pid()).expect("it waits");
    for own in process.descriptors().iter().filter(|fd| fd.number > 2 && fd.target.starts_with("pipe:")) {
        process.resize_pipe(own.number, PAGE);
    }
    let usr1 = Signal::SIGUSR1 as i32;
    let mut sent = 0;
    while sent < 5000 && !running.is_pending(usr1) {
        running.kill(Signal::SIGUSR1);
        sent += 1;
        running.eventually(|| !running.is_pending(usr1) || keeps(&running, usr1), "SIGUSR1 to be taken");
    }
    running.kill(Signal::SIGTERM);
    let text = String::from_utf8_lossy(&reader.rest()).into_owned();
    running.wait().code(0);
    let text = text.replace('#', "");
    let told = text.lines().filter(|line| *line == "got USR1").count();
    let counted = text.lines().find_map(|line| line.strip_prefix("USR1 ")).unwrap_or("no");
    assert!(
        told == sent && counted == sent.to_string(),
        "deliveries are lost while the output is full\nexpected: {sent} lines `got USR1`, and `USR1 {sent}`: each was sent when the one before had been taken\nreceived: {told} lines, and {counted} in the report"
    );
}

/// A sigcount that waits in a write: so many values have been queued, and nobody reads.
#[track_caller]
fn blocked(room: &Room, values: i32) -> (Running, testkit::FifoEnd) {
    let reader = slow_output(room, "out");
    let running = sigcount(room, "--catch USR1,USR2,RTMIN+1").stdout_to("out");
    let running = running.note("nobody reads its output").spawn();
    room.until("`ready PID`", || reader.waiting() > 6);
    running.asleep();
    for value in 0..values {
        running.queue(real_time(1), value);
    }
    running.still_waits("until somebody reads");
    let lines = 5 * PAGE / 6;
    assert!(
        reader.waiting() as i32 > lines,
        "sigcount does not tell what comes\nexpected: more than {lines} bytes of lines, until its output is full\nreceived: {} bytes",
        reader.waiting()
    );
    (running, reader)
}

fn value_line(value: i32) -> String {
    format!("got RTMIN+1 {value}")
}

/// Whether a signal stays pending: it is blocked, and the program sleeps.
fn keeps(running: &Running, signal: i32) -> bool {
    let sets = running.signal_sets();
    SignalSets::holds(sets.pending, signal)
        && SignalSets::holds(sets.blocked, signal)
        && super::sleeps(running.pid())
}
