//! Milestone 3: each task to a worker that is idle, in order; each answer at once.
//! Man pages: poll(2), read(2), pipe(7).

use rstest::rstest;
use testkit::Room;

use super::{answers, expect_answers, pid_tasks, pool, wait_answer};

/// N workers are N tasks at the same time: `meet room N` returns only when N processes are inside at once. A boss
/// that waits for an answer before it hands out the next task never gets there.
#[test]
fn n_tasks_run_at_the_same_time() {
    let room = Room::new();
    let n = room.number(3..7) as usize;
    let lines: String = (0..n).map(|i| format!("{i}\tmeet room {n}\n")).collect();

    let done = pool(&room, &format!("run -n {n}")).stdin(lines).run();
    done.code(0);
    expect_answers(&done, (0..n).map(|i| format!("{i} ok 1 met")));
}

/// One worker stands at a gate. The others do all the rest meanwhile, and their answers come out: nothing is given
/// to a worker that is busy, and the boss waits for no particular one.
#[rstest]
#[case::of_two(2)]
#[case::of_four(4)]
fn a_gated_task_delays_nobody_else(#[case] n: usize) {
    let room = Room::new();
    let gate = room.gate("door");
    let (before, first) = pid_tasks(&room, "t", room.number(0..5) as usize);
    let (after, second) = pid_tasks(&room, "u", 30);

    let running = pool(&room, &format!("run -n {n}")).stdin_open().spawn();
    running.send(format!("{before}held\tgate door\n{after}"));
    gate.reached();
    let all = first.len() + second.len();
    let lines = || running.stdout_now().iter().filter(|&&byte| byte == b'\n').count();
    let what = format!("{all} answers from the workers that are idle, while one stands at the gate");
    running.eventually(|| lines() >= all || running.has_ended(), what);
    for id in first.iter().chain(&second) {
        wait_answer(&running, id);
    }
    gate.open();
    running.close_stdin();
    let done = running.wait();
    done.code(0);
    done.check(answers(&done).len() == first.len() + second.len() + 1, "each task has one answer");
}

/// Tasks start in the order of their lines. With one worker the answers show it; with two, while the other stands at
/// a gate.
#[rstest]
#[case::one_worker("run -n 1", "")]
#[case::two_workers_one_gated("run -n 2", "held\tgate door\n")]
#[case::fork_mode("run --mode fork -n 1", "")]
fn tasks_start_in_the_order_of_the_input(#[case] args: &str, #[case] first: &str) {
    let room = Room::new();
    let gate = room.gate("door");
    let (lines, ids) = pid_tasks(&room, "t", 25);

    let running = pool(&room, args).stdin_open().spawn();
    running.send(first);
    if !first.is_empty() {
        gate.reached();
    }
    running.send(lines);
    wait_answer(&running, &ids[ids.len() - 1]);
    gate.open();
    running.close_stdin();
    let done = running.wait();
    done.code(0);
    let found: Vec<String> = answers(&done).into_iter().map(|a| a.id).filter(|id| id != "held").collect();
    let wrong = found.iter().zip(&ids).position(|(one, other)| one != other);
    assert!(
        wrong.is_none() && found.len() == ids.len(),
        "the tasks were not done in the order of their lines\nexpected: task {} at this place\nreceived: {}",
        wrong.map_or("none", |at| &ids[at]),
        wrong.map_or(format!("{} answers", found.len()), |at| found[at].clone())
    );
}

/// A worker has one task at a time. N + 1 tasks, each at a gate of its own: N are started, and the last one only when
/// one of the others has gone through.
#[test]
fn no_more_than_n_tasks_are_started() {
    let room = Room::new();
    let n = room.number(2..5) as usize;
    let gates: Vec<_> = (0..=n).map(|i| room.gate(&format!("door{i}"))).collect();
    let lines: String = (0..=n).map(|i| format!("{i}\tgate door{i}\n")).collect();

    let running = pool(&room, &format!("run -n {n}")).stdin(lines).spawn();
    gates[..n].iter().for_each(|gate| gate.reached());
    running.asleep();
    let early = gates[n].visitors();
    assert!(
        early.is_empty(),
        "a task was started although all workers are busy\nexpected: {n} workers, {n} tasks\nreceived: process {} has started the next one",
        early[0]
    );
    gates[room.number(0..n as u64) as usize].open();
    gates[n].reached();
    gates.iter().for_each(|gate| gate.open());
    running.wait().code(0);
}

/// A result is news: it comes out when its task ends, and not when the input does, or when the next one comes, or
/// when a buffer is full.
#[rstest]
#[case::in_a_pool("run -n 2")]
#[case::in_fork_mode("run --mode fork -n 2")]
fn a_result_comes_out_when_its_task_ends(#[case] args: &str) {
    let room = Room::new();
    let gate = room.gate("door");

    let running = pool(&room, args).stdin_open().spawn();
    running.send("held\tgate door\n");
    for i in 0..5 {
        running.send(format!("{i}\tpid\n"));
        wait_answer(&running, &i.to_string());
    }
    gate.open();
    wait_answer(&running, "held");
    running.close_stdin();
    running.wait().code(0);
}

/// A pipe keeps no boundaries: a read may bring half a line, or three and a half. Here the lines come in pieces, and
/// pool has read each piece before the next one comes. read(2), pipe(7).
#[test]
fn a_line_may_come_in_pieces() {
    let room = Room::new();
    let (lines, ids) = pid_tasks(&room, "t", 9);
    let mut cuts: Vec<usize> = (0..5).map(|_| room.number(1..lines.len() as u64) as usize).collect();
    cuts.extend([0, lines.len()]);
    cuts.sort_unstable();

    let running = pool(&room, "run -n 2").stdin_open().spawn();
    for piece in cuts.windows(2).filter(|cut| cut[0] < cut[1]) {
        running.send(&lines[piece[0]..piece[1]]);
        running.asleep();
    }
    for id in &ids {
        wait_answer(&running, id);
    }
    running.close_stdin();
    let done = running.wait();
    done.code(0);
    done.check(answers(&done).len() == ids.len(), "each line is one task");
}
