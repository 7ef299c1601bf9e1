//! The specification of `dnc` and `mpirun`, one file a milestone.
//!
//! Every check is a black box: it starts the programs, plays the world around them, and looks at them from outside.
//! Your library `mpi` is driven by the given program `ranks`, which does what a script says. What a check demands
//! stands in the contract (`README.md`) and nowhere else; *how* processes talk to each other is your own affair.
//!
//! Numbers, words and files are random, from a seed that is printed when a check fails.

mod m1_sum;
mod m2_parts;
mod m3_sort;
mod m4_messages;
mod m5_collectives;
mod m6_life;
mod m7_death;
mod m8_shares;
mod m9_words;
mod trace;

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;

use testkit::{Cmd, Finished, Proc, Program, Room, Running, Signal, bin, list, visible};

/// Both ways in which ranks may talk.
const TRANSPORTS: [&str; 2] = ["pipes", "sockets"];

/// `dnc ARGS`, its arguments separated by blanks.
fn dnc(room: &Room, args: &str) -> Cmd {
    room.command(bin!("dnc").called("your dnc")).args(args.split(' '))
}

/// `mpirun ARGS`, its arguments separated by blanks. `bin/dnc` and `bin/ranks` are the programs of the lab.
fn mpirun(room: &Room, args: &str) -> Cmd {
    let programs: [(&str, Program); 2] =
        [("bin/dnc", bin!("dnc").called("your dnc")), ("bin/ranks", bin!("ranks").called("a rank"))];
    room.mkdir("bin");
    for (name, program) in programs {
        // A deadlock is theirs, and not that of mpirun, which waits for them.
        room.introduce(&program);
        if room.path(name).symlink_metadata().is_err() {
            symlink(program.path(), room.path(name)).expect("link a program into the room");
        }
    }
    room.command(bin!("mpirun").called("your mpirun")).args(args.split(' '))
}

/// `n` ranks that do what this script says.
fn ranks(room: &Room, n: usize, transport: &str, script: &str) -> Cmd {
    room.write("script", script);
    let shown: Vec<&str> = script.lines().take(6).collect();
    let more = if script.lines().count() > shown.len() { " / …" } else { "" };
    mpirun(room, &format!("-n {n} --transport {transport} bin/ranks script"))
        .note(format!("the script: {}{more}", shown.join(" / ")))
}

/// What each rank has printed, in its order: lines `RANK TEXT`.
#[track_caller]
fn said(done: &Finished) -> BTreeMap<usize, Vec<String>> {
    let text = done.stdout_text();
    let mut all: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for line in text.lines() {
        let rank = line.split_once(' ').and_then(|(rank, rest)| Some((rank.parse().ok()?, rest.to_owned())));
        done.check(rank.is_some() && text.ends_with('\n'), "whole lines, each with the rank that prints it");
        let (rank, rest) = rank.unwrap_or_default();
        all.entry(rank).or_default().push(rest);
    }
    all
}

/// Demands that rank `rank` has printed exactly these lines, in this order.
#[track_caller]
fn expect_said(done: &Finished, rank: usize, wanted: &[impl AsRef<str>]) {
    let found = said(done).remove(&rank).unwrap_or_default();
    let wanted: Vec<&str> = wanted.iter().map(AsRef::as_ref).collect();
    if found == wanted {
        return;
    }
    let at = (0..wanted.len().max(found.len()))
        .find(|&i| found.get(i).map(String::as_str) != wanted.get(i).copied());
    let at = at.unwrap_or(0);
    let shown = |line: Option<&str>| line.map_or("no further line".to_owned(), |line| format!("`{line}`"));
    panic!(
        "rank {rank} did not get what it should (line {} of its output)\nexpected: {}\nreceived: {}",
        at + 1,
        shown(wanted.get(at).copied()),
        shown(found.get(at).map(String::as_str))
    );
}

/// What `--report` tells: `WHO: UNITS`, by WHO.
#[track_caller]
fn reports(done: &Finished) -> BTreeMap<String, u64> {
    let text = done.stderr_text();
    let mut all = BTreeMap::new();
    for line in text.lines() {
        let told =
            line.rsplit_once(": ").and_then(|(who, units)| Some((who.to_owned(), units.parse().ok()?)));
        let is_known = |who: &str| who.starts_with("part ") || who.starts_with("rank ");
        match told {
            Some((who, units)) if is_known(&who) && !all.contains_key(&who) => drop(all.insert(who, units)),
            _ => panic!(
                "stderr tells of the work in a wrong way\nexpected: `part K: UNITS` or `rank R: UNITS`, once for each\nreceived: `{}`",
                visible(line.as_bytes())
            ),
        }
    }
    all
}

/// Numbers of 64 bits, small and large, a line for each; and their sum.
fn numbers(room: &Room, n: usize) -> (String, i128) {
    let number = || match room.number(0..8) {
        0 => i64::MAX,
        1 => i64::MIN,
        2 => 0,
        3 => room.number(0..u64::MAX >> 2) as i64,
        4 => -(room.number(0..u64::MAX >> 2) as i64),
        5 => -(room.number(0..1000) as i64),
        _ => room.number(0..1000) as i64,
    };
    let all: Vec<i64> = (0..n).map(|_| number()).collect();
    (all.iter().map(|number| format!("{number}\n")).collect(), all.iter().copied().map(i128::from).sum())
}

/// Lines with few different keys, so that many are equal; what follows the tab tells them apart.
fn keyed_lines(room: &Room, n: usize, keys: u64) -> Vec<String> {
    let key = |number: u64| format!("{:x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40);
    (0..n).map(|i| format!("{}\t{i}", key(room.number(0..keys)))).collect()
}

/// Sorted by their keys, equal keys in their order.
fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_by_key(|line| line.split('\t').next().unwrap_or_default().to_owned());
    lines
}

/// Demands exactly these lines on standard output, and shows the first difference.
#[track_caller]
fn expect_lines(done: &Finished, wanted: &[String]) {
    done.code(0);
    let text = done.stdout_text();
    let found: Vec<&str> = text.lines().collect();
    done.check(text.is_empty() || text.ends_with('\n'), "the last line ends with a newline");
    let at = (0..wanted.len().max(found.len()))
        .find(|&i| found.get(i).copied() != wanted.get(i).map(String::as_str));
    let Some(at) = at else { return };
    let shown =
        |line: Option<&str>| line.map_or("no further line".to_owned(), |line| visible(line.as_bytes()));
    panic!(
        "line {} of the output is not as expected\nexpected: {}\nreceived: {} ({} lines of {})",
        at + 1,
        shown(wanted.get(at).map(String::as_str)),
        shown(found.get(at).copied()),
        found.len(),
        wanted.len()
    );
}

/// The least k with 2^k at least n: ceil(log2 n).
fn halvings(n: usize) -> u32 {
    n.next_power_of_two().trailing_zeros()
}

/// How many comparisons any way of sorting `n` different lines makes, less a few: log2(n!).
fn least_comparisons(n: usize) -> u64 {
    (1..=n).map(|i| (i as f64).log2()).sum::<f64>() as u64 - 64
}

/// Waits until a program has ended; `what` completes "waited in vain: ".
#[track_caller]
fn wait(running: Running, what: &str) -> Finished {
    running.eventually(|| running.has_ended(), what);
    running.wait()
}

/// Whether this process has ended: a zombie has.
fn has_ended(pid: i32) -> bool {
    Proc::read(pid).is_none_or(|process| process.is_zombie())
}

/// Sends a process a signal; one that has ended gets none.
fn signal(pid: i32, signal: Signal) {
    if let Some(process) = Proc::read(pid) {
        process.kill(signal);
    }
}

/// Stops a process, and waits until it stands; one that has ended is left alone.
fn stop(pid: i32) {
    if let Some(process) = Proc::read(pid) {
        process.stop();
    }
}

/// Demands that a folder of the room holds exactly these names.
#[track_caller]
fn expect_names(room: &Room, folder: &str, wanted: &[String], when: &str) {
    let found = room.list(folder);
    assert!(
        found == wanted,
        "{when} the folder holds other files than expected\nexpected: {}\nreceived: {}",
        list(wanted),
        list(&found)
    );
}

/// How many whole lines a program has printed so far.
fn lines_now(running: &Running) -> Vec<String> {
    let text = String::from_utf8_lossy(&running.stdout_now()).into_owned();
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(str::to_owned).collect()
}
