//! Milestone 2: a pool of workers.
//! Man pages: fork(2), socketpair(2), pipe(7), close_range(2), proc(5).

use std::collections::BTreeSet;

use rstest::rstest;
use testkit::{Fault, Proc, Room, Signal, list};

use super::{
    answers, answers_in, has_ended, lives, living, pid_tasks, pool, signal, started, stop, wait_answer,
};

/// A process costs much more than a message: the pool is made once, and its N workers do all tasks. The set of PIDs
/// in the answers has N members, and the whole run makes N processes. (`meet` sees to it that all are busy.)
#[test]
fn n_workers_do_all_tasks() {
    let room = Room::new();
    let n = room.number(2..6) as usize;
    let meets: String = (0..n).map(|i| format!("m{i}\tmeet room {n}\n")).collect();
    let (lines, ids) = pid_tasks(&room, "t", 40);

    let running = pool(&room, &format!("run -n {n}")).stdin(meets + &lines).trace(Fault::Count).spawn();
    let boss = running.pid();
    let done = running.wait();
    done.code(0);
    let all = answers(&done);
    done.check(all.len() == n + ids.len(), format!("{} lines", n + ids.len()));
    let pids: BTreeSet<i32> = all.iter().map(|answer| answer.pid).collect();
    done.check(
        pids.len() == n && !pids.contains(&boss),
        format!("{n} processes do all tasks, the boss none"),
    );
    done.check(done.forks() == n as u64, format!("{n} forks in the whole run, and not {}", done.forks()));
}

/// The pool is ready before the first task: N workers are there although no line has come, and each was told on
/// standard error.
#[test]
fn the_workers_are_there_before_the_first_task() {
    let room = Room::new();
    let n = room.number(2..6) as usize;

    let running = pool(&room, &format!("run -n {n}")).stdin_open().spawn();
    started(&running, n);
    running.asleep();
    let mut told: Vec<i32> = lives(&running.stderr_now()).iter().map(|life| life.pid).collect();
    told.sort_unstable();
    let alive = living(&running);
    assert!(
        told == alive && told.len() == n,
        "before the first line the processes are not as expected\nexpected: {n} workers, each told by `worker PID start` on stderr\nreceived: processes {}; stderr tells of {}",
        list(&alive),
        list(&told)
    );
    running.close_stdin();
    running.wait().code(0).stdout("");
}

/// Who waits, sleeps: boss and workers use no processor time and do not wake up while no line comes and while a
/// task is at a gate. poll(2) with a time-out of nothing is a loop that asks.
#[test]
fn waiting_costs_no_processor_time() {
    let room = Room::new();
    let gate = room.gate("door");
    let (lines, ids) = pid_tasks(&room, "t", 6);

    let running = pool(&room, "run -n 3").stdin_open().spawn();
    running.send(lines);
    for id in ids {
        wait_answer(&running, &id);
    }
    running.send("held\tgate door\n");
    gate.reached();
    running.asleep();
    running.assert_idle().assert_descendants_idle();
    gate.open();
    running.close_stdin();
    running.wait().code(0);
}

/// The end of a channel is seen when *every* copy of its other end is closed. A worker that inherited an end of
/// another's channel keeps that one alive. Here one worker is stopped, so it closes nothing: at the end of the input
/// the others must end all the same. fork(2): the child has copies of all descriptors.
#[rstest]
#[case::the_last_one_started(3, 2)]
#[case::the_first_one_started(3, 0)]
fn no_worker_needs_the_others_to_end(#[case] n: usize, #[case] stopped: usize) {
    let room = Room::new();

    let running = pool(&room, &format!("run -n {n}")).stdin_open().spawn();
    let pids = started(&running, n);
    running.asleep();
    stop(pids[stopped]);
    running.close_stdin();
    let others = || pids.iter().filter(|pid| **pid != pids[stopped]);
    let what = format!(
        "the other workers to end while worker {} is stopped by the check (nobody else may hold the other end of their channels)",
        pids[stopped]
    );
    running.eventually(|| others().all(|pid| has_ended(*pid)), what);
    signal(pids[stopped], Signal::SIGCONT);
    running.wait().code(0);
}

/// At the end of the input every worker sees the end of its channel and ends with code 0; the boss waits for all of
/// them and tells of each. waitpid(2).
#[test]
fn at_the_end_all_workers_are_reaped() {
    let room = Room::new();
    let n = room.number(2..8) as usize;
    let (lines, ids) = pid_tasks(&room, "t", 12);

    let done = pool(&room, &format!("run -n {n}")).stdin(lines).run();
    done.code(0).check(answers(&done).len() == ids.len(), "all tasks are answered");
    let told = lives(&done.output().stderr);
    let right = told.iter().filter(|life| life.end == "code=0").count();
    assert!(
        (told.len(), right) == (n, n),
        "stderr does not tell of {n} workers that ended well\nexpected: {n} lines `worker PID start`, {n} lines `worker PID end code=0`\nreceived: {} started, {right} ended with code 0",
        told.len()
    );
}

/// Standard input and output are the boss's. A worker that keeps them makes the reader of the results wait for an end
/// that does not come when the boss dies, and its writer write for nobody. proc(5): `/proc/PID/fd`.
#[rstest]
#[case::in_a_pool("run -n 2")]
#[case::in_fork_mode("run --mode fork -n 2")]
fn no_worker_holds_the_input_or_the_output(#[case] args: &str) {
    let room = Room::new();
    let gate = room.gate("door");

    let running = pool(&room, args).stdin_open().spawn();
    running.send("a\tgate door\nb\tgate door\n");
    gate.reached_by(2);
    running.asleep();
    let standard: Vec<String> =
        running.fds().into_iter().filter(|fd| fd.number < 2).map(|fd| fd.target).collect();
    for pid in gate.visitors() {
        let held = Proc::read(pid).map(|worker| worker.descriptors()).unwrap_or_default();
        let wrong = held.iter().find(|fd| standard.contains(&fd.target));
        assert!(
            wrong.is_none(),
            "a worker holds standard input or output of pool\nexpected: no descriptor of worker {pid} is one of {}\nreceived: {}",
            list(&standard),
            wrong.map_or(String::new(), |fd| format!("its descriptor {} is {}", fd.number, fd.target))
        );
    }
    gate.open();
    running.close_stdin();
    let done = running.wait();
    done.code(0).check(answers_in(&done.stdout_text()).is_some_and(|all| all.len() == 2), "two answers");
}
