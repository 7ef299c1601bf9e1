//! Milestone 9: many signals, at any moment, to everybody; and none for those who did not ask.
//! Man pages: signal(7), sigaction(2), setpgid(2), execve(2), proc_pid_status(5).

use rstest::rstest;
use testkit::{Fault, Proc, Room, Signal, When, sweep};

use super::records::{echoed, request};
use super::{
    calls_before_main, end, flushd, is_hit, is_ready, name, ready, says, sigcount, superv, two_signals,
    wait_lines, within,
};

/// 16 MiB pass through flushd, and 100 000 times SIGUSR2 comes meanwhile. No byte is lost or doubled, each line of counters is whole,
/// no stack overflows, and memory stays what it is. signal(7), sigaction(2): sa_mask, SA_NODEFER.
#[test]
fn a_hundred_thousand_signals_lose_no_byte() {
    const ROUNDS: u32 = 256;
    const SIGNALS: usize = 391;
    let room = Room::new();
    let bytes = room.bytes(65_536 - 9);
    let text = [b"echo ", bytes.as_slice()].concat();
    let running = ready(flushd(&room, "").stdin_open().spawn());
    let mut expected = running.stdout_now();
    let mut early = 0;
    for round in 0..ROUNDS {
        let request = request(round, &text);
        let (head, tail) = request.split_at(room.number(1..65_000) as usize);
        running.send(head);
        for _ in 0..SIGNALS {
            running.kill(Signal::SIGUSR2);
        }
        running.send(tail);
        expected.extend(echoed(round, &bytes));
        if round == ROUNDS / 8 {
            running.eventually(|| running.stdout_now().len() >= expected.len(), "the answers so far");
            early = running.peak_memory();
        }
    }
    running.eventually(|| running.stdout_now().len() >= expected.len() || running.has_ended(), "all answers");
    let grown = running.peak_memory().saturating_sub(early);
    running.close_stdin();
    let done = running.wait();
    done.code(0);
    testkit::same_bytes("what flushd answers", &expected, &done.output().stdout);
    let is_counter =
        |line: &str| line.starts_with("counters done=") && line.ends_with(" flushed=0 reloads=0");
    let said = done.stderr_text();
    done.check(
        said.lines().all(is_counter) && said.ends_with('\n'),
        "stderr has whole lines of counters only",
    );
    assert!(
        grown < 8 << 20,
        "memory grows with what passes\nexpected: less than 8 MiB more after 16 MiB than after 2 MiB\nreceived: {} KiB more",
        grown >> 10
    );
}

/// One signal, once, before system call 1, 2, 3, … of a program: after it is ready the signal is told, or obeyed, although nothing else
/// happens that could wake anybody up. "Look at the flag, then sleep" fails at exactly one of them. sigsuspend(2).
#[test]
fn a_signal_is_seen_whenever_it_comes() {
    let before = calls_before_main(|room| sigcount(room, "--wrong"));
    sweep(|nth| sigcount_tells(before + nth));
    let before = calls_before_main(|room| superv(room, "").arg("too many"));
    sweep(|nth| superv_obeys(before + nth));
}

/// One run of sigcount with a signal before this call. Says whether it came.
#[track_caller]
fn sigcount_tells(call: u64) -> bool {
    let room = Room::new();
    let [signal, _] = two_signals(&room);
    let fault = Fault::SignalAt { signal, call, when: When::Before };
    let running = sigcount(&room, "").trace(fault).spawn();
    running.eventually(|| running.has_ended() || is_ready(&running.stdout_now()), "`ready PID`, or its end");
    if running.has_ended() {
        // Before it is ready, the signal may end it.
        running.wait().signal(signal);
        return true;
    }
    if !is_hit(&running) {
        end(running);
        return false;
    }
    wait_lines(&running, 1, "got ");
    running.kill(Signal::SIGTERM);
    let done = running.wait();
    done.code(0);
    says(&done, &format!("got {name}\n{name} 1\n", name = name(signal)));
    true
}

/// One run of superv with SIGTERM before this call. Says whether it came.
#[track_caller]
fn superv_obeys(call: u64) -> bool {
    let room = Room::new();
    let gate = room.gate("door");
    let fault = Fault::SignalAt { signal: Signal::SIGTERM, call, when: When::Before };
    let running = superv(&room, "a restart=always max=9 gate door\n").trace(fault).spawn();
    running
        .eventually(|| running.has_ended() || !gate.visitors().is_empty(), "its child to begin, or its end");
    if !is_hit(&running) {
        running.kill(Signal::SIGTERM);
        running.wait().code(0);
        return false;
    }
    let done = running.wait();
    if done.stdout_text().is_empty() {
        // Before it starts anybody, SIGTERM may end it.
        done.signal(Signal::SIGTERM);
    } else {
        done.code(0).check(done.stdout_text().ends_with("bye\n"), "the last line is `bye`");
    }
    true
}

/// Who stops within, stops its command with all that it has started, and who lets it go on, lets them go on. SIGTSTP does nothing in a
/// group that no shell looks after, so it must be SIGSTOP that within sends. setpgid(2), "orphaned process group".
#[test]
fn stop_and_continue_reach_the_group() {
    let room = Room::new();
    room.expect_timers();
    let (one, two) = (room.gate("one"), room.gate("two"));
    let running = within(&room, "-k 3600000 3600000 sh -c").arg("gate one & gate two; wait; exit 5").spawn();
    one.reached();
    two.reached();
    let family = || {
        let mut all = running.descendants();
        all.extend(Proc::read(running.pid()));
        all
    };
    for _ in 0..2 {
        running.asleep();
        running.kill(Signal::SIGTSTP);
        let stopped = || family().iter().all(|process| process.state == 'T');
        running.eventually(stopped, "within, its command and what that has started to be stopped by SIGTSTP");
        running.kill(Signal::SIGCONT);
        let goes_on = || family().iter().all(|process| process.state != 'T');
        running.eventually(goes_on, "all of them to go on after SIGCONT");
    }
    one.open();
    two.open();
    running.wait().code(5);
}

/// Handlers are gone after exec, but what is blocked stays blocked, and what is ignored stays ignored: a program that is started so
/// cannot be ended by ^C, or prints "Broken pipe" where others end silently. (Rust's own runtime ignores SIGPIPE.) Nor are there
/// descriptors that it did not ask for. execve(2), signal(7).
#[rstest]
#[case::nothing_ignored(&[])]
#[case::by_nohup(&[Signal::SIGHUP])]
#[case::in_the_background(&[Signal::SIGINT, Signal::SIGQUIT])]
fn a_new_program_starts_with_clean_signals(#[case] ignored: &[Signal]) {
    let room = Room::new();
    room.expect_timers();
    let ignoring =
        |command: testkit::Cmd| ignored.iter().fold(command, |command, &signal| command.ignoring(signal));
    let names: Vec<&str> = ignored.iter().map(|&signal| name(signal)).collect();
    let expected = if names.is_empty() { "-".to_owned() } else { names.join(",") };
    let clean = format!("blocked - ignored {expected} caught -\n");

    let done = ignoring(within(&room, "3600000 sigs")).run();
    done.code(0).stdout(&clean);
    let done = ignoring(within(&room, "3600000 fds")).run();
    testkit::only_descriptors("what within starts", &done.output().stdout, &[0, 1, 2]);

    let table = "a restart=always max=1 sigs\nb restart=never max=0 sigs\n";
    let done = ignoring(superv(&room, table)).run();
    done.code(0);
    // superv itself may catch what was ignored; then its children may have it at its default.
    let is_clean = |line: &str| {
        let ignored = line.strip_prefix("blocked - ignored ").and_then(|rest| rest.strip_suffix(" caught -"));
        ignored.is_some_and(|set| set == "-" || set.split(',').all(|signal| names.contains(&signal)))
    };
    let said = done.stderr_text();
    done.check(
        said.lines().count() == 3 && said.lines().all(is_clean),
        format!("three lines `blocked - ignored - caught -` on stderr; of {expected} some may be ignored, as for superv"),
    );
    let done = superv(&room, "a restart=never max=0 fds\n").run();
    testkit::only_descriptors("what superv starts", &done.output().stderr, &[0, 1, 2]);
}

/// A child of superv does not listen to SIGTERM. superv waits, because it has no clock; a second SIGTERM says that nobody is to be asked any
/// more. kill(2).
#[test]
fn a_second_sigterm_does_not_ask() {
    let room = Room::new();
    let gate = room.gate("door");
    room.executable("deaf", "#!/bin/sh\ntrap '' TERM\ngate door & gate door\nwait\n");
    let running = superv(&room, "a restart=always max=9 gate door\nb restart=always max=9 ./deaf\n").spawn();
    gate.reached_by(3);
    let pids = super::m6_supervisor::started(&running, 2);
    running.kill(Signal::SIGTERM);
    running.still_waits("for a child that does not listen");
    running.kill(Signal::SIGTERM);
    let done = running.wait();
    done.code(0);
    let text = done.stdout_text();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[2..].sort_unstable();
    let wanted = [format!("exit a {} sig=9", pids[0]), format!("exit b {} sig=9", pids[1])];
    done.check(
        lines.len() == 5 && lines[2] == "bye" && lines[3..] == wanted && text.ends_with("bye\n"),
        "`exit NAME PID sig=9` for both, then `bye`",
    );
}

/// A signal is a small thing, and should cost as little: at most eight system calls each, handler and all, if they come one at a time.
#[test]
fn a_signal_costs_few_system_calls() {
    let cost = |signals: usize| {
        let room = Room::new();
        let running = ready(sigcount(&room, "").trace(Fault::Count).spawn());
        for n in 1..=signals {
            running.kill(Signal::SIGUSR1);
            wait_lines(&running, n, "got ");
        }
        running.kill(Signal::SIGTERM);
        let done = running.wait();
        done.code(0);
        done.own_calls().values().sum::<u64>()
    };
    let (few, many) = (cost(20), cost(120));
    assert!(
        many <= few + 800,
        "a signal costs too many system calls\nexpected: at most 8 each: 800 more for 120 signals than for 20\nreceived: {} more",
        many.saturating_sub(few)
    );
}
