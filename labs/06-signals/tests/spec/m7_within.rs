//! Milestone 7: a limit of time for a command and all it has started.
//! Man pages: waitid(2), setpgid(2), kill(2), clock_gettime(2), sigprocmask(2).

use rstest::rstest;
use testkit::{Fault, Proc, Room, Signal, When};

use super::{calls_before_main, is_hit, within};

/// A limit that does not pass in this course.
const HOUR: u64 = 3_600_000;

/// A command that ends in time: its code, 128 and its signal, 127 if there is none, 126 if it cannot be executed. waitpid(2).
#[test]
fn the_status_is_that_of_the_command() {
    let room = Room::new();
    room.expect_timers();
    let (code, word) = (room.number(1..126) as i32, room.word());
    room.executable("leave", format!("#!/bin/sh\nexit {code}\n"));
    for (command, status) in [("true", 0), ("./leave", code), ("die KILL", 137), ("die USR1", 138)] {
        for options in ["", "-k 1 "] {
            let done = within(&room, &format!("{options}{HOUR} {command}")).run();
            done.code(status).stdout("").stderr("");
        }
    }
    let done = within(&room, &format!("{HOUR} cat")).stdin(word.clone()).run();
    done.code(0).stdout(&word);
    let done = within(&room, &format!("{HOUR} echo -k 5 {word}")).run();
    done.code(0).stdout(format!("-k 5 {word}\n"));
    let done = within(&room, &format!("{HOUR} no-{word}")).run();
    done.code(127).stdout("").stderr(format!("within: no-{word}: No such file or directory\n"));
    room.write("plain", "no program");
    let done = within(&room, &format!("{HOUR} ./plain")).run();
    done.code(126).stdout("").stderr("within: ./plain: Permission denied\n");
}

/// It waits for a gate that nobody opens. The limit passes, and within says 124, whatever the command's own status is. (When this
/// happens is not measured: only that it does.) clock_gettime(2), kill(2).
#[rstest]
#[case::one_millisecond(1)]
#[case::a_little_more(60)]
fn a_command_that_never_ends_is_ended(#[case] limit: u64) {
    let room = Room::new();
    room.expect_timers();
    let _gate = room.gate("door");
    within(&room, &format!("-k {HOUR} {limit} gate door")).run().code(124).stderr("");
    let done =
        within(&room, &format!("-k {HOUR} {limit} sh -c")).arg("trap 'exit 3' TERM; gate door & wait").run();
    done.code(124);
}

/// SIGTERM can be ignored, so after a while comes SIGKILL. And a command that is stopped does not hear SIGTERM until it goes on: it
/// gets SIGCONT, too. Stopped is not ended. kill(2), waitpid(2): WUNTRACED.
#[rstest]
#[case::ignores_it("-k 1 60 sh -c", "trap '' TERM; gate door; gate door")]
#[case::is_stopped("-k 3600000 60 sh -c", "kill -STOP $$; gate door")]
#[case::is_stopped_and_ignores_it("-k 1 60 sh -c", "trap '' TERM; kill -STOP $$; gate door")]
#[case::it_and_its_child("-k 20 60 sh -c", "trap '' TERM; gate door & gate door; wait")]
fn who_does_not_listen_is_killed(#[case] args: &str, #[case] script: &str) {
    let room = Room::new();
    room.expect_timers();
    let _gate = room.gate("door");
    within(&room, args).arg(script).run().code(124);
}

/// The limit is for the whole group: who kills the child leaves its children. What the command leaves behind when it ends, in time
/// or not, is killed. (That nobody is left is looked at after each check.) setpgid(2), kill(2).
#[test]
fn grandchildren_are_ended_too() {
    let room = Room::new();
    room.expect_timers();
    let (one, two) = (room.gate("one"), room.gate("two"));

    // By SIGTERM, when all of them are there.
    let script = "gate one & (trap '' TERM; exec gate two) & wait";
    let running = within(&room, &format!("-k {HOUR} {HOUR} sh -c")).arg(script).spawn();
    one.reached();
    two.reached();
    running.kill(Signal::SIGTERM);
    running.wait().signal(Signal::SIGTERM);
    all_have_ended(&[one.visitors(), two.visitors()].concat());

    // By the limit.
    let done = within(&room, "-k 5 80 sh -c").arg("gate one & gate two & wait").run();
    done.code(124);

    // In time, with somebody left.
    let _door = room.gate("door");
    let done = within(&room, &format!("{HOUR} linger door")).run();
    done.code(0);
    let done = within(&room, &format!("{HOUR} sh -c")).arg("gate one & gate two & exit 9").run();
    done.code(9);
}

#[track_caller]
fn all_have_ended(pids: &[i32]) {
    let ended = || pids.iter().all(|pid| Proc::read(*pid).is_none_or(|process| process.is_zombie()));
    testkit::eventually(
        "all of the group to end: the command, its child, and the one that ignores SIGTERM",
        ended,
    );
}

/// within is stopped before its system call 1, 2, 3, …, the command ends meanwhile, and within goes on: SIGCHLD comes just before that
/// call. Whoever looks first and sleeps then sleeps for ever at exactly one of them. sigsuspend(2), ppoll(2).
#[test]
fn an_end_is_seen_whenever_it_comes() {
    let first = calls_before_main(|room| within(room, "x"));
    for call in first.. {
        let room = Room::new();
        room.expect_timers();
        let code = room.number(1..100) as i32;
        let fault = Fault::SignalAt { signal: Signal::SIGSTOP, call, when: When::Before };
        let running =
            within(&room, &format!("{HOUR} sh -c")).arg(format!("exit {code}")).trace(fault).spawn();
        let state = || Proc::read(running.pid()).map(|process| process.state);
        running.eventually(|| running.has_ended() || state() == Some('T'), "it to be stopped, or to end");
        let is_last = running.has_ended();
        let dead = || running.descendants().iter().all(Proc::is_zombie);
        running.eventually(dead, "the command to end");
        running.cont();
        let done = running.wait();
        done.code(code);
        if is_last {
            break;
        }
    }
}

/// SIGTERM comes before system call 1, 2, 3, …: before the fork, after it, before the wait. Each time within dies of SIGTERM, and
/// nobody of the command's group is left. A handler that is prepared after the fork comes too late. sigprocmask(2).
#[test]
fn sigterm_at_any_moment_leaves_nobody_behind() {
    let first = calls_before_main(|room| within(room, "x"));
    for call in first.. {
        let room = Room::new();
        room.expect_timers();
        let gate = room.gate("door");
        let fault = Fault::SignalAt { signal: Signal::SIGTERM, call, when: When::Before };
        let running = within(&room, &format!("-k {HOUR} {HOUR} gate door")).trace(fault).spawn();
        running.eventually(
            || running.has_ended() || !gate.visitors().is_empty(),
            "the command to begin, or within to end",
        );
        let is_last = !is_hit(&running);
        if is_last {
            running.kill(Signal::SIGTERM);
        }
        running.wait().signal(Signal::SIGTERM);
        all_have_ended(&gate.visitors());
        if is_last {
            break;
        }
    }
}

/// As long as there is time, within sleeps, and leaves its command alone, also if that is stopped for a while. Who looks every ten
/// milliseconds whether it has ended, is awake for nothing. ppoll(2), timerfd_create(2).
#[test]
fn a_limit_that_has_not_passed_disturbs_nobody() {
    let room = Room::new();
    room.expect_timers();
    let gate = room.gate("door");
    let running = within(&room, &format!("{HOUR} gate door")).spawn();
    gate.reached();
    running.asleep();
    running.assert_all_idle();
    let command = Proc::read(gate.visitors()[0]).expect("the command waits at its gate");
    command.stop();
    running.still_waits("for its command, which is only stopped");
    command.cont();
    gate.open();
    running.wait().code(0).stdout("").stderr("");
}
