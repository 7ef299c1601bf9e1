//! Milestone 8: more processes are worth nothing if one of them has all the work.
//! Man pages: qsort(3), fork(2). H. Shi, J. Schaeffer, *Parallel Sorting by Regular Sampling*.

use rstest::rstest;
use testkit::{Fault, Room};

use super::{
    TRANSPORTS, dnc, expect_lines, halvings, keyed_lines, least_comparisons, mpirun, reports, sorted,
};

/// `psort` gives what `sort` gives, equal keys in the order of the file, with any number of ranks, with more ranks
/// than lines, with an empty file, and without mpirun.
#[rstest]
#[case(1)]
#[case(2)]
#[case(3)]
#[case(7)]
#[case(16)]
fn psort_gives_the_sorted_lines(#[case] n: usize) {
    let room = Room::new();
    let mut lines = keyed_lines(&room, 300, 1 << 20);
    lines.extend(keyed_lines(&room, 200, 4));
    lines.extend(["", "a b", "\tx", "b b b"].map(str::to_owned));
    for (i, lines) in [lines, Vec::new(), keyed_lines(&room, 5, 3)].into_iter().enumerate() {
        room.write("lines", lines.join("\n"));
        let lines: Vec<String> = if lines.is_empty() { lines } else { sorted(lines) };
        let done =
            mpirun(&room, &format!("-n {n} --transport {} bin/dnc psort lines", TRANSPORTS[i % 2])).run();
        done.stderr("");
        expect_lines(&done, &lines);
        expect_lines(&dnc(&room, "psort lines").run(), &lines);
    }
}

/// Demands the share of the contract of each rank.
#[track_caller]
fn expect_shares(lines: &[String], ranks: usize, total: u64) {
    let room = Room::new();
    room.write("lines", lines.join("\n") + "\n");
    let done = mpirun(&room, &format!("-n {ranks} bin/dnc psort --report lines")).run();
    expect_lines(&done, &sorted(lines.to_vec()));
    let told = reports(&done);
    let share = lines.len().div_ceil(ranks);
    let of = |n: usize| n as u64 * u64::from(halvings(n));
    let limit = of(share) + of(2 * share) + of(ranks * ranks) + 64 * ranks as u64;
    let (most, sum) = (told.values().copied().max().unwrap_or(0), told.values().sum::<u64>());
    assert!(
        told.len() == ranks && most <= limit && sum >= total,
        "one rank has much more to do than its share\nexpected: {ranks} ranks, at most {limit} comparisons in one, at least {total} in all (nobody can sort with less)\nreceived: {} ranks, {most} in one, {sum} in all",
        told.len()
    );
}

/// The root of a tree merges all lines. Here no rank may have much more than its share: m = ceil(n / N) lines to
/// sort, and, whatever the lines are, at most 2m to put together. The lines come at random, sorted, or backwards.
#[rstest]
#[case::at_random(0)]
#[case::sorted_already(1)]
#[case::backwards(2)]
fn no_rank_has_much_more_to_compare_than_another(#[case] order: u64) {
    let room = Room::new();
    let mut lines: Vec<String> =
        (0..16_000).map(|i| format!("{:010x}{i}", room.number(0..1 << 40))).collect();
    let total = if order == 0 { least_comparisons(lines.len()) } else { lines.len() as u64 / 2 };
    if order > 0 {
        lines.sort();
    }
    if order == 2 {
        lines.reverse();
    }
    expect_shares(&lines, 16, total);
}

/// All keys are equal, or most of them: then no key divides the lines. Their places do: a line is told from its
/// equals by where it comes from.
#[rstest]
#[case::all_are_equal(1, 0)]
#[case::two_keys(2, 0)]
#[case::one_key_is_frequent(1, 4000)]
fn equal_keys_are_shared_too(#[case] keys: u64, #[case] others: usize) {
    let room = Room::new();
    let mut lines = keyed_lines(&room, 16_000, keys);
    // Half of the others stand before the frequent key, half behind it.
    for i in 0..others {
        let first = if i % 2 == 0 { ' ' } else { '~' };
        let at = room.number(0..lines.len() as u64) as usize;
        lines[at] = format!("{first}{:x}\t{i}", room.number(0..1 << 40));
    }
    expect_shares(&lines, 16, lines.len() as u64 / 2);
}

/// What is done one after the other is not divided: all ranks are at work at the same moment. They stand at the
/// gate, which each passes before it works. And a generation, or a sort, makes no new process: the ranks are there
/// already.
#[rstest]
#[case::life("life -g 3 board")]
#[case::psort("psort board")]
fn all_ranks_work_at_the_same_time(#[case] job: &str) {
    let room = Room::new();
    let gate = room.gate("door");
    let n = 5;
    let row = |_| (0..16).map(|_| *room.choose(&['.', '#'])).collect::<String>() + "\n";
    room.write("board", (0..20).map(row).collect::<String>());

    let plain = mpirun(&room, &format!("-n {n} bin/dnc {job}")).trace(Fault::Count).run();
    plain.code(0);
    assert!(
        plain.forks() == n,
        "the wrong number of processes was made\nexpected: mpirun makes {n} ranks, and they make nobody\nreceived: {}",
        plain.forks()
    );
    let running = mpirun(&room, &format!("-n {n} bin/dnc {job} --gate door --report")).spawn();
    gate.reached_by(n as usize);
    gate.open();
    let done = running.wait();
    done.code(0).stdout(plain.stdout_text());
    let busy = reports(&done).values().filter(|&&units| units > 0).count();
    done.check(busy == n as usize, format!("all {n} ranks do some of the work, and not {busy}"));
}
