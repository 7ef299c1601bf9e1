//! The specification of `psh`, one file a milestone.
//!
//! Every check is a black box: it starts the program, plays the world around it, and looks at it from
//! outside. What a check demands stands in the contract (`README.md`) and nowhere else; *how* you keep
//! the promise is your own affair.
//!
//! Words, sizes and statuses are random, from a seed that is printed when a check fails.

mod m1_command;
mod m2_pipe;
mod m3_pipeline;
mod m4_redirect;
mod m5_flow;
mod m6_jobs;
mod m7_substitution;
mod m8_files;
mod m9_limits;

use testkit::{Cmd, Program, Room, Running, bin, list};

/// The program under test.
fn program() -> Program {
    bin!("psh").called("your shell")
}

/// `psh -c TEXT`, ready to start in the room.
fn psh(room: &Room, text: impl AsRef<str>) -> Cmd {
    room.command(program()).args(["-c", text.as_ref()])
}

/// `psh` that reads its commands from standard input.
fn psh_reads(room: &Room, script: impl Into<Vec<u8>>) -> Cmd {
    room.command(program()).stdin(script)
}

/// `psh`, started, that has read this script and waits for more.
fn psh_stays(room: &Room, script: impl AsRef<[u8]>) -> Running {
    let shell = room.command(program()).stdin_open().spawn();
    shell.send(script);
    shell
}

/// A random status that no shell gives for reasons of its own (not 0, 1, 2, 126, 127 or 128 and more).
fn status(room: &Room) -> i32 {
    room.number(3..120) as i32
}

/// Demands that TMPDIR is empty.
fn no_temporary_name(room: &Room, when: &str) {
    let names = room.list("tmp");
    assert!(
        names.is_empty(),
        "{when} TMPDIR is not empty\nexpected: no name at all\nreceived: {}",
        list(&names)
    );
}
