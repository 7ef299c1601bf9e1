//! Milestone 1: `pool run --mode fork`, a process for each task.
//! Man pages: fork(2), pipe(2), poll(2), waitpid(2).

use std::collections::BTreeSet;

use testkit::{Fault, Room};

use super::{answers, expect_answers, expect_same, lives, living, pid_tasks, pool, wait_answer};

/// In fork mode each task runs in a child of its own: as many forks as tasks, and no two answers from the same
/// process, nor any from the boss. fork(2).
#[test]
fn each_task_runs_in_a_process_of_its_own() {
    let room = Room::new();
    let n = room.number(5..15) as usize;
    let (lines, _) = pid_tasks(&room, "t", n);

    let running = pool(&room, "run --mode fork -n 3").stdin(lines).trace(Fault::Count).spawn();
    let boss = running.pid();
    let done = running.wait();
    done.code(0);
    let all = answers(&done);
    done.check(
        all.iter().all(|answer| answer.text == answer.pid.to_string()),
        "each RESULT is the PID of its line",
    );
    done.check(all.iter().all(|answer| answer.pid != boss), "no task runs in the boss");
    let pids: BTreeSet<i32> = all.iter().map(|answer| answer.pid).collect();
    done.check(all.len() == n && pids.len() == n, format!("{n} answers from {n} processes"));
    done.check(done.forks() == n as u64, format!("{n} forks for {n} tasks, and not {}", done.forks()));
}

/// What a task answers comes back whole: a number, a word, a reason. An exit status could not carry it. pipe(7).
#[test]
fn every_task_gives_its_answer() {
    let room = Room::new();
    let numbers: Vec<u64> = (0..room.number(50..200)).map(|_| room.number(0..1 << 40)).collect();
    let text: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    room.write("numbers", text.join("\n") + "\n");
    let (word, gate) = (room.word(), room.gate("door"));
    gate.open();

    let lines = format!(
        "a\tsum numbers\nb\tgate door\nc\tmeet room 1\nd\twrite out {word} {word}\ne\tfail\nf\tsum missing\n"
    );
    let done = pool(&room, "run --mode fork -n 2").stdin(lines).run();
    done.code(1);
    let sum = numbers.iter().sum::<u64>();
    expect_answers(
        &done,
        [
            format!("a ok 1 {sum}"),
            "b ok 1 open".to_owned(),
            "c ok 1 met".to_owned(),
            format!("d ok 1 {}", 2 * word.len() + 2),
            "e fail 1 failed".to_owned(),
            "f fail 1 No such file or directory".to_owned(),
        ],
    );
    done.check(room.read("out") == format!("{word} {word}\n").as_bytes(), "`write` has made its file");
}

/// A task that fails is one line of output. The others go on; only the exit status remembers it.
#[test]
fn a_failed_task_fails_alone() {
    let room = Room::new();
    let word = room.word();
    let (before, _) = pid_tasks(&room, "a", 3);
    let (after, _) = pid_tasks(&room, "b", 3);

    let all_ok = pool(&room, "run --mode fork -n 2").stdin(before.clone() + &after).run();
    all_ok.code(0).check(answers(&all_ok).iter().all(|answer| answer.ok == "ok"), "all are ok");
    let done = pool(&room, "run --mode fork -n 2").stdin(format!("{before}{word}\tfail\n{after}")).run();
    done.code(1);
    let failed: Vec<String> = answers(&done).into_iter().filter(|a| a.ok == "fail").map(|a| a.id).collect();
    done.check(answers(&done).len() == 7 && failed == [word], "seven lines, and one of them a fail");
}

/// Bad input gets a clear answer and loses nothing: a line without an ID, with an ID that was there before, or with
/// an unknown task is answered, and the rest goes on.
#[test]
fn a_line_that_is_no_task_is_answered_and_the_rest_goes_on() {
    let room = Room::new();
    let word = room.word();
    let (long, longest) = ("x".repeat(65), "y".repeat(64));
    let input = [
        format!("{word} without a tab\n"),
        "\tpid\n".to_owned(),
        "\n".to_owned(),
        format!("{long}\tpid\n"),
        format!("{longest}\tmeet room 1\n"),
        "twice\tfail\n".to_owned(),
        "twice\tfail\n".to_owned(),
        format!("unknown\t{word}\n"),
        "unknown\tmeet room 1\n".to_owned(),
        "arguments\tpid 1\n".to_owned(),
        "number\tmeet room x\n".to_owned(),
        "file\tsum\n".to_owned(),
        "last\tmeet room 1".to_owned(),
    ];

    let done = pool(&room, "run --mode fork -n 1").stdin(input.concat()).run();
    done.code(1);
    let mut wanted = vec!["- fail 0 0 bad task".to_owned(); 4];
    wanted.extend(
        ["twice", "unknown", "unknown", "arguments", "number", "file"]
            .map(|id| format!("{id} fail 0 0 bad task")),
    );
    wanted.extend([
        format!("{longest} ok 1 met"),
        "last ok 1 met".to_owned(),
        "twice fail 1 failed".to_owned(),
    ]);
    // Here the PID is part of the promise: 0 where nobody has tried.
    let words = |a: super::Answer| match a.text.as_str() {
        "bad task" => format!("{} {} {} {} {}", a.id, a.ok, a.pid, a.attempt, a.text),
        _ => a.words(),
    };
    let mut found: Vec<String> = answers(&done).into_iter().map(words).collect();
    wanted.sort();
    found.sort();
    expect_same(&wanted, &found);
}

/// The boss keeps a diary on standard error: who was started, and how each one ended. An exit and a death by a
/// signal are different ends: WIFEXITED, WIFSIGNALED. waitpid(2).
#[test]
fn each_start_and_each_end_is_told() {
    let room = Room::new();
    let lines = "a\tpid\nb\tfail\nc\tcrash KILL\nd\tcrash TERM\n";

    let done = pool(&room, "run --mode fork -n 2 --retries 0").stdin(lines).run();
    done.code(1);
    let told = lives(done.output().stderr.as_slice());
    for (id, end) in [("a", "code=0"), ("b", "code=0"), ("c", "signal=9"), ("d", "signal=15")] {
        let pid = super::answer_to(&done, id).pid;
        let found = told.iter().find(|life| life.pid == pid).map_or("", |life| &life.end);
        assert!(
            found == end,
            "stderr does not tell how the process of task {id} ended\nexpected: `worker {pid} start`, then `worker {pid} end {end}`\nreceived: {}",
            if found.is_empty() { "no such lines".to_owned() } else { format!("`end {found}`") }
        );
    }
    done.check(told.len() == 4, "stderr tells of four workers");
}

/// A process for each task, but never more than N at a time: the next one starts when one has ended.
#[test]
fn no_more_than_n_processes_live_at_once() {
    let room = Room::new();
    let (n, gate) = (room.number(2..5) as usize, room.gate("door"));
    let lines: String = (0..n + 4).map(|i| format!("{i}\tgate door\n")).collect();

    let running = pool(&room, &format!("run --mode fork -n {n}")).stdin(lines).spawn();
    gate.reached_by(n);
    running.asleep();
    let alive = living(&running).len();
    let started = gate.visitors().len();
    assert!(
        (alive, started) == (n, n),
        "another number of processes runs than expected\nexpected: {n}, each with one task\nreceived: {alive} processes, {started} tasks started"
    );
    gate.open();
    let done = running.wait();
    done.code(0);
    expect_answers(&done, (0..n + 4).map(|i| format!("{i} ok 1 open")));
}

/// A child that has ended stays in the process table until its parent asks how. A boss that asks only when it
/// forks again, or at the end, keeps zombies meanwhile. waitpid(2).
#[test]
fn a_child_that_has_ended_is_reaped() {
    let room = Room::new();
    let gate = room.gate("door");
    let (lines, ids) = pid_tasks(&room, "t", 5);

    let running = pool(&room, "run --mode fork -n 3").stdin_open().spawn();
    running.send(format!("held\tgate door\n{lines}"));
    for id in ids {
        wait_answer(&running, &id);
    }
    gate.reached();
    running.assert_no_zombie();
    gate.open();
    running.close_stdin();
    running.wait().code(0);
}
