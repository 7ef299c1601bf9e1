//! The specification of `sigcount`, `within`, `superv` and `flushd`, one file a milestone.
//!
//! Every check is a black box: it starts a program, sends it signals, and looks at it from outside. What a check demands
//! stands in the contract (`README.md`) and nowhere else; *how* you wait for signals (handlers, `signalfd`, `sigwaitinfo`,
//! threads) is your own affair.
//!
//! Signals, numbers and texts are random, from a seed that is printed when a check fails.

mod m1_actions;
mod m2_pending;
mod m3_queued;
mod m4_handlers;
mod m5_eintr;
mod m6_supervisor;
mod m7_within;
mod m8_out_of_band;
mod m9_storm;
mod records;

use testkit::predicates::function::function;
use testkit::{Cmd, Fault, FifoEnd, Finished, Proc, Program, Room, Running, Signal, bin};

/// The counter under test.
fn sigcount(room: &Room, args: &str) -> Cmd {
    command(room, bin!("sigcount").called("your sigcount"), args)
}

/// The time limit under test.
fn within(room: &Room, args: &str) -> Cmd {
    command(room, bin!("within").called("your within"), args)
}

/// The supervisor under test, with this table in `table`.
fn superv(room: &Room, table: &str) -> Cmd {
    room.write("table", table);
    command(room, bin!("superv").called("your superv"), "table")
}

/// The server under test.
fn flushd(room: &Room, args: &str) -> Cmd {
    command(room, bin!("flushd").called("your flushd"), args)
}

/// `PROGRAM ARGS`, its arguments separated by blanks.
fn command(room: &Room, program: Program, args: &str) -> Cmd {
    room.command(program).args(args.split_whitespace())
}

/// Waits until it has said `ready PID`, with its own pid.
#[track_caller]
fn ready(running: Running) -> Running {
    let line = format!("ready {}", running.pid());
    running.wait_line(&line);
    running
}

/// Whether it has said that it is ready.
fn is_ready(stdout: &[u8]) -> bool {
    stdout.starts_with(b"ready ") && stdout.contains(&b'\n')
}

/// Standard output without the `ready` line, which must be there.
#[track_caller]
fn after_ready(done: &Finished) -> String {
    let text = done.stdout_text();
    let rest = text.split_once('\n').filter(|(first, _)| first.starts_with("ready "));
    done.check(rest.is_some(), "the first line is `ready PID`");
    rest.map_or_else(String::new, |(_, rest)| rest.to_owned())
}

/// Demands that it has printed `expected` after its `ready` line.
#[track_caller]
fn says(done: &Finished, expected: &str) {
    let found = after_ready(done);
    let command = if done.command().len() < 60 { format!(" of `{}`", done.command()) } else { String::new() };
    let name = format!("stdout{command} after the `ready` line");
    testkit::same_bytes(&name, expected.as_bytes(), found.as_bytes());
}

/// Waits until standard output has `n` lines that begin with `start`.
#[track_caller]
fn wait_lines(running: &Running, n: usize, start: &str) {
    let begin = start.to_owned();
    let count = move |text: &str| {
        text.split_inclusive('\n').filter(|line| line.ends_with('\n') && line.starts_with(&begin)).count()
    };
    let what = if n == 1 { "a line that begins".to_owned() } else { format!("{n} lines that begin") };
    let name = format!("{what} with `{start}`");
    running.wait_stdout(function(move |text: &str| count(text) >= n).fn_name(name.leak()));
}

/// Waits until standard error has `n` lines.
#[track_caller]
fn wait_messages(running: &Running, n: usize) {
    let name = if n == 1 { "a message".to_owned() } else { format!("{n} messages, each a line") };
    running.wait_stderr(function(move |text: &str| text.matches('\n').count() >= n).fn_name(name.leak()));
}

/// Stops a program, does something, and lets it go on.
#[track_caller]
fn while_stopped(running: &Running, act: impl FnOnce()) {
    running.stop();
    act();
    running.cont();
}

/// Whether it sleeps now, stopped or not.
fn sleeps(pid: i32) -> bool {
    Proc::read(pid).is_some_and(|process| process.state == 'S')
}

/// Waits until the signal has come that a program is traced for, or until it seems to sleep without it; says which. (A sweep ends
/// with who sleeps. One that is misjudged because another of its threads works is tried less often, and nothing is held against
/// it.)
#[track_caller]
fn is_hit(running: &Running) -> bool {
    let mut looks = 0;
    let seen = || {
        looks = if sleeps(running.pid()) { looks + 1 } else { 0 };
        looks >= 5 || running.fault_delivered() || running.has_ended()
    };
    running.eventually(seen, "it to sleep");
    running.fault_delivered() || running.has_ended()
}

/// How many system calls this program makes before its first own one: what a call with wrong arguments makes, less those that
/// tell so and end it.
#[track_caller]
fn calls_before_main(usage: impl Fn(&Room) -> Cmd) -> u64 {
    let room = Room::new();
    let done = usage(&room).trace(Fault::Count).run();
    done.code(2);
    done.own_calls().values().sum::<u64>().saturating_sub(5)
}

/// What a page holds, and the smallest pipe.
const PAGE: i32 = 4096;

/// A standard output that holds a page, and nobody reads it before the check does.
fn slow_output(room: &Room, name: &str) -> FifoEnd {
    room.fifo(name);
    let reader = room.reader(name);
    reader.resize(PAGE);
    reader
}

/// Two signals that both programs of a check may know, in random order.
fn two_signals(room: &Room) -> [Signal; 2] {
    *room.choose(&[[Signal::SIGUSR1, Signal::SIGUSR2], [Signal::SIGUSR2, Signal::SIGUSR1]])
}

/// `USR1` for SIGUSR1.
fn name(signal: Signal) -> &'static str {
    signal.as_str().trim_start_matches("SIG")
}

/// Ends a program that would not end by itself, because its end is for another milestone.
#[track_caller]
fn end(running: Running) -> Finished {
    running.kill(Signal::SIGKILL);
    running.wait()
}
