//! Milestone 3: parts are cut again, and put together again: a tree of processes.
//! Man pages: fork(2), pipe(7), waitpid(2).

use std::collections::BTreeMap;

use rstest::rstest;
use testkit::{Proc, Room, Signal, visible};

use super::{dnc, expect_lines, halvings, keyed_lines, least_comparisons, reports, sorted};

/// So many lines that a quarter of them is more than a pipe takes, even if a child sends no line, but only four bytes to
/// say which one comes next.
const MANY: usize = 80_000;

/// Sorted, whatever the number of processes; a line may be empty, may have no tab, may be the only one, and may
/// lack its newline if it is the last: in the output each has one.
#[rstest]
#[case(1)]
#[case(2)]
#[case(3)]
#[case(7)]
#[case(64)]
fn the_lines_come_out_sorted(#[case] n: usize) {
    let room = Room::new();
    let mut lines = keyed_lines(&room, 500, 1 << 30);
    lines.extend(["", "a", "a\tb", "\tx", "zz zz", "é"].map(str::to_owned));
    for (text, lines) in [
        (lines.join("\n") + "\n", lines.clone()),
        (lines.join("\n"), lines),
        (String::new(), Vec::new()),
        ("b\na".to_owned(), vec!["b".to_owned(), "a".to_owned()]),
    ] {
        room.write("lines", text);
        expect_lines(&dnc(&room, &format!("sort -n {n} lines")).run(), &sorted(lines));
    }
}

/// Lines with equal keys stay in the order of the file, also where one is in the left part and one in the right.
#[rstest]
#[case(1)]
#[case(2)]
#[case(5)]
#[case(8)]
fn equal_keys_keep_their_order(#[case] n: usize) {
    let room = Room::new();
    let lines = keyed_lines(&room, 400, 5);
    room.write("lines", lines.join("\n") + "\n");

    expect_lines(&dnc(&room, &format!("sort -n {n} lines")).run(), &sorted(lines));
}

/// A pipe takes 64 KiB; a child with more to say waits in write until somebody reads. A parent that waits for the
/// *end* of its child first waits for ever. (There are so many lines that their numbers alone fill a pipe.) pipe(7),
/// waitpid(2).
#[rstest]
#[case::one_child(2)]
#[case::a_tree(4)]
fn parts_larger_than_a_pipe_do_not_block(#[case] n: usize) {
    let room = Room::new();
    let lines = keyed_lines(&room, MANY, 1 << 30);
    room.write("lines", lines.join("\n") + "\n");

    expect_lines(&dnc(&room, &format!("sort -n {n} lines")).run(), &sorted(lines));
}

/// N processes make a tree: nobody has more than ceil(log2 N) children, nobody is more than ceil(log2 N) below dnc.
/// All N stand at the gate at the same moment. A chain would merge one after the other, a star in one process.
#[rstest]
#[case(2)]
#[case(5)]
#[case(8)]
#[case(16)]
fn the_processes_are_a_tree(#[case] n: usize) {
    let room = Room::new();
    let gate = room.gate("door");
    let lines = keyed_lines(&room, 20 * n, 1 << 30);
    room.write("lines", lines.join("\n") + "\n");

    let running = dnc(&room, &format!("sort -n {n} --gate door lines")).spawn();
    gate.reached_by(n);
    let parents: BTreeMap<i32, i32> =
        running.descendants().into_iter().map(|Proc { pid, ppid, .. }| (pid, ppid)).collect();
    let depth = |pid: &i32| std::iter::successors(Some(pid), |pid| parents.get(pid)).count() - 1;
    let deepest = parents.keys().map(depth).max().unwrap_or(0);
    let mut children: BTreeMap<i32, usize> = BTreeMap::new();
    parents.values().for_each(|parent| *children.entry(*parent).or_default() += 1);
    let most = children.values().copied().max().unwrap_or(0);
    let limit = halvings(n) as usize;
    assert!(
        parents.len() == n - 1 && deepest <= limit && most <= limit,
        "the processes are no tree of halves\nexpected: {} children in all, at most {limit} below each other, at most {limit} of one parent\nreceived: {} in all, {deepest} below each other, {most} of one parent",
        n - 1,
        parents.len()
    );
    gate.open();
    expect_lines(&running.wait(), &sorted(lines));
}

/// Merging is work, too, and the tree shares it: with m lines a part, no process makes more than m L + 2n
/// comparisons, where L is ceil(log2 m): it sorts its part, and merges at most n lines, and half of them before,
/// and so on.
#[rstest]
#[case(16)]
#[case(33)]
fn merging_is_shared(#[case] processes: usize) {
    let room = Room::new();
    let n: usize = 8000;
    let lines: Vec<String> = (0..n).map(|i| format!("{:08x}{i}", room.number(0..1 << 32))).collect();
    room.write("lines", lines.join("\n") + "\n");

    let done = dnc(&room, &format!("sort -n {processes} --report lines")).run();
    expect_lines(&done, &sorted(lines));
    let told = reports(&done);
    let part = n.div_ceil(processes) + 1;
    let limit = part as u64 * u64::from(halvings(part)) + 2 * n as u64;
    let (most, total) = (told.values().copied().max().unwrap_or(0), told.values().sum::<u64>());
    assert!(
        told.len() == processes && most <= limit && total >= least_comparisons(n),
        "the comparisons are not shared\nexpected: {processes} processes, at most {limit} comparisons in one, at least {} in all (nobody can sort with less)\nreceived: {} processes, {most} in one, {total} in all",
        least_comparisons(n),
        told.len()
    );
}

/// dnc is killed while its children have more to say than a pipe takes. Their reader is gone, so write fails, and
/// they end. A child that still holds a *read* end of such a pipe, its own or a sister's, keeps the writer waiting
/// for ever. And a part that is lost is not printed: no line at all. pipe(7).
#[test]
fn nobody_is_left_when_one_dies() {
    let room = Room::new();
    let gate = room.gate("door");
    let lines = keyed_lines(&room, MANY, 1 << 30);
    room.write("lines", lines.join("\n") + "\n");
    let running = dnc(&room, "sort -n 4 --gate door lines").spawn();
    gate.reached_by(4);
    running.stop();
    gate.open();
    running.asleep();
    running.kill(Signal::SIGKILL);
    let what = "all children to end after dnc was killed (their write fails when nobody holds the read end any more)";
    running.eventually(|| running.descendants().iter().all(Proc::is_zombie), what);
    running.wait().signal(Signal::SIGKILL);

    let room = Room::new();
    let gate = room.gate("door");
    room.write("lines", lines.join("\n"));
    let running = dnc(&room, "sort -n 4 --gate door lines").spawn();
    gate.reached_by(4);
    // One that has no children itself: nobody else then has anything to tell.
    let all = running.descendants();
    let is_leaf =
        |process: &&Proc| process.ppid == running.pid() && all.iter().all(|other| other.ppid != process.pid);
    if let Some(child) = all.iter().find(is_leaf) {
        child.kill(Signal::SIGKILL);
    }
    gate.open();
    let done = running.wait();
    done.code(1).stdout("");
    let text = done.stderr_text();
    let is_told =
        text.starts_with("dnc: part ") && text.ends_with(": signal 9\n") && text.lines().count() == 1;
    done.check(is_told, format!("stderr says `dnc: part K: signal 9`, and not {}", visible(text.as_bytes())));
}
