//! Programs get the world they were promised, and tell what they did.

use nix::sys::signal::Signal;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::{contains, ends_with, is_empty};
use testkit::{Cmd, Proc, Program, Resource, Room, bin, helpers};

/// A shell line in this room.
fn sh(room: &Room, text: &str) -> Cmd {
    room.command("sh").args(["-c", text])
}

#[test]
fn the_environment_is_built_from_nothing() {
    let room = Room::new();
    let done = room.command("env").env("EXTRA", "1").env_remove("HOME").run();
    let text = done.stdout_text();
    let mut names: Vec<&str> = text.lines().filter_map(|line| line.split('=').next()).collect();
    names.sort_unstable();
    assert_eq!(names, ["EXTRA", "IPC_LABS_ROOM", "LC_ALL", "PATH", "TMPDIR"]);
}

#[test]
fn a_program_starts_in_the_room_which_is_private() {
    let room = Room::new();
    sh(&room, "pwd; stat -c %a .").run().code(0).stdout(format!("{}\n700\n", room.dir().display()));
    let sub = room.mkdir("sub");
    sh(&room, "pwd").current_dir("sub").run().stdout(format!("{}\n", sub.display()));
}

#[test]
fn the_room_goes_with_its_files() {
    let room = Room::new();
    let dir = room.dir().to_owned();
    room.write("file", "text");
    sh(&room, "mkdir closed; : > closed/x; cat file").run().stdout("text");
    assert_eq!(room.list(""), ["closed", "file", "tmp"]);
    assert_eq!(room.read("file"), b"text");
    drop(room);
    assert!(!dir.exists());
}

#[test]
fn a_program_leads_a_session_and_has_no_terminal() {
    let room = Room::new();
    let running = room.command("cat").stdin_open().spawn();
    let process = Proc::read(running.pid()).expect("it runs");
    assert_eq!((process.sid, process.pgid, process.tpgid), (running.pid(), running.pid(), -1));
    running.close_stdin();
    running.wait().code(0);
}

#[test]
fn standard_input_is_empty_or_bytes_or_a_file_or_open() {
    let room = Room::new();
    sh(&room, "cat").run().code(0).stdout("");
    sh(&room, "cat").stdin("bytes\n").run().code(0).stdout("bytes\n");
    room.write("in", "one\ntwo\n");
    sh(&room, "read x; echo $x; cat").stdin_from("in").run().code(0).stdout("one\ntwo\n");
    let running = sh(&room, "cat").stdin_open().spawn();
    running.send("a\n").wait_line("a");
    running.send("b\n").wait_stdout("a\nb\n");
    running.close_stdin();
    running.wait().code(0).stdout("a\nb\n");
}

#[test]
fn much_input_and_output_pass_at_once() {
    let room = Room::new();
    let bytes = room.bytes(8 << 20);
    room.command("cat").stdin(bytes.clone()).run().code(0).stdout(bytes);
}

#[test]
fn a_program_need_not_read_its_input() {
    let room = Room::new();
    sh(&room, "exit 4").stdin(vec![b'x'; 1 << 20]).run().code(4);
}

#[test]
fn output_can_go_to_a_file() {
    let room = Room::new();
    sh(&room, "echo out; echo err >&2").stdout_to("out").stderr_to("err").run().code(0).stdout("").stderr("");
    assert_eq!((room.read("out"), room.read("err")), (b"out\n".to_vec(), b"err\n".to_vec()));
}

#[test]
fn limits_and_the_umask_are_the_programs_own() {
    let room = Room::new();
    sh(&room, "ulimit -n; umask; : > f; stat -c %a f")
        .limit(Resource::RLIMIT_NOFILE, 20)
        .umask(0o027)
        .run()
        .code(0)
        .stdout("20\n0027\n640\n");
    sh(&room, "umask; ulimit -c").run().stdout("0022\n0\n");
}

#[test]
fn assertions_chain_and_take_predicates() {
    let room = Room::new();
    let done = sh(&room, "echo alpha; echo beta >&2; exit 7").run();
    done.code(7)
        .failure()
        .stdout("alpha\n")
        .stdout(contains("ph").and(ends_with("a\n")))
        .stderr(is_empty().not());
    done.assert().code(7).stdout("alpha\n");
    sh(&room, "kill -TERM $$").run().signal(Signal::SIGTERM);
}

#[test]
fn output_that_is_no_text_is_compared_as_bytes() {
    let room = Room::new();
    sh(&room, "printf '\\377\\0x'").run().code(0).stdout(b"\xff\0x");
}

#[test]
fn wait_does_not_wait_for_an_orphan_that_holds_the_output() {
    let room = Room::new();
    let gate = room.gate("g");
    let done = sh(&room, "echo early; linger g; echo late").run();
    done.code(0).stdout("early\nlate\n");
    assert_eq!(gate.visitors().len(), 1);
    gate.open();
}

#[test]
fn wait_takes_the_output_of_a_child_that_outlives_the_program() {
    let room = Room::new();
    let n = 4 << 20;
    sh(&room, &format!("spew {n} & exit 0")).run().code(0).stdout(helpers::spew_bytes(n));
}

#[test]
fn a_stopped_program_goes_on_when_continued() {
    let room = Room::new();
    let running = room.command("cat").stdin_open().spawn();
    running.stop().send("x\n").asleep();
    assert_eq!(running.stdout_now(), b"");
    running.cont().wait_line("x");
    running.close_stdin();
    running.wait().code(0);
}

#[test]
fn a_program_that_polls_is_taken_for_asleep() {
    let room = Room::new();
    let running = sh(&room, "while [ ! -e end ]; do sleep 0.02; done").spawn();
    running.asleep();
    room.write("end", "");
    running.wait().code(0);
}

#[test]
fn descendants_are_seen_with_their_groups() {
    let room = Room::new();
    let gate = room.gate("g");
    let running = sh(&room, "gate g | (setsid gate g; exit 0) & wait").spawn();
    gate.reached_by(2);
    running.asleep().assert_no_zombie().assert_idle().assert_descendants_idle();
    let names: Vec<String> = running.descendants().into_iter().map(|process| process.name).collect();
    assert_eq!(names.iter().filter(|name| *name == "gate").count(), 2, "{names:?}");
    assert_eq!(running.fds().len(), 3);
    gate.open();
    running.wait().code(0);
}

#[test]
fn orphans_stay_in_sight() {
    let room = Room::new();
    let gate = room.gate("g");
    let running = sh(&room, "(setsid linger g); cat").stdin_open().spawn();
    gate.reached();
    running.eventually(|| running.descendants().iter().any(|process| process.name == "linger"), "the orphan");
    gate.open();
    running.close_stdin();
    running.wait().code(0);
}

#[test]
fn io_counts_the_program_and_not_its_children() {
    let room = Room::new();
    let gate = room.gate("g");
    let running = sh(&room, "spew 1000000 | cat >/dev/null; gate g").spawn();
    gate.reached();
    let io = running.io();
    assert!(io.rchar < 100_000 && io.wchar < 1000, "{io:?}");
    gate.open();
    running.wait().code(0);
}

#[test]
fn a_terminal_is_the_programs_own_and_turns_keys_into_signals() {
    let room = Room::new();
    let text = "test -t 0 && test -t 1 && test -t 2 && : < /dev/tty && echo yes; trap 'echo int' INT; read x; echo got $x";
    let running = sh(&room, text).terminal().spawn();
    running.wait_line("yes");
    let process = Proc::read(running.pid()).expect("it runs");
    assert_eq!(process.tpgid, running.pid());
    running.asleep().send("\x03").wait_line("int");
    running.send("word\n");
    running.wait().stdout("yes\nint\ngot\n").code(0);
}

#[test]
fn control_d_ends_a_terminal() {
    let room = Room::new();
    let running = room.command("cat").terminal().spawn();
    running.send("line\n").wait_line("line");
    running.close_stdin();
    running.wait().code(0).stdout("line\n");
}

#[test]
fn programs_of_a_package_are_found_by_their_contract_name() {
    let room = Room::new();
    let helper: Program = bin!("testkit-helper");
    assert_eq!(helper.name(), "testkit-helper");
    room.command(helper).args(["spew", "3"]).run().code(0).stdout("000");
}

#[test]
fn two_rooms_of_one_test_do_not_mix() {
    let (one, other) = (Room::new(), Room::new());
    assert_ne!(one.dir(), other.dir());
    let running = one.command("cat").stdin_open().spawn();
    sh(&other, "exit 0").run().code(0);
    drop(other);
    running.close_stdin();
    running.wait().code(0);
}

#[test]
fn the_most_memory_of_a_tree_is_seen() {
    let room = Room::new();
    let gate = room.gate("gate");
    let shell = sh(&room, "gate gate & wait").spawn();
    gate.reached();
    let own = Proc::read(shell.pid()).and_then(|process| process.peak_memory()).expect("it runs");
    assert!(own > 100_000 && shell.peak_memory() > own, "{own}, {}", shell.peak_memory());
    gate.open();
    shell.wait().code(0);
}
