//! Milestone 8: the boss dies, and its journal knows what was done.
//! Man pages: open(2), write(2), ftruncate(2), kill(2), fsync(2).

use std::collections::BTreeMap;

use rstest::rstest;
use testkit::{Fault, Finished, Room, Signal, sweep, visible};

use super::{Answer, answers, expect_names, has_ended, pid_tasks, pool, signal, started, stop};

/// FNV-1a of 64 bits.
fn checksum(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

/// A record with these fields.
fn record(fields: &str) -> String {
    format!("{fields}\t{:016x}\n", checksum(fields.as_bytes()))
}

/// The lines of output that the `done` records of a journal keep. Each record must be whole and right.
#[track_caller]
fn recorded(journal: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(journal);
    let mut done = Vec::new();
    for line in text.split_inclusive('\n') {
        let fields = line.trim_end_matches('\n').rsplit_once('\t').map_or("", |(fields, _)| fields);
        assert!(
            line == record(fields),
            "a record of the journal is not right\nexpected: {}\nreceived: {}",
            visible(record(fields).as_bytes()),
            visible(line.as_bytes())
        );
        done.extend(fields.strip_prefix("done\t").map(str::to_owned));
    }
    done
}

/// The lines of output, sorted, those of bad tasks left out.
fn results(done: &Finished) -> Vec<String> {
    let text = done.stdout_text();
    let mut lines: Vec<String> =
        text.lines().filter(|line| !line.ends_with("\tbad task")).map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Every result is a record: `done`, the fields of its line, and a checksum of them. A bad line is none.
#[test]
fn each_result_is_recorded() {
    let room = Room::new();
    let (lines, _) = pid_tasks(&room, "t", 12);

    let input = format!("{lines}f\tfail\np\tcrash KILL\nw\twrite out x\nno task\nunknown\tx\n");
    let done = pool(&room, "run -n 3 --retries 1 --journal log").stdin(input).run();
    done.code(1);
    let mut found = recorded(&room.read("log"));
    found.sort();
    let wanted = results(&done);
    let missing = wanted.iter().find(|line| !found.contains(line));
    assert!(
        found == wanted,
        "the journal does not hold what was printed\nexpected: one `done` record for each of {} results{}\nreceived: {} records",
        wanted.len(),
        missing.map_or(String::new(), |line| format!(", also for `{}`", line.replace('\t', " "))),
        found.len()
    );
}

/// A second run with the same journal prints what was found out before, byte for byte, and runs only what is new. A
/// file that was made and taken away meanwhile is not made again.
#[test]
fn a_second_run_prints_the_old_results_and_runs_nothing_again() {
    let room = Room::new();
    let (word, number) = (room.word(), room.number(0..1000));
    room.write("n", number.to_string());
    let strange =
        [record(&format!("note\t{word}\t")), record(&format!("done\told\tok\t77\t3\t{word}"))].concat();
    room.write("log", &strange);
    let input = format!("old\tpid\na\tpid\nb\tfail\nc\twrite out {word}\nd\tsum n\n");

    let first = pool(&room, "run -n 2 --journal log").stdin(input.clone()).run();
    first.code(1);
    first.check(
        results(&first).contains(&format!("old\tok\t77\t3\t{word}")),
        "the result in the journal is printed",
    );
    std::fs::remove_file(room.path("out")).expect("take the file away");
    room.write("n", (number + 1).to_string());
    let second = pool(&room, "run -n 2 --journal log").stdin(format!("{input}new\tpid\nold\tpid\n")).run();
    second.code(1);
    let (old, new): (Vec<_>, Vec<_>) =
        results(&second).into_iter().partition(|line| !line.starts_with("new\t"));
    second.check(
        old == results(&first),
        format!("the results of the first run again: {}", results(&first).join(" / ")),
    );
    second.check(new.len() == 1, "one result for the new task");
    second.check(answers(&second).len() == 7, "a repeated ID is a bad task in a second run, too");
    expect_names(&room, "", &["log", "n", "tmp"], "after the second run");
    let kept = recorded(&room.read("log"));
    second.check(kept.len() == 6, format!("six `done` records after both runs, and not {}", kept.len()));
}

/// The boss is killed at one system call after the other, from the first of its own to its last. Each time a second run must
/// bring it to the same end: every line answered once, what was printed printed again as it was, each file made once.
#[test]
fn a_boss_killed_anywhere_loses_nothing_and_repeats_nothing() {
    // Who is called in a wrong way does nothing but start, complain and end.
    let start: u64 = pool(&Room::new(), "run").trace(Fault::Count).run().own_calls().values().sum();
    let start = start.saturating_sub(8);
    sweep(|call| {
        let call = start + call;
        let room = Room::new();
        let (one, two) = (room.word(), room.word());
        let run = || {
            let input = format!("a\twrite one {one}\nb\tpid\nc\twrite two {two}\n");
            pool(&room, "run -n 1 --journal log").stdin(input)
        };

        let first = run().trace(Fault::KillAt { call, nth_process: 0 }).run();
        let when = format!("after the boss was killed at its system call {call}");
        let printed = results(&first);
        let second = run().run();
        second.code(0);
        let mut ids: BTreeMap<String, Answer> = BTreeMap::new();
        for answer in answers(&second) {
            second.check(answer.ok == "ok", format!("the second run answers {} with ok, {when}", answer.id));
            ids.insert(answer.id.clone(), answer);
        }
        second.check(
            ids.len() == 3 && results(&second).len() == 3,
            format!("{when}, each line is answered once"),
        );
        let again = results(&second);
        let lost = printed.iter().find(|line| !again.contains(line));
        second.check(
            lost.is_none(),
            format!(
                "{when}, the result that it had printed is printed again: `{}`",
                lost.map_or("", |line| line)
            ),
        );
        second.check(room.read("one") == format!("{one}\n").as_bytes(), "the first file is whole");
        second.check(room.read("two") == format!("{two}\n").as_bytes(), "the second file is whole");
        expect_names(&room, "", &["log", "one", "tmp", "two"], &format!("{when}, and after the second run,"));
        second.check(recorded(&room.read("log")).len() == 3, "the journal has three `done` records");
        first.fault_delivered()
    });
}

/// `kill -9` gives the boss no time to say goodbye. Its workers see the end of their channels and end by themselves; one
/// that is busy, when its task is done; and none waits for another, which may be stopped.
#[rstest]
#[case::while_they_are_idle(false)]
#[case::while_they_work(true)]
fn the_workers_of_a_dead_boss_end(#[case] at_work: bool) {
    let room = Room::new();
    let gate = room.gate("door");

    let running = pool(&room, "run -n 3").stdin_open().spawn();
    let pids = started(&running, 3);
    if at_work {
        running.send("a\tgate door\nb\tgate door\nc\tgate door\n");
        gate.reached_by(3);
    }
    running.asleep();
    stop(pids[2]);
    running.kill(Signal::SIGKILL);
    gate.open();
    let what = "the workers of the killed boss to end (nobody else may hold the other end of their channels)";
    running.eventually(|| pids[..2].iter().all(|pid| has_ended(*pid)), what);
    signal(pids[2], Signal::SIGCONT);
    running.eventually(
        || has_ended(pids[2]),
        "the last worker of the killed boss to end, which was stopped for a while",
    );
    running.wait().signal(Signal::SIGKILL);
}

/// A boss that was killed, or whose disk was full, may have written a part of its last record. It is cut off, and its task
/// is done again; all that stands before it counts.
#[rstest]
#[case::without_its_newline("done\tb\tok\t77\t1\tx\tHASH")]
#[case::in_the_middle("done\tb\tok\t7")]
#[case::with_a_wrong_checksum("done\tb\tok\t77\t1\tx\t0123456789abcdef\n")]
#[case::of_one_byte("d")]
fn a_torn_record_at_the_end_is_cut_off(#[case] torn: &str) {
    let room = Room::new();
    let word = room.word();
    let sound = record(&format!("done\ta\tok\t77\t1\t{word}"));
    let hash = format!("{:016x}", checksum(b"done\tb\tok\t77\t1\tx"));
    room.write("log", sound.clone() + &torn.replace("HASH", &hash));

    let done = pool(&room, "run -n 1 --journal log").stdin("a\tpid\nb\tmeet room 1\n").run();
    done.code(0);
    let b = super::answer_to(&done, "b");
    done.check(b.text == "met", "the task with the torn record is done again");
    done.check(results(&done).contains(&format!("a\tok\t77\t1\t{word}")), "the record before it counts");
    let kept = recorded(&room.read("log"));
    done.check(
        kept.len() == 2 && room.read("log").starts_with(sound.as_bytes()),
        "the journal holds both results, whole",
    );
}

/// A wrong record in the middle was not torn by a death: it is damage, and cutting off what stands behind it would lose good
/// results. pool says which line it is, changes nothing, and starts nobody. So it does with a journal that it cannot open.
#[test]
fn a_damaged_journal_is_left_as_it_is() {
    let room = Room::new();
    let records: Vec<String> =
        (0..4).map(|i| record(&format!("done\t{i}\tok\t77\t1\t{}", room.word()))).collect();
    let bad = room.number(0..3) as usize;
    let mut journal = records.clone();
    journal[bad] = journal[bad].replacen("ok", "no", 1);
    let path = room.write("log", journal.concat());

    let done = pool(&room, "run -n 1 --journal log").stdin("a\tpid\n").run();
    done.code(4).stdout("").stderr(format!("pool: log: line {} is damaged\n", bad + 1));
    done.check(
        std::fs::read(path).is_ok_and(|now| now == journal.concat().as_bytes()),
        "the journal is as it was",
    );

    room.mkdir("folder");
    let done = pool(&room, "run -n 1 --journal folder").stdin("a\tpid\n").run();
    done.code(1).stdout("").stderr("pool: folder: Is a directory\n");
}
