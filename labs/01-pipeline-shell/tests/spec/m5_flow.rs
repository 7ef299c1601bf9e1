//! Milestone 5: flow control: full pipes, pipes without a reader, and waiting.
//! Man pages: pipe(7), signal(7), sigaction(2), sigprocmask(2).

use rstest::rstest;
use testkit::{Program, Room};

use super::{program, psh, psh_stays};

/// `yes` would write for ever. The kernel ends it: a write to a pipe that nobody can read any more
/// raises SIGPIPE, whose default is death. It works only if no reader is left (close your copies!), and
/// if the child's SIGPIPE is not ignored: Rust programs start with it ignored, and exec keeps that.
/// pipe(7), signal(7).
#[test]
fn a_writer_without_a_reader_dies_of_sigpipe() {
    let room = Room::new();
    let word = room.word();

    psh(&room, format!("yes {word} | head -n 1")).run().code(0).stdout(format!("{word}\n")).stderr("");
    psh(&room, format!("set -o pipefail; yes {word} | head -n 1"))
        .run()
        .code(141)
        .stdout(format!("{word}\n"))
        .stderr("");
    psh(&room, format!("yes {word} | cat | cat | cat | head -n 2"))
        .run()
        .code(0)
        .stdout(format!("{word}\n{word}\n"));
}

/// exec keeps ignored signals ignored and blocked signals blocked. What the shell needs for itself
/// (SIGPIPE, SIGCHLD, job control) must be put back in the child: a program expects every signal at
/// its default and none blocked. execve(2), sigprocmask(2), signal(7).
#[rstest]
#[case::alone("sigs")]
#[case::the_first_stage("sigs | cat")]
#[case::the_last_stage("true | sigs")]
#[case::after_a_pipeline("true | true; sigs")]
#[case::with_a_redirection("sigs >list; cat list")]
fn a_command_starts_with_every_signal_at_its_default(#[case] line: &str) {
    let room = Room::new();
    psh(&room, line).run().code(0).stdout("blocked - ignored - caught -\n");
}

/// A pipe is finite. When it is full, write waits until somebody reads, and so the slowest stage sets
/// the pace of all: no stage runs ahead by more than the pipe holds. pipe(7), "Pipe capacity".
#[test]
fn a_stopped_reader_blocks_the_writer() {
    let room = Room::new();
    let gate = room.gate("gate");
    let size = 4 * 1024 * 1024 + room.number(0..4096);

    let shell = psh(&room, format!("spew {size} | sh -c 'gate gate; wc -c'")).spawn();
    gate.reached();
    shell.asleep();
    let written = shell.descendant("spew").io().expect("the counters of spew").wchar;
    assert!(
        (1..=2 * 1024 * 1024).contains(&written),
        "the reader reads nothing, and the writer writes on\nexpected: as many bytes as a pipe holds\nreceived: {written} bytes of {size}"
    );
    gate.open();
    shell.wait().code(0).stdout(format!("{size}\n"));
}

/// A builtin writes as the shell itself. If its reader is gone, that is an error of this one command:
/// a message, status 1, and the shell lives on. write(2): EPIPE comes instead of SIGPIPE when the signal
/// is ignored.
#[test]
fn a_builtin_writing_to_a_dead_pipe_does_not_kill_psh() {
    let room = Room::new();
    let word = room.word();
    let (gate, reader) = (room.gate("gate"), room.gate("reader"));
    let program = program();
    // When somebody is at the gate `reader`, nobody reads the pipe any more: only then psh is started.
    let script = format!(
        "#!/bin/sh\n(gate gate; '{}' \"$@\"; echo \"$? end\" >&2) | (exec <&-; gate reader)\n",
        program.path().display()
    );
    let into_dead_pipe = Program::at("psh", room.executable("outer", script));

    let text = format!("pwd; sh -c 'echo $1 {word} >&2' sh $?");
    let psh = room.command(into_dead_pipe).note("its stdout is a pipe that nobody reads");
    let shell = psh.args(["-c", &text]).spawn();
    reader.reached();
    gate.open();
    reader.open();
    shell.wait().code(0).stdout("").stderr(format!("psh: pwd: Broken pipe\n1 {word}\n0 end\n"));
}

/// Whoever waits, sleeps: no loop around waitpid(WNOHANG), no poll every few milliseconds. The kernel
/// wakes the shell when something happens. Counted are processor ticks and context switches while
/// nothing happens: both stay 0. waitpid(2), proc(5).
#[rstest]
#[case::for_a_command("gate gate\n")]
#[case::for_a_pipeline("cat | gate gate | cat\n")]
#[case::for_the_next_line("")]
fn waiting_costs_no_processor_time(#[case] line: &str) {
    let room = Room::new();
    let (word, gate) = (room.word(), room.gate("gate"));

    let shell = psh_stays(&room, format!("echo {word}\n{line}"));
    shell.wait_line(&word);
    if !line.is_empty() {
        gate.reached();
    }
    shell.assert_idle();
    gate.open();
    shell.close_stdin();
    shell.wait().code(0);
}
