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

use predicates::Predicate;
use predicates::function::function;
use testkit::{Cmd, Proc, Program, Room, Running, bin};

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

/// Exactly one line, which begins with `start`: what standard error holds after one failure.
fn one_message(start: impl Into<String>) -> impl Predicate<str> {
    let start = start.into();
    let name = format!("one line that begins with {start:?}");
    let is_one = move |text: &str| {
        text.starts_with(&start) && text.find('\n').is_some_and(|end| end + 1 == text.len())
    };
    function(is_one).fn_name(name.leak())
}

/// Demands that the listing made by `fds` shows these descriptors and no other.
fn only_descriptors(who: &str, listing: &[u8], wanted: &[i32]) {
    let listing = String::from_utf8_lossy(listing);
    let found: Vec<i32> = listing.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    assert!(
        found == wanted,
        "{who} has other descriptors open than expected\nexpected: {}\nreceived: {}",
        list(wanted),
        list(&found)
    );
}

/// The descendant of psh that runs the program `name`.
fn process(shell: &Running, name: &str) -> Proc {
    let all = shell.descendants();
    let names: Vec<_> = all.iter().map(|process| process.name.clone()).collect();
    let found = all.into_iter().find(|process| process.name == name);
    found.unwrap_or_else(|| {
        panic!("a process is missing\nexpected: one that runs `{name}`\nreceived: {}", list(&names))
    })
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

/// `0, 1, 2`; `none` for nothing.
fn list(items: &[impl ToString]) -> String {
    let words: Vec<_> = items.iter().map(ToString::to_string).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}
