//! Milestone 2: `a | b`, two processes and a pipe between them.
//! Man pages: pipe(2), pipe(7), dup2(2), close(2).
//!
//! Every reader here changes what it reads: what a writer puts past the pipe is not taken for what came through.

use rstest::rstest;
use testkit::{Room, same_bytes};

use super::psh;

/// The stages of a pipeline are partners at work, not steps of a recipe: each is started before any of
/// them has ended. `meet` returns only while two processes are inside at the same moment.
#[test]
fn both_stages_run_at_the_same_time() {
    let room = Room::new();
    let word = room.word();
    room.mkdir("place");

    let reader = "sh -c 'meet place 2; read line; echo got $line'";
    let done = psh(&room, format!("sh -c 'meet place 2; echo {word}' | {reader}")).run();
    done.code(0).stdout(format!("got {word}\n"));
}

/// A reader sees end of file only when *every* copy of the write end is closed: the writer's own, and
/// those of all who inherited one, the shell first of all. Forget one, and the reader waits for ever.
/// pipe(7), section "I/O on pipes and FIFOs".
#[test]
fn the_reader_sees_end_of_file_when_the_writer_exits() {
    let room = Room::new();
    let lines = room.lines(40);
    room.write("input", &lines);

    let done = psh(&room, "cat input | cat").run();
    done.code(0);
    same_bytes("the output of the pipeline", lines.as_bytes(), &done.output().stdout);
    psh(&room, "cat input | wc -l").run().code(0).stdout("40\n");
}

/// A pipe holds 64 KiB. What is larger passes through it in pieces, each as soon as there is room, and
/// no byte is lost, doubled or changed, newline or not.
#[test]
fn eight_mebibytes_arrive_byte_for_byte() {
    let room = Room::new();
    let bytes = room.bytes(8 * 1024 * 1024 + room.number(0..4096) as usize);
    room.write("input", &bytes);

    let line = r"cat input | tr '\000-\377' '\001-\377\000'";
    psh(&room, line).stdout_to("output").run().code(0).stderr("");
    let next: Vec<u8> = bytes.iter().map(|byte| byte.wrapping_add(1)).collect();
    same_bytes("the output, each byte one more than in the input,", &next, &room.read("output"));
}

/// The reader works on the first line while the writer still thinks about the second. A shell that
/// collects the output first, and passes it on at the end, makes both wait for nothing.
#[test]
fn data_flows_before_the_writer_ends() {
    let room = Room::new();
    let (word, last) = (room.word(), room.word());
    let gate = room.gate("gate");

    let reader = "sh -c 'while read line; do echo got $line; done'";
    let shell = psh(&room, format!("sh -c 'echo {word}; gate gate; echo {last}' | {reader}")).spawn();
    shell.wait_line(&format!("got {word}"));
    gate.open();
    shell.wait().code(0).stdout(format!("got {word}\ngot {last}\n"));
}

/// The line is over when all its stages have ended, in whatever order they do. A shell that goes on
/// earlier starts the next command in the midst of this one. waitpid(2).
#[rstest]
#[case::the_reader_ends_first(
    "sh -c 'echo W; exec >&-; gate gate; echo V >file' | sh -c 'read line; echo got $line'"
)]
#[case::the_writer_ends_first("echo W | sh -c 'read line; echo got $line; gate gate; echo V >file'")]
fn psh_returns_only_when_both_stages_have_ended(#[case] line: &str) {
    let room = Room::new();
    let (word, last) = (room.word(), room.word());
    let gate = room.gate("gate");

    let line = line.replace('W', &word).replace('V', &last);
    let shell = psh(&room, format!("{line}; cat file")).spawn();
    shell.wait_line(&format!("got {word}"));
    gate.reached();
    shell.asleep();
    gate.open();
    shell.wait().code(0).stdout(format!("got {word}\n{last}\n"));
}
