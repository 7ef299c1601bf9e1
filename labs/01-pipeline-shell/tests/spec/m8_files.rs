//! Milestone 8: `psh --via-files`, the same results through temporary files.
//! Man pages: open(2): O_TMPFILE; memfd_create(2), unlink(2), lseek(2), pipe(7).

use testkit::{Cmd, Fault, Room, list, only_descriptors, same_bytes};

use super::{no_temporary_name, program, psh, status};

/// `psh --via-files -c TEXT`.
fn via_files(room: &Room, text: impl AsRef<str>) -> Cmd {
    room.command(program()).args(["--via-files", "-c", text.as_ref()])
}

/// A pipe and a file between two stages are different ways to the same result, if the input ends. So a
/// random pipeline over a random text gives the same bytes and the same status either way.
#[test]
fn files_give_the_same_result_as_pipes() {
    for _ in 0..4 {
        let room = Room::new();
        let text = room.lines(2000);
        room.write("text", &text);
        let (line, wanted) = random_pipeline(&room, text.as_bytes());

        for command in [via_files(&room, &line), psh(&room, &line)] {
            let done = command.run();
            done.code(0).stderr("");
            same_bytes(&format!("the output of `{line}`"), &wanted, &done.output().stdout);
        }
    }
    let (room, code) = (Room::new(), 0);
    let late = status(&room);
    via_files(&room, format!("cd / | sh -c 'exit {late}' | cat; echo $?; pwd"))
        .run()
        .code(code)
        .stdout(format!("0\n{}\n", room.dir().display()));
    via_files(
        &room,
        format!("set -o pipefail; sh -c 'exit {late}' | cat; echo $?; true | sh -c 'exit {late}'"),
    )
    .run()
    .code(late)
    .stdout(format!("{late}\n"));
}

/// A pipeline of random filters from the file `text`, and the output that it must have.
fn random_pipeline(room: &Room, text: &[u8]) -> (String, Vec<u8>) {
    let mut lines: Vec<String> = String::from_utf8_lossy(text).lines().map(str::to_owned).collect();
    let mut line = "cat text".to_owned();
    for _ in 0..room.number(2..7) {
        let letter = char::from(b'a' + room.number(0..26) as u8);
        let count = room.number(500..1500) as usize;
        match room.number(0..6) {
            0 => line += &format!(" | head -n {count}"),
            1 => line += &format!(" | tail -n {count}"),
            2 => line += &format!(" | sed s/^/{letter}/"),
            3 => line += " | sort",
            4 => line += &format!(" | tr {letter} A"),
            _ => line += " | cat",
        }
        let filter = line.rsplit(" | ").next().unwrap_or_default();
        match filter.split(' ').next().unwrap_or_default() {
            "head" => lines.truncate(count),
            "tail" => drop(lines.drain(..lines.len().saturating_sub(count))),
            "sed" => lines.iter_mut().for_each(|text| text.insert(0, letter)),
            "sort" => lines.sort(),
            "tr" => lines.iter_mut().for_each(|text| *text = text.replace(letter, "A")),
            _ => {}
        }
    }
    (line, lines.iter().flat_map(|text| [text.as_bytes(), b"\n"].concat()).collect())
}

/// A file has no end that a writer could still move, and no wait for more: the reader must not start
/// before the writer has ended. That is the price, and why it cannot serve `tail -f | head`.
#[test]
fn a_stage_starts_when_the_one_before_has_ended() {
    let room = Room::new();
    let (word, other, gate) = (room.word(), room.word(), room.gate("gate"));

    let line =
        format!("sh -c 'echo {word} >&2; gate gate; echo {word}' | sh -c 'echo {other} >&2; cat' | cat");
    let shell = via_files(&room, line).spawn();
    gate.reached();
    shell.asleep();
    let present: Vec<_> = shell.descendants().into_iter().map(|process| process.name).collect();
    assert!(
        !present.contains(&"cat".to_owned()),
        "a stage runs while the first one is still at its gate\nexpected: no `cat`\nreceived: {}",
        list(&present)
    );
    gate.open();
    shell.wait().code(0).stdout(format!("{word}\n")).stderr(format!("{word}\n{other}\n"));
}

/// A temporary file that has a name, even for an instant, stays for ever if the shell is killed in that
/// instant. Here it is killed at one system call after the other, from its start to its end: no name may
/// ever be left. open(2): O_TMPFILE; memfd_create(2).
#[test]
fn no_temporary_file_survives_a_kill() {
    let room = Room::new();
    let word = room.word();
    let command = || via_files(&room, format!("echo {word} | cat"));

    command().run().code(0).stdout(format!("{word}\n"));
    // What a shell does that has nothing to do is its start, and a few calls to end.
    let start: u64 = via_files(&room, "").trace(Fault::Count).run().calls().values().sum();
    for call in start.saturating_sub(30).max(1).. {
        let done = command().trace(Fault::KillAt { call, nth_process: 0 }).run();
        no_temporary_name(&room, &format!("after psh was killed at its system call {call},"));
        if !done.fault_delivered() {
            done.code(0).stdout(format!("{word}\n"));
            return;
        }
    }
}

/// A file can be read again, a pipe cannot (ESPIPE). `head` reads too much, and gives back what it did
/// not need with lseek; so the second `head` finds the second line. The input starts at offset 0.
#[test]
fn a_stage_can_seek_in_its_input() {
    let room = Room::new();
    let (first, second) = (room.word(), room.word());

    via_files(&room, format!("printf '{first}\\n{second}\\nrest\\n' | sh -c 'head -n 1; head -n 1'"))
        .run()
        .code(0)
        .stdout(format!("{first}\n{second}\n"));
    via_files(
        &room,
        format!("printf 'x{first}\nx{second}\nrest\n' | sed s/x// | sh -c 'head -n 1; head -n 1'"),
    )
    .run()
    .code(0)
    .stdout(format!("{first}\n{second}\n"));
}

/// With a pipe, a writer without a reader dies of SIGPIPE. A file takes everything, so a stage that does
/// not read its input does no harm to the one before it: with pipefail the line has status 0.
#[test]
fn a_stage_that_does_not_read_kills_nobody() {
    let room = Room::new();
    let (word, size) = (room.word(), 1024 * 1024 + room.number(0..4096));

    via_files(&room, format!("set -o pipefail; sh -c 'spew {size} && echo {word} >&2' | true"))
        .run()
        .code(0)
        .stderr(format!("{word}\n"));
}

/// While a pipeline runs, nobody can open, read or change the data in between: there is no name for it.
/// And a stage has its input and its output, and not the files of the others.
#[test]
fn the_files_have_no_name_and_no_other_holder() {
    let room = Room::new();
    let (word, gate) = (room.word(), room.gate("gate"));

    let line = format!(
        "sh -c 'fds >one; echo {word}' | sh -c 'fds >two; cat; gate gate' | sh -c 'fds >three; cat'; fds >four"
    );
    let shell = via_files(&room, line).spawn();
    gate.reached();
    shell.asleep();
    no_temporary_name(&room, "while the second stage runs,");
    gate.open();
    shell.wait().code(0).stdout(format!("{word}\n"));
    for stage in ["one", "two", "three", "four"] {
        only_descriptors(&format!("stage {stage}"), &room.read(stage), &[0, 1, 2]);
    }
}
