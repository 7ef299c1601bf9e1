//! Milestone 5: workers die, and it costs nothing but the attempt.
//! Man pages: waitpid(2), signal(7), fork(2), unix(7), poll(2).

use std::collections::BTreeSet;

use rstest::rstest;
use testkit::{Errno, Family, Fault, Room, Signal, list};

use super::{
    Answer, answer_to, answers, expect_answers, has_ended, lives, living, pid_tasks, pool, signal, started,
    wait_answer,
};

/// A worker is killed in the middle of a task. Another one tries the task again, and that is attempt 2. (The worker
/// must die of any signal: it must not inherit what the boss blocks. sigprocmask(2).)
#[rstest]
#[case::in_a_pool("run -n 2")]
#[case::in_fork_mode("run --mode fork -n 2")]
fn the_task_of_a_dead_worker_is_tried_by_another(#[case] args: &str) {
    for how in [Signal::SIGKILL, Signal::SIGTERM] {
        let room = Room::new();
        let gate = room.gate("door");

        let running = pool(&room, args).stdin("held\tgate door\n").spawn();
        gate.reached();
        let first = gate.visitors()[0];
        signal(first, how);
        let what =
            format!("worker {first} to die of {how}, which must be at its default and not blocked in it");
        running.eventually(|| has_ended(first), what);
        gate.reached_by(2);
        let second = gate.visitors()[1];
        gate.open();
        let done = running.wait();
        done.code(0);
        let wanted =
            Answer { id: "held".into(), ok: "ok".into(), pid: second, attempt: 2, text: "open".into() };
        let found = answer_to(&done, "held");
        done.check(found == wanted && first != second, format!("the answer of worker {second}, attempt 2"));
        let end = format!("signal={}", how as i32);
        let told = lives(&done.output().stderr);
        done.check(
            told.iter().any(|life| life.pid == first && life.end == end),
            format!("stderr tells `worker {first} end {end}`"),
        );
    }
}

/// A *poison* task kills whoever tries it. It gets its R retries, counted for this task, and is then a fail; the good
/// tasks around it are done as if nothing had happened.
#[rstest]
#[case::not_at_all("run -n 3 --retries 0", 1)]
#[case::once("run -n 1 --retries 1", 2)]
#[case::by_default("run -n 2", 3)]
#[case::often("run -n 2 --retries 7", 8)]
#[case::in_fork_mode("run --mode fork -n 2 --retries 2", 3)]
fn a_poison_task_fails_after_its_retries(#[case] args: &str, #[case] attempts: u32) {
    let room = Room::new();
    let how = *room.choose(&[Signal::SIGKILL, Signal::SIGTERM, Signal::SIGUSR1, Signal::SIGABRT]);
    let good =
        |word: String| -> String { (0..8).map(|i| format!("{word}{i}\tmeet {word}{i} 1\n")).collect() };
    let (before, between, after) = (good(room.word()), good(room.word()), good(room.word()));
    let number = how as i32;

    let input = format!("{before}p\tcrash {number}\n{between}q\tcrash {number}\n{after}");
    let done = pool(&room, args).stdin(input.clone()).run();
    done.code(1);
    let wanted = input.lines().map(|line| match line.split('\t').next().unwrap_or_default() {
        id @ ("p" | "q") => format!("{id} fail {attempts} signal {number}"),
        id => format!("{id} ok 1 met"),
    });
    expect_answers(&done, wanted);
    let told = lives(&done.output().stderr);
    let end = format!("signal={number}");
    let died: Vec<i32> = told.iter().filter(|life| life.end == end).map(|life| life.pid).collect();
    done.check(
        died.len() == 2 * attempts as usize,
        format!("stderr tells of {} workers with `{end}`", 2 * attempts),
    );
    done.check(
        ["p", "q"].iter().all(|id| died.contains(&answer_to(&done, id).pid)),
        "the PID of a poison task is that of the worker that died of it last",
    );
}

/// All workers die while they are idle, at the same moment, and while the boss cannot look (SIGSTOP). Five deaths may
/// be one SIGCHLD, and nobody writes to these workers; all the same there are N again, and no zombie. signal(7).
#[test]
fn a_dead_worker_is_replaced() {
    let room = Room::new();
    let n = room.number(3..6) as usize;

    let running = pool(&room, &format!("run -n {n}")).stdin_open().spawn();
    let old: BTreeSet<i32> = started(&running, n).into_iter().collect();
    running.asleep();
    running.stop();
    old.iter().for_each(|pid| signal(*pid, Signal::SIGKILL));
    running.eventually(|| living(&running).is_empty(), "all workers to end");
    running.cont();
    running.eventually(
        || living(&running).len() == n && running.descendants().len() == n,
        format!("{n} new workers, and no zombie, after all workers were killed while pool was stopped"),
    );
    let new: BTreeSet<i32> = living(&running).into_iter().collect();
    assert!(new.is_disjoint(&old), "a dead worker is alive\nexpected: new processes\nreceived: {new:?}");
    let lines: String = (0..n).map(|i| format!("{i}\tmeet room {n}\n")).collect();
    running.send(lines);
    running.close_stdin();
    let done = running.wait();
    done.code(0)
        .check(answers(&done).iter().all(|answer| new.contains(&answer.pid)), "the new workers do the tasks");
}

/// Processes do not share their fate: while one worker is killed and its task tried again, the other tasks stay where
/// they are, with their first attempt.
#[test]
fn a_death_is_noticed_by_nobody_else() {
    let room = Room::new();
    let (one, other, victim) = (room.gate("one"), room.gate("other"), room.gate("victim"));

    let running = pool(&room, "run -n 3").stdin("a\tgate one\nb\tgate other\nc\tgate victim\n").spawn();
    for gate in [&one, &other, &victim] {
        gate.reached();
    }
    signal(victim.visitors()[0], Signal::SIGKILL);
    victim.reached_by(2);
    running.asleep();
    let (one_pid, other_pid) = (one.visitors()[0], other.visitors()[0]);
    for gate in [&one, &other, &victim] {
        gate.open();
    }
    let done = running.wait();
    done.code(0);
    expect_answers(&done, ["a ok 1 open", "b ok 1 open", "c ok 2 open"]);
    let pids = (answer_to(&done, "a").pid, answer_to(&done, "b").pid);
    done.check(
        pids == (one_pid, other_pid),
        format!("a and b are answered by {one_pid} and {other_pid}, who began them"),
    );
}

/// A task that is tried again has waited long enough: it starts before all that have not started yet.
#[test]
fn a_retried_task_comes_before_those_that_wait() {
    let room = Room::new();
    let (lines, mut ids) = pid_tasks(&room, "t", 3);

    let done = pool(&room, "run -n 1 --retries 1 --queue 10").stdin(format!("p\tcrash KILL\n{lines}")).run();
    done.code(1);
    ids.insert(0, "p".to_owned());
    let order: Vec<String> = answers(&done).into_iter().map(|answer| answer.id).collect();
    done.check(order == ids, format!("the answers come in this order: {}", list(&ids)));
}

/// Every death takes two descriptors and a process with it, if nobody cleans up. After two hundred of them the boss
/// has as many descriptors as at the beginning, N workers, and no zombie.
#[test]
fn many_crashes_leave_nothing_behind() {
    let room = Room::new();
    let n = 4;
    let gate = room.gate("door");
    let crashes: String = (0..200).map(|i| format!("{i}\tcrash KILL\n")).collect();

    let running = pool(&room, &format!("run -n {n} --retries 0")).stdin_open().spawn();
    started(&running, n);
    running.asleep();
    let before = running.fds().len();
    running.send(crashes + "held\tgate door\n");
    gate.reached();
    running.assert_no_zombie();
    let (after, workers) = (running.fds().len(), living(&running).len());
    assert!(
        // What a boss opens once, when it first needs it, is no leak.
        after <= before + 4 && workers == n,
        "200 crashes have left something behind\nexpected: {before} descriptors in the boss, as before, and {n} workers\nreceived: {after} descriptors and {workers} workers"
    );
    gate.open();
    running.close_stdin();
    let done = running.wait();
    done.code(1).check(answers(&done).len() == 201, "each task has one answer");
}

/// fork may fail: EAGAIN, when there are too many processes. Then pool says so and ends in good order. At the start no
/// line is taken; later what runs is answered, and nothing new is begun. fork(2).
#[test]
fn a_failing_fork_ends_the_run_cleanly() {
    let room = Room::new();
    let failing = |nth| Fault::FailCall { family: Family::Fork, nth, errno: Errno::EAGAIN };
    let message = "pool: fork: Resource temporarily unavailable\n";

    let done = pool(&room, "run -n 3").stdin("a\tpid\n").trace(failing(2)).run();
    done.code(1).stdout("").stderr(testkit::predicates::str::contains(message));

    let gate = room.gate("door");
    let running = pool(&room, "run -n 2 --retries 0").stdin_open().trace(failing(3)).spawn();
    running.send("held\tgate door\np\tcrash KILL\nlate\tpid\n");
    gate.reached();
    wait_answer(&running, "p");
    running.wait_stderr(testkit::predicates::str::contains(message));
    running.asleep();
    gate.open();
    let done = running.wait();
    done.code(1);
    expect_answers(&done, ["held ok 1 open", "p fail 1 signal 9"]);
}
