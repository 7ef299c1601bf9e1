//! Milestone 1: the default, nothing, or a handler.
//! Man pages: signal(7), sigaction(2), raise(3), nohup(1).

use rstest::rstest;
use testkit::{Fault, Room, Signal, SignalSets, When};

use super::{
    after_ready, calls_before_main, end, is_hit, is_ready, name, ready, says, sigcount, two_signals,
    wait_lines,
};

/// `ready PID` says that signals are prepared. Then there is nothing to do, and who has nothing to do sleeps. pause(2),
/// sigsuspend(2).
#[test]
fn it_says_ready_and_sleeps() {
    let room = Room::new();
    let running = ready(sigcount(&room, "").spawn());
    running.asleep();
    running.assert_all_idle();
    end(running);
}

/// A caught signal is told at once, and counted: at SIGTERM the counts come in the order of the numbers, and the status
/// is 0, because SIGTERM is what sigcount waits for. signal(7).
#[test]
fn a_caught_signal_is_told_and_counted() {
    let room = Room::new();
    let idle = ready(sigcount(&room, "").spawn());
    idle.kill(Signal::SIGTERM);
    let done = idle.wait();
    done.code(0);
    says(&done, "");

    let [first, second] = two_signals(&room);
    let running = ready(sigcount(&room, "--catch HUP,USR1,INT,USR2,WINCH").spawn());
    let mut told = String::new();
    for (n, signal) in [second, Signal::SIGWINCH, first, Signal::SIGHUP, first].into_iter().enumerate() {
        running.kill(signal);
        wait_lines(&running, n + 1, "got ");
        told += &format!("got {}\n", name(signal));
    }
    running.kill(Signal::SIGTERM);
    let done = running.wait();
    done.code(0);
    let count = |signal| if signal == first { 2 } else { 1 };
    let counts = [Signal::SIGHUP, Signal::SIGUSR1, Signal::SIGUSR2, Signal::SIGWINCH];
    told.extend(counts.map(|signal| format!("{} {}\n", name(signal), count(signal))));
    says(&done, &told);
}

/// FILE is there as long as sigcount runs, and gone when it has ended: at SIGTERM, at the signals of which it dies, and if it
/// cannot write. This holds at every moment: a signal that comes before each of its system calls leaves no FILE behind. So
/// signals are prepared before FILE is made. sigaction(2).
#[test]
fn the_file_is_removed_at_every_end() {
    let room = Room::new();
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT] {
        let running = ready(sigcount(&room, "--file f").spawn());
        let held = room.read("f");
        assert!(
            held == format!("{}\n", running.pid()).as_bytes(),
            "FILE is not as expected\nexpected: the pid of sigcount and a newline\nreceived: {:?}",
            String::from_utf8_lossy(&held)
        );
        running.kill(signal);
        running.wait();
        is_gone(&room, &format!("after {signal}"));
    }
    let full = sigcount(&room, "--file f").stdout_to("/dev/full").note("its stdout is /dev/full").run();
    full.code(1).stderr("sigcount: stdout: No space left on device\n");
    is_gone(&room, "after a failure");
    room.write("f", "precious");
    let taken = sigcount(&room, "--file f").run();
    taken.code(1).stdout("").stderr("sigcount: f: File exists\n");
    assert!(room.read("f") == b"precious", "somebody else's FILE is changed");
    drop(room);

    let first = calls_before_main(|room| sigcount(room, "--wrong"));
    for call in first.. {
        let room = Room::new();
        let fault = Fault::SignalAt { signal: Signal::SIGINT, call, when: When::Before };
        let running = sigcount(&room, "--file f").trace(fault).spawn();
        running
            .eventually(|| running.has_ended() || is_ready(&running.stdout_now()), "`ready PID`, or its end");
        let is_last = !is_hit(&running);
        if is_last {
            running.kill(Signal::SIGINT);
        }
        let done = running.wait();
        done.signal(Signal::SIGINT);
        is_gone(&room, &format!("after a SIGINT that came before its system call {call}"));
        if is_last {
            break;
        }
    }
}

#[track_caller]
fn is_gone(room: &Room, when: &str) {
    assert!(
        !room.list("").contains(&"f".to_owned()),
        "FILE is left behind\nexpected: no file `f` {when}\nreceived: it is there"
    );
}

/// A parent wants to know *which* signal ended its child. Who catches a fatal signal, and tidies up, then dies of that
/// signal: an exit with 128 + n is something else. No report comes then. raise(3), waitpid(2): WTERMSIG.
#[rstest]
#[case::int(Signal::SIGINT)]
#[case::hup(Signal::SIGHUP)]
#[case::quit(Signal::SIGQUIT)]
fn a_fatal_signal_is_raised_again(#[case] signal: Signal) {
    let room = Room::new();
    let running = ready(sigcount(&room, "--catch USR1").spawn());
    running.kill(Signal::SIGUSR1);
    wait_lines(&running, 1, "got ");
    running.kill(signal);
    let done = running.wait();
    done.signal(signal);
    says(&done, "got USR1\n");

    // Who blocks a signal that it wants to die of must let it in.
    let running = ready(sigcount(&room, "").spawn());
    running.stop();
    running.kill(Signal::SIGUSR2).kill(signal);
    running.cont();
    running.wait().signal(signal);
}

/// `--ignore` makes the kernel throw a signal away: nobody is woken up. And who is started with SIGHUP ignored was started by
/// `nohup`: it must not catch it again, or logging out kills it after all. sigaction(2), nohup(1).
#[test]
fn what_is_ignored_stays_ignored() {
    let room = Room::new();
    let running = ready(sigcount(&room, "--ignore HUP,USR2,WINCH --catch USR1").spawn());
    let sets = running.signal_sets();
    for signal in [Signal::SIGHUP, Signal::SIGUSR2, Signal::SIGWINCH] {
        assert!(
            SignalSets::holds(sets.ignored, signal as i32),
            "{signal} is not ignored\nexpected: with --ignore HUP,USR2,WINCH the kernel throws {signal} away (SIG_IGN)\nreceived: /proc/PID/status, SigIgn, does not have it"
        );
        running.kill(signal);
    }
    running.kill(Signal::SIGUSR1);
    wait_lines(&running, 1, "got ");
    running.kill(Signal::SIGTERM);
    let done = running.wait();
    done.code(0);
    says(&done, "got USR1\nUSR1 1\n");

    for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT] {
        let running = ready(sigcount(&room, "--file f").ignoring(signal).spawn());
        running.kill(signal).kill(Signal::SIGUSR1);
        wait_lines(&running, 1, "got ");
        running.kill(Signal::SIGTERM);
        let done = running.wait();
        done.code(0);
        says(&done, "got USR1\nUSR1 1\n");
        // Unless it is asked for.
        let catch = format!("--catch {}", name(signal));
        let running = ready(sigcount(&room, &catch).ignoring(signal).spawn());
        running.kill(signal);
        wait_lines(&running, 1, "got ");
        running.kill(Signal::SIGTERM);
        running.wait().code(0);
    }
}

/// SIGKILL and SIGSTOP can be neither caught nor ignored: the kernel refuses it, and sigcount says so before it does anything.
/// sigaction(2): EINVAL.
#[rstest]
#[case::caught("--catch USR1,KILL", "KILL")]
#[case::caught_first("--catch STOP,USR1", "STOP")]
#[case::ignored("--ignore KILL", "KILL")]
#[case::ignored_stop("--catch USR1 --ignore USR2,STOP", "STOP")]
fn kill_and_stop_are_refused(#[case] args: &str, #[case] refused: &str) {
    let room = Room::new();
    let done = sigcount(&room, &format!("{args} --file f")).run();
    done.code(1).stdout("").stderr(format!("sigcount: {refused}: Invalid argument\n"));
    is_gone(&room, "when nothing was begun");
    // The others are no excuse.
    let running = ready(sigcount(&room, "--catch CHLD,CONT,TSTP,RTMIN+3").spawn());
    running.kill(Signal::SIGCHLD);
    wait_lines(&running, 1, "got CHLD");
    running.kill(Signal::SIGTERM);
    let done = running.wait();
    done.code(0);
    let _ = after_ready(&done);
}
