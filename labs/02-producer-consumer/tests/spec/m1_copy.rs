//! Milestone 1: `copy`: two processes and a pipe between them.
//! Man pages: pipe(2), pipe(7), fork(2), read(2), write(2).

use std::collections::BTreeSet;
use std::fs;

use testkit::{Fault, Proc, Room, same_bytes};

use super::{PAGE, prodcon};

/// A pipe holds 65 536 bytes. What is larger passes through it in pieces; what is smaller leaves it partly empty; and
/// nothing at all is an input, too. The consumer ends when the pipe is empty and nobody can write to it any more: a
/// write end that is still open anywhere keeps it waiting. pipe(7).
#[test]
fn what_goes_in_comes_out() {
    let room = Room::new();
    for size in [0, 1, 65_535, 65_536, 65_537, 16 << 20] {
        let bytes = room.bytes(size);
        room.write("input", &bytes);
        let done = prodcon(&room, "copy").stdin_from("input").stdout_to("output").run();
        done.code(0).check(done.stderr_text().lines().count() == 1, "one line on standard error");
        same_bytes(&format!("the copy of {size} bytes"), &bytes, &room.read("output"));
    }
}

/// One process reads and puts, the other takes and writes: each can wait for its own world while the other goes on.
/// Each holds the end of the pipe that it uses, and no other: a consumer that could write would wait for itself. fork(2)
/// copies every descriptor; who does not use one closes it.
#[test]
fn two_processes_share_the_work() {
    let room = Room::new();
    let word = room.word();

    let copy = prodcon(&room, "copy").stdin_open().spawn();
    copy.send(format!("{word}\n")).wait_line(&word);
    copy.asleep();
    let said = String::from_utf8_lossy(&copy.stderr_now()).into_owned();
    let pids = said.strip_prefix("producer ").and_then(|rest| {
        let (producer, consumer) = rest.strip_suffix('\n')?.split_once(" consumer ")?;
        Some([producer.parse::<i32>().ok()?, consumer.parse().ok()?])
    });
    let Some([producer, consumer]) = pids else {
        panic!(
            "standard error is not as expected\nexpected: one line, `producer PID consumer PID`\nreceived: {said:?}"
        )
    };
    assert!(producer != consumer, "one process does it all\nexpected: two pids\nreceived: {producer} twice");
    let family: BTreeSet<i32> = copy.descendants().iter().map(|p| p.pid).chain([copy.pid()]).collect();
    for (who, pid) in [("producer", producer), ("consumer", consumer)] {
        assert!(
            family.contains(&pid),
            "a pid is that of nobody\nexpected: the {who} is prodcon or a child of it\nreceived: {pid}, and there are {family:?}"
        );
    }
    // The pipe between them is the one that the producer can write to and the consumer can read.
    let held = |pid: i32| -> BTreeSet<(String, &str)> {
        let all = Proc::read(pid).map(|process| process.descriptors()).unwrap_or_default();
        let pipes = all.into_iter().filter(|fd| fd.target.starts_with("pipe:"));
        pipes.map(|fd| (fd.target, access(pid, fd.number))).collect()
    };
    let (puts, takes) = (held(producer), held(consumer));
    let between = puts.iter().find(|(pipe, how)| *how == "write" && takes.contains(&(pipe.clone(), "read")));
    let Some((pipe, _)) = between else {
        panic!(
            "there is no pipe from the producer to the consumer\nexpected: one that {producer} can write and {consumer} can read\nreceived: none"
        )
    };
    for (who, ends, other) in [("producer", puts.clone(), "read"), ("consumer", takes, "write")] {
        assert!(
            !ends.contains(&(pipe.clone(), other)),
            "the {who} holds an end of the pipe that it does not use\nexpected: one end each\nreceived: the {who} holds the {other} end, too"
        );
    }
    copy.close_stdin();
    copy.wait().code(0);
}

/// How a descriptor of a process may be used: proc(5), `/proc/PID/fdinfo`, flags in octal.
fn access(pid: i32, number: i32) -> &'static str {
    let info = fs::read_to_string(format!("/proc/{pid}/fdinfo/{number}")).unwrap_or_default();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).map(str::trim).unwrap_or_default();
    match flags.chars().last() {
        Some('0' | '4') => "read",
        Some('1' | '5') => "write",
        _ => "both",
    }
}

/// What is there is passed on, whether or not a buffer is full: who asked a question wants the answer before the next
/// question. read(2) gives what there is; a loop that fills its buffer first waits for nothing good.
#[test]
fn the_first_line_is_out_before_the_input_ends() {
    let room = Room::new();
    let (word, last) = (room.word(), room.word());

    let copy = prodcon(&room, "copy").stdin_open().spawn();
    copy.send(format!("{word}\n")).wait_stdout(format!("{word}\n"));
    copy.send(&last).wait_stdout(format!("{word}\n{last}"));
    copy.close_stdin();
    copy.wait().code(0).stdout(format!("{word}\n{last}"));
}

/// read may give less than there is, and write may take less than it was given: a signal, a nearly full pipe, a slow
/// device. Both tell how much it was. Here every transfer moves one byte; and then everybody is stopped in the midst of a long
/// write, and goes on. read(2), write(2): RETURN VALUE; signal(7): SIGSTOP.
#[test]
fn a_transfer_may_be_short() {
    let room = Room::new();
    let bytes = room.bytes(room.number(2000..3000) as usize);

    let done = prodcon(&room, "copy").stdin(bytes.as_slice()).trace(Fault::ShortTransfers).run();
    done.code(0);
    same_bytes("the copy", &bytes, &done.output().stdout);

    let bytes = room.bytes(100_000);
    room.write("input", &bytes);
    room.fifo("out");
    let reader = room.reader("out");
    reader.resize(PAGE as i32);
    let copy = prodcon(&room, "copy").stdin_from("input").stdout_to("out");
    let copy = copy.note("stdout is a pipe of 4096 bytes; it is stopped, and goes on").spawn();
    copy.still_waits("until somebody reads");
    let family: Vec<Proc> = copy.descendants().into_iter().chain(Proc::read(copy.pid())).collect();
    family.iter().for_each(Proc::stop);
    family.iter().for_each(Proc::cont);
    same_bytes("the copy", &bytes, &reader.rest());
    copy.wait().code(0);
}

/// A write to a pipe that nobody reads fails with EPIPE (Rust programs ignore SIGPIPE). Then both processes have nothing
/// left to do: one message, status 5, and nobody stays behind. pipe(7), write(2).
#[test]
fn a_reader_that_goes_away_ends_the_copy() {
    let room = Room::new();
    room.fifo("out");
    let reader = room.reader("out");
    let word = room.word();

    let copy = prodcon(&room, "copy").stdin_open().stdout_to("out").note("its reader goes away").spawn();
    copy.send(format!("{word}\n"));
    assert_eq!(reader.line(), word, "the first line of the copy");
    drop(reader);
    copy.send(&word).close_stdin();
    let done = copy.wait();
    done.code(5);
    let said = done.stderr_text();
    let rest: Vec<&str> = said.lines().skip(1).collect();
    done.check(
        rest == ["prodcon: -: Broken pipe"],
        format!(
            "after its first line one line on standard error, `prodcon: -: Broken pipe` (received: {rest:?})"
        ),
    );
}

/// A system call costs as much as copying some thousand bytes. Copying by the byte, or by the line, is a hundred times
/// slower than by the block. Counted by ptrace(2), not by the clock.
#[test]
fn copying_costs_few_system_calls() {
    let room = Room::new();
    room.write("input", room.bytes(1 << 20));

    let copy = prodcon(&room, "copy").stdin_from("input").stdout_to("output");
    let done = copy.trace(Fault::Count).run();
    done.code(0);
    let calls: u64 = done.calls().values().sum();
    assert!(
        calls <= 2048,
        "copying 1 MiB costs too many system calls\nexpected: at most 2048 of both processes\nreceived: {calls}"
    );
    same_bytes("the copy", &room.read("input"), &room.read("output"));
}
