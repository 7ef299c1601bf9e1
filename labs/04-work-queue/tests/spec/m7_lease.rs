//! Milestone 7: stuck workers, and a gentle end.
//! Man pages: clock_gettime(2), poll(2), signal(7), signalfd(2), kill(2).
//!
//! A lease is a time, but no check measures one. A worker is stopped, so that its lease passes however fast or slow the
//! machine is; what follows is waited for as an event. Where nothing may expire, the lease is an hour.

use rstest::rstest;
use testkit::{Room, Signal};

use super::{
    answer_to, answers, expect_answers, has_ended, living, pid_tasks, pool, signal, started, stop,
    wait_answer,
};

/// Short, so that it passes soon; retries enough for the slowest machine, on which healthy workers are late, too.
const SHORT: &str = "--lease-ms 150 --retries 1000";
/// So long that it passes for nobody.
const LONG: &str = "--lease-ms 3600000";

/// A worker is stopped in the middle of its task. Nobody can tell it from a slow one; so when its lease has passed,
/// another worker gets the task. With one worker in the pool, that is a new one.
#[rstest]
#[case::one_worker("run -n 1")]
#[case::two_workers("run -n 2")]
#[case::fork_mode("run --mode fork -n 1")]
fn the_task_of_a_stopped_worker_goes_to_another(#[case] args: &str) {
    let room = Room::new();
    let gate = room.gate("door");

    let running = pool(&room, &format!("{args} {SHORT}")).stdin("held\tgate door\n").spawn();
    gate.reached();
    let stuck = gate.visitors()[0];
    stop(stuck);
    gate.open();
    // The stopped worker cannot go through the open gate: whoever answers is another one.
    let what = format!(
        "another worker to answer, because worker {stuck} is stopped by the check and its lease passes"
    );
    running.eventually(|| !running.stdout_now().is_empty() || running.has_ended(), what);
    let done = running.wait();
    done.code(0);
    let answer = answer_to(&done, "held");
    done.check(answer.ok == "ok" && answer.attempt >= 2, "the task is ok, in attempt 2 or later");
    done.check(
        answer.pid != stuck,
        format!("another worker than {stuck}, which is stopped, has done the task"),
    );
}

/// The stopped worker wakes up and answers, late. Its attempt was over: the answer is not printed, and not taken for that
/// of the next task; and the worker gets no other task. (It may have been killed meanwhile.)
#[rstest]
#[case::one_worker("run -n 1")]
#[case::three_workers("run -n 3")]
fn a_late_answer_is_dropped(#[case] args: &str) {
    let room = Room::new();
    let gate = room.gate("door");

    let running = pool(&room, &format!("{args} {SHORT}")).stdin_open().spawn();
    running.send("held\tgate door\n");
    gate.reached();
    let stuck = gate.visitors()[0];
    stop(stuck);
    gate.open();
    let first = wait_answer(&running, "held");
    signal(stuck, Signal::SIGCONT);
    running.asleep();
    let (lines, ids) = pid_tasks(&room, "t", 8);
    running.send(lines);
    for id in &ids {
        wait_answer(&running, id);
    }
    running.close_stdin();
    let done = running.wait();
    done.code(0);
    let all = answers(&done);
    done.check(all.len() == 9, "each task is answered once, `held` too");
    done.check(
        answer_to(&done, "held") == first,
        format!("the answer to `held` is the one of worker {}", first.pid),
    );
    let right =
        |a: &super::Answer| a.id == "held" || (a.ok == "ok" && a.text == a.pid.to_string() && a.pid != stuck);
    done.check(
        all.iter().all(right),
        format!("the other tasks are done by others than {stuck}, which was given up"),
    );
}

/// A lease of an hour, and a worker that is stopped for a while: it is left alone, and so are the idle ones. Nobody tries
/// the task again, nobody is replaced, nobody wakes up.
#[test]
fn a_lease_that_has_not_passed_disturbs_nobody() {
    let room = Room::new();
    let gate = room.gate("door");

    let running = pool(&room, &format!("run -n 2 {LONG}")).stdin_open().spawn();
    let mut workers = started(&running, 2);
    workers.sort_unstable();
    running.send("held\tgate door\n");
    gate.reached();
    let slow = gate.visitors()[0];
    stop(slow);
    gate.open();
    running.asleep();
    running.assert_idle();
    assert!(
        living(&running) == workers && gate.visitors() == [slow],
        "a slow worker is disturbed although its lease lasts an hour\nexpected: the workers {workers:?}, and one visitor at the gate\nreceived: {:?}, and visitors {:?}",
        living(&running),
        gate.visitors()
    );
    signal(slow, Signal::SIGCONT);
    running.close_stdin();
    let done = running.wait();
    done.code(0);
    expect_answers(&done, ["held ok 1 open"]);
}

/// A task that is stuck with everybody is a fail in the end: `lease`. And pool ends, although the workers that it has given
/// up are stuck for ever: they see no end of a channel, so it kills them.
#[rstest]
#[case::at_once("run -n 1 --retries 0", 1)]
#[case::after_retries("run -n 2 --retries 2", 3)]
#[case::fork_mode("run --mode fork -n 1 --retries 1", 2)]
fn a_task_whose_every_lease_passes_is_a_fail(#[case] args: &str, #[case] attempts: u32) {
    let room = Room::new();
    let gate = room.gate("door");

    let done = pool(&room, &format!("{args} --lease-ms 80")).stdin("held\tgate door\n").run();
    done.code(1);
    expect_answers(&done, [format!("held fail {attempts} lease")]);
    let visitors = gate.visitors();
    done.check(visitors.len() <= attempts as usize, format!("at most {attempts} workers have tried"));
    done.check(visitors.iter().all(|pid| has_ended(*pid)), "no worker is left at the gate");
}

/// SIGTERM asks for a gentle end: no task starts any more, what runs goes on and is answered, what waits is forgotten, and
/// pool does not wait for the end of its input. Status 143. signal(7), signalfd(2).
#[rstest]
#[case::in_a_pool("run -n 2 --queue 9")]
#[case::in_fork_mode("run --mode fork -n 2 --queue 9")]
fn sigterm_lets_running_tasks_end_and_starts_no_other(#[case] args: &str) {
    let room = Room::new();
    let gate = room.gate("door");
    let (lines, _) = pid_tasks(&room, "t", 4);

    let running = pool(&room, args).stdin_open().spawn();
    running.send(format!("a\tgate door\nb\tgate door\n{lines}"));
    gate.reached_by(2);
    running.asleep();
    running.kill(Signal::SIGTERM);
    running.asleep();
    assert!(
        !running.has_ended(),
        "pool has ended before its tasks\nexpected: it waits for the two that run\nreceived: it is gone"
    );
    gate.open();
    let done = running.wait();
    done.code(143);
    expect_answers(&done, ["a ok 1 open", "b ok 1 open"]);

    let idle = pool(&room, args).stdin_open().spawn();
    idle.send("a\tpid\n");
    wait_answer(&idle, "a");
    idle.asleep();
    idle.kill(Signal::SIGTERM);
    let done = idle.wait();
    done.code(143).check(answers(&done).len() == 1, "the one task has one answer");
}

/// A disk may be full, a reader may be gone. Results that cannot be written are an error like any other: one message, no new
/// task, and an end with status 1. write(2): ENOSPC, EPIPE.
#[test]
fn an_output_that_nobody_reads_ends_the_run() {
    let room = Room::new();
    let gate = room.gate("door");
    let (lines, _) = pid_tasks(&room, "t", 20);

    let running =
        pool(&room, "run -n 2").stdin_open().stdout_to("/dev/full").note("its stdout is /dev/full").spawn();
    running.send("held\tgate door\n");
    gate.reached();
    running.send(format!("{lines}x\twrite late text\n"));
    running.wait_stderr(testkit::predicates::str::contains("pool: stdout: No space left on device\n"));
    running.asleep();
    gate.open();
    let done = running.wait();
    done.code(1);
    let said = done.stderr_text().matches("pool: ").count();
    done.check(said == 1, format!("one message on stderr, and not {said}"));
    done.check(!room.list("").contains(&"late".to_owned()), "no task is started any more");
}
