//! Milestone 6: `write` makes its file whole and once, wherever its worker dies.
//! Man pages: open(2), link(2), rename(2), linkat(2), umask(2).

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use testkit::{Fault, Finished, Room, Signal, sweep};

use super::{answer_to, answers, expect_answers, expect_names, has_ended, pool, signal};

/// Kills the first worker at its system call `call`.
fn kill_worker_at(call: u64) -> Fault {
    Fault::KillAt { call, nth_process: 1 }
}

/// A text that fills a good part of a line.
fn long_text(room: &Room) -> String {
    room.lines(300).replace('\n', " ")
}

/// The worker is killed at one system call after the other, and not replaced in this task (`--retries 0`). Whoever looks
/// then finds no file, or the whole file; never an empty one, never a part; and no helper file.
#[test]
fn a_file_is_whole_or_absent_wherever_its_worker_dies() {
    sweep(|call| {
        let room = Room::new();
        let text = long_text(&room);

        let command = pool(&room, "run -n 1 --retries 0").stdin(format!("a\twrite out {text}\n"));
        let done = command.trace(kill_worker_at(call)).run();
        let answer = answer_to(&done, "a");
        let is_there = room.list("").contains(&"out".to_owned());
        if is_there {
            whole(&room, &text, call);
        }
        done.check(answer.ok == "fail" || is_there, "a file that was answered `ok` is there");
        done.check(answer.ok == "ok" || answer.text == "signal 9", "a fail says `signal 9`");
        let names: &[&str] = if is_there { &["out", "tmp"] } else { &["tmp"] };
        expect_names(&room, "", names, &format!("after the worker was killed at its system call {call}"));
        done.fault_delivered()
    });
}

/// Demands that `out` has this text and a newline.
#[track_caller]
fn whole(room: &Room, text: &str, call: u64) {
    let found = room.read("out");
    assert!(
        found == format!("{text}\n").as_bytes(),
        "a file is torn\nexpected: `out` is absent or has all its {} bytes, though the worker was killed at its system call {call}\nreceived: {} bytes",
        text.len() + 1,
        found.len()
    );
}

/// The same, and the task is tried again. Wherever the first attempt died, before its effect or after it, the second
/// one finds out, and the task is `ok`, once. An effect that cannot be told from somebody else's is answered `exists`.
#[test]
fn a_write_tried_again_is_made_once() {
    sweep(|call| {
        let room = Room::new();
        let text = long_text(&room);

        let command = pool(&room, "run -n 1").stdin(format!("a\twrite out {text}\n"));
        let done = command.trace(kill_worker_at(call)).run();
        done.code(0);
        let answer = answer_to(&done, "a");
        let right = answer.text == (text.len() + 1).to_string() && answer.attempt <= 2;
        done.check(right, format!("{} bytes, in attempt 1 or 2", text.len() + 1));
        whole(&room, &text, call);
        expect_names(
            &room,
            "",
            &["out", "tmp"],
            &format!("after the worker was killed at its system call {call}"),
        );
        done.fault_delivered()
    });
}

/// What somebody else has made is not pool's: `exists`, and the file stays, byte for byte and inode for inode, even if its
/// text is the very same, and even if a first attempt died. Comparing texts does not tell whose a file is.
#[test]
fn the_file_of_somebody_else_stays_as_it_is() {
    let room = Room::new();
    let (own, word) = (room.word(), room.word());
    room.write("other", &own);
    let done = pool(&room, "run -n 1").stdin(format!("a\twrite other {word}\n")).run();
    untouched(&room, &done, "other", &own);

    sweep(|call| {
        let room = Room::new();
        let word = room.word();
        let path = room.write("same", format!("{word}\n"));
        let inode = |path| std::fs::metadata(path).map_or(0, |meta| meta.ino());
        let before = inode(&path);
        let command = pool(&room, "run -n 1").stdin(format!("a\twrite same {word}\n"));
        let done = command.trace(kill_worker_at(call)).run();
        untouched(&room, &done, "same", &format!("{word}\n"));
        done.check(inode(&path) == before, "the file is the one that was there before");
        expect_names(
            &room,
            "",
            &["same", "tmp"],
            &format!("after the worker was killed at its system call {call}"),
        );
        done.fault_delivered()
    });
}

#[track_caller]
fn untouched(room: &Room, done: &Finished, name: &str, text: &str) {
    done.code(1);
    let answer = answer_to(done, "a");
    done.check(answer.ok == "fail" && answer.text == "exists", "the answer is a fail: `exists`");
    done.check(room.read(name) == text.as_bytes(), format!("`{name}` has the text of its owner"));
}

/// Killed before the task came, in it, after its answer, at its end: each task is answered once, and ok. And an answer
/// that was given counts, even if its worker is dead when the boss comes to read it: here the boss is stopped meanwhile.
#[test]
fn a_result_comes_once_wherever_the_worker_dies() {
    let room = Room::new();
    let gate = room.gate("door");
    let running = pool(&room, "run -n 1").stdin("a\tgate door\n").spawn();
    gate.reached();
    running.asleep();
    running.stop();
    gate.open();
    running.asleep();
    let worker = gate.visitors()[0];
    signal(worker, Signal::SIGKILL);
    running.eventually(|| has_ended(worker), "the worker to end");
    running.cont();
    let done = running.wait();
    done.code(0);
    let answer = answer_to(&done, "a");
    let counts = (answer.pid, answer.attempt) == (worker, 1) && gate.visitors().len() == 1;
    done.check(
        counts,
        format!("the answer counts that worker {worker} gave before it died: attempt 1, and no other"),
    );

    sweep(|call| {
        let room = Room::new();
        room.write("n", "1 2 3\n");

        let command = pool(&room, "run -n 2").stdin("a\tsum n\nb\tmeet b 1\nc\tsum n\n");
        let done = command.trace(kill_worker_at(call)).run();
        done.code(0);
        let words: Vec<String> =
            answers(&done).iter().map(|a| format!("{} {} {}", a.id, a.ok, a.text)).collect();
        let mut sorted = words.clone();
        sorted.sort();
        done.check(sorted == ["a ok 6", "b ok met", "c ok 6"], "each of a, b and c is answered once, and ok");
        done.check(answers(&done).iter().all(|a| a.attempt <= 2), "one death costs one attempt");
        done.fault_delivered()
    });
}

/// Who may read a new file is decided by the umask, and not by pool: mode 0666 less its bits. open(2), umask(2).
#[test]
fn a_new_file_has_the_mode_that_the_umask_leaves() {
    let room = Room::new();
    let mask = *room.choose(&[0o002, 0o022, 0o027]);
    room.mkdir("folder");

    let done =
        pool(&room, "run -n 1").umask(mask).stdin("a\twrite folder/out x\nb\twrite missing/out x\n").run();
    done.code(1);
    expect_answers(&done, ["a ok 1 2", "b fail 1 No such file or directory"]);
    let mode =
        std::fs::metadata(room.path("folder/out")).map_or(0, |meta| meta.permissions().mode() & 0o7777);
    done.check(
        mode == 0o666 & !mask,
        format!("mode {:o} with umask {mask:03o}, and not {mode:o}", 0o666 & !mask),
    );
    expect_names(&room, "folder", &["out"], "at the end");
}
