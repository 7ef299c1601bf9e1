//! Milestone 9: map and reduce, by workers that die, stop, and come back.
//! Man pages: rename(2), waitpid(2), kill(2), socketpair(2), unix(7).

use std::collections::BTreeMap;

use rstest::rstest;
use testkit::{Fault, Room, Signal, first_call, list, sweep, visible};

use super::{dnc, expect_names, has_ended, signal, stop, wait};

/// Files `f0`, `f1`, … of random words, and how often each word is in all of them.
fn write_files(room: &Room, count: usize) -> (Vec<String>, BTreeMap<String, u64>) {
    let words: Vec<String> =
        (0..60).map(|_| room.word()[..2 + room.number(0..4) as usize].to_owned()).collect();
    let mut counts = BTreeMap::new();
    let mut names = Vec::new();
    for i in 0..count {
        let mut text = String::new();
        for _ in 0..200 {
            let word = room.choose(&words);
            text += word;
            let gap: &&str = room.choose(&[" ", "\n", "  ", "\t", " \n\n"]);
            text += gap;
            *counts.entry(word.clone()).or_default() += 1;
        }
        names.push(format!("f{i}"));
        room.write(&names[i], text);
    }
    room.mkdir("out");
    (names, counts)
}

/// To which of `parts` parts a word belongs: FNV-1a of 64 bits.
fn part_of(word: &str, parts: usize) -> usize {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    (word.bytes().fold(0xcbf2_9ce4_8422_2325, mix) % parts as u64) as usize
}

/// What part `part` of the output must be.
fn part(counts: &BTreeMap<String, u64>, part: usize, parts: usize) -> String {
    let mine = counts.iter().filter(|(word, _)| part_of(word, parts) == part);
    mine.map(|(word, count)| format!("{word} {count}\n")).collect()
}

/// Demands the right output, and nothing else in the folder.
#[track_caller]
fn expect_counts(room: &Room, counts: &BTreeMap<String, u64>, parts: usize, when: &str) {
    let names: Vec<String> = (0..parts).map(|part| format!("out-{part}")).collect();
    expect_names(room, "out", &names, &format!("{when},"));
    for (i, name) in names.iter().enumerate() {
        let found = room.read(format!("out/{name}"));
        let wanted = part(counts, i, parts);
        let wrong = String::from_utf8_lossy(&found)
            .lines()
            .zip(wanted.lines())
            .find(|(one, other)| one != other)
            .map(|(one, other)| (one.to_owned(), other.to_owned()));
        let (received, expected) = wrong.unwrap_or_else(|| {
            (
                format!("{} lines", found.iter().filter(|&&byte| byte == b'\n').count()),
                format!("{} lines", wanted.lines().count()),
            )
        });
        assert!(
            found == wanted.as_bytes(),
            "{when}, `{name}` is wrong\nexpected: {expected}\nreceived: {}",
            visible(received.as_bytes())
        );
    }
}

/// Words are counted over all files, each word in the part that its hash says, sorted; whatever the number of
/// workers. Old output is replaced. A file that is missing ends the run, without output.
#[rstest]
#[case::one_worker(1, 1)]
#[case::more_workers_than_files(8, 3)]
#[case::many_parts(3, 7)]
fn the_words_are_counted(#[case] n: usize, #[case] parts: usize) {
    let room = Room::new();
    let (names, counts) = write_files(&room, 5);
    room.write("out/out-0", "old");

    let args = format!("wc -n {n} --reduce {parts} --out out {}", names.join(" "));
    dnc(&room, &args).run().code(0).stdout("").stderr("");
    expect_counts(&room, &counts, parts, "at the end");

    std::fs::remove_dir_all(room.path("out")).expect("clear the output");
    room.mkdir("out");
    let done = dnc(&room, &args.replace("f3", "missing")).run();
    done.code(1).stderr("dnc: missing: No such file or directory\n");
    expect_names(&room, "out", &[], "after a run that failed");
}

/// A worker dies in the midst of a file: another begins with that file again, and no word counts twice. A file that
/// has killed four workers is given up: status 1, and no output. Then a worker is killed at each of its system calls in turn.
#[test]
fn the_task_of_a_dead_worker_is_done_again() {
    for deaths in [1, 3, 4] {
        let room = Room::new();
        let (names, counts) = write_files(&room, 3);
        let gate = room.gate("door");
        let text = String::from_utf8_lossy(&room.read("f1")).into_owned();
        let middle =
            text.char_indices().filter(|(_, letter)| *letter == '\n').nth(5).map_or(0, |(at, _)| at + 1);
        room.write("f1", format!("{}!gate door\n{}", &text[..middle], &text[middle..]));

        let running = dnc(&room, &format!("wc -n 1 --reduce 2 --out out {}", names.join(" "))).spawn();
        for death in 1..=deaths {
            gate.reached_by(death);
            signal(gate.visitors()[death - 1], Signal::SIGKILL);
        }
        if deaths == 4 {
            let what = "dnc to give up a file that has killed four workers";
            wait(running, what).code(1).stderr("dnc: f1: 4 workers died of it\n");
            expect_names(&room, "out", &[], "after a run that failed");
        } else {
            gate.reached_by(deaths + 1);
            gate.open();
            running.wait().code(0).stderr("");
            expect_counts(&room, &counts, 2, &format!("after {deaths} workers were killed"));
        }
    }

    sweep(|call| {
        let room = Room::new();
        let (names, counts) = write_files(&room, 1);
        let command = dnc(&room, &format!("wc -n 1 --reduce 1 --out out {}", names.join(" ")));
        let done = command.trace(Fault::KillAt { call, nth_process: 1 }).run();
        done.code(0).stderr("");
        expect_counts(&room, &counts, 1, &format!("after the worker was killed at its system call {call}"));
        done.fault_delivered()
    });
}

/// A worker is stopped in the midst of a file. Nobody can tell it from one that is slow: so an idle worker does the
/// same file, too, and who comes first counts. With the worker still stopped dnc ends; and if it comes back when
/// its file has long been counted, nothing changes.
#[rstest]
#[case::it_stays_stopped(false)]
#[case::it_comes_back(true)]
fn a_stopped_worker_holds_up_nobody(#[case] comes_back: bool) {
    let room = Room::new();
    let (names, counts) = write_files(&room, 4);
    let (door, reduce) = (room.gate("door"), room.gate("reduce"));
    let text = String::from_utf8_lossy(&room.read("f2")).into_owned();
    room.write("f2", format!("!gate door\n{text}"));

    let running =
        dnc(&room, &format!("wc -n 2 --reduce 1 --out out --gate reduce {}", names.join(" "))).spawn();
    door.reached();
    let stopped = door.visitors()[0];
    stop(stopped);
    door.reached_by(2);
    door.open();
    reduce.reached();
    running.asleep();
    if comes_back {
        signal(stopped, Signal::SIGCONT);
        running.asleep();
    }
    reduce.open();
    let what = "dnc to end when all tasks are done, though one of its workers may be stopped";
    wait(running, what).code(0).stderr("");
    expect_counts(&room, &counts, 1, "at the end");
}

/// A part of the output needs the counts of *all* files: as long as one file is not done, there is no output,
/// though other workers are idle.
#[test]
fn no_output_comes_before_all_files_are_counted() {
    let room = Room::new();
    let (names, counts) = write_files(&room, 4);
    let gate = room.gate("door");
    let text = String::from_utf8_lossy(&room.read("f0")).into_owned();
    room.write("f0", format!("{text}\n!gate door\n"));

    let running = dnc(&room, &format!("wc -n 3 --reduce 4 --out out {}", names.join(" "))).spawn();
    gate.reached();
    running.asleep();
    let mut early = room.list("out");
    early.retain(|name| !name.starts_with('.'));
    assert!(
        early.is_empty(),
        "output came too early\nexpected: no `out-K` while a worker still counts f0\nreceived: {}",
        list(&early)
    );
    gate.open();
    running.wait().code(0);
    expect_counts(&room, &counts, 4, "at the end");
}

/// A worker is killed at one system call after the other, from the moment at which it begins with the output. dnc
/// is stopped meanwhile, so nobody mends it: whoever looks then finds the old `out-0`, or the whole new one, and
/// never a part. When dnc goes on, it comes to a good end.
#[test]
fn an_output_is_whole_or_old_wherever_its_worker_dies() {
    let run = |call: u64, room: &Room| {
        let (names, counts) = write_files(room, 1);
        room.write("out/out-0", "old\n");
        let fault = Fault::KillAt { call, nth_process: 1 };
        let args = format!("wc -n 1 --reduce 1 --out out --gate door {}", names.join(" "));
        (dnc(room, &args).trace(fault), counts)
    };
    // The first call at which the worker has been at the gate before it is killed.
    let start = first_call(|call| {
        let room = Room::new();
        let gate = room.gate("door");
        gate.open();
        let done = run(call, &room).0.run();
        done.code(0);
        gate.visitors().len() == 2 || !done.fault_delivered()
    });
    sweep(|call| {
        let call = start + call - 1;
        let room = Room::new();
        let gate = room.gate("door");
        let (command, counts) = run(call, &room);
        let running = command.spawn();
        gate.reached();
        running.stop();
        gate.open();
        running.asleep();
        let found = room.read("out/out-0");
        let whole = part(&counts, 0, 1);
        assert!(
            found == b"old\n" || found == whole.as_bytes(),
            "an output is torn\nexpected: the old `out-0`, or all {} bytes of the new one, though the worker was killed at its system call {call}\nreceived: {} bytes",
            whole.len(),
            found.len()
        );
        running.cont();
        let done = running.wait();
        done.code(0);
        expect_counts(&room, &counts, 1, &format!("after the worker was killed at its system call {call}"));
        done.fault_delivered()
    });
}

/// dnc is killed. Its workers find out: one that is idle at once, one that is busy when its task is done; and none
/// waits for another, which may be stopped. unix(7), pipe(7): the end of a channel.
#[test]
fn the_workers_of_a_dead_dnc_end() {
    let room = Room::new();
    let (names, _) = write_files(&room, 3);
    let gate = room.gate("door");
    for name in &names {
        room.write(name, "!gate door\nword\n");
    }

    let running = dnc(&room, &format!("wc -n 3 --reduce 1 --out out {}", names.join(" "))).spawn();
    gate.reached_by(3);
    running.asleep();
    let pids = gate.visitors();
    stop(pids[2]);
    running.kill(Signal::SIGKILL);
    gate.open();
    let what = "the workers of the killed dnc to end (nobody else may hold the other end of their channels)";
    running.eventually(|| pids[..2].iter().all(|pid| has_ended(*pid)), what);
    signal(pids[2], Signal::SIGCONT);
    running.eventually(
        || has_ended(pids[2]),
        "the last worker of the killed dnc to end, which was stopped for a while",
    );
    running.wait().signal(Signal::SIGKILL);
}
