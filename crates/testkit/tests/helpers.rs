//! Each helper does what its table says.

use nix::sys::signal::Signal;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::{contains, starts_with};
use rstest::rstest;
use testkit::{Room, helpers};

/// A shell line in this room.
fn sh(room: &Room, text: &str) -> testkit::Cmd {
    room.command("sh").args(["-c", text])
}

#[test]
fn fds_prints_only_what_it_inherited() {
    let room = Room::new();
    room.command("fds").run().code(0).stdout("0 1 2\n").stderr("");
    sh(&room, "exec 7</dev/null; fds; exec 7<&-; fds <&-").run().code(0).stdout("0 1 2 7\n1 2\n");
}

#[test]
fn fds_names_targets() {
    let room = Room::new();
    sh(&room, "fds -l 2>/dev/null")
        .run()
        .code(0)
        .stdout(contains("0 /dev/null\n1 pipe:[").and(contains("\n2 /dev/null\n")));
}

#[test]
fn sigs_sees_what_was_blocked_and_ignored() {
    let room = Room::new();
    room.command("sigs").run().code(0).stdout("blocked - ignored - caught -\n");
    room.command("sigs")
        .ignoring(Signal::SIGPIPE)
        .ignoring(Signal::SIGHUP)
        .blocking(Signal::SIGCHLD)
        .run()
        .code(0)
        .stdout("blocked CHLD ignored HUP,PIPE caught -\n");
}

#[rstest]
#[case(0)]
#[case(1)]
#[case(16)]
#[case(1_000_003)]
fn spew_writes_what_the_check_can_compute(#[case] n: usize) {
    let room = Room::new();
    room.command("spew").arg(n.to_string()).run().code(0).stdout(helpers::spew_bytes(n));
    sh(&room, &format!("spew {n} | env hash"))
        .run()
        .code(0)
        .stdout(helpers::hash_line(&helpers::spew_bytes(n)));
}

#[test]
fn the_lines_of_spew_are_numbered() {
    let expected: String = (0..70_000).map(|line| format!("{line:015x}\n")).collect();
    same_text(&helpers::spew_bytes(expected.len()), &expected);
    let mut lines = helpers::SpewLines::default();
    same_text(&[lines.take(32), lines.take(10)].concat(), &expected[..42]);
}

fn same_text(bytes: &[u8], expected: &str) {
    assert!(bytes == expected.as_bytes(), "{} bytes, not the {} expected", bytes.len(), expected.len());
}

#[test]
fn spew_dies_of_a_closed_pipe() {
    let room = Room::new();
    sh(&room, "(spew 1000000; echo $? >&2) | true").run().code(0).stderr("141\n");
}

#[test]
fn slurp_takes_exactly_what_it_was_told() {
    let room = Room::new();
    sh(&room, "slurp 3; cat").stdin("abcdef").run().code(0).stdout("def");
    sh(&room, "slurp 9").stdin("abcdef").run().code(1).stdout("").stderr("");
}

#[test]
fn drip_copies_its_input() {
    let room = Room::new();
    let text = room.lines(50);
    room.command("drip").stdin(text.clone()).run().code(0).stdout(&text);
}

#[rstest]
#[case("KILL", Signal::SIGKILL)]
#[case("SEGV", Signal::SIGSEGV)]
#[case("SIGTERM", Signal::SIGTERM)]
#[case("10", Signal::SIGUSR1)]
fn die_dies_of_the_signal(#[case] name: &str, #[case] signal: Signal) {
    let room = Room::new();
    room.command("die").arg(name).blocking(signal).ignoring(Signal::SIGTERM).run().signal(signal);
}

#[test]
fn gate_holds_until_opened() {
    let room = Room::new();
    let gate = room.gate("g");
    let running = sh(&room, "echo before; gate g; echo after").spawn();
    gate.reached();
    running.wait_line("before").asleep();
    assert_eq!(running.stdout_now(), b"before\n");
    gate.open();
    running.wait().code(0).stdout("before\nafter\n");
    sh(&room, "gate g; gate g; echo open").run().code(0).stdout("open\n");
}

#[test]
fn gate_counts_its_visitors() {
    let room = Room::new();
    let gate = room.gate("g");
    let running = sh(&room, "gate g & gate g & wait").spawn();
    gate.reached_by(2);
    assert_eq!(running.asleep().descendants().len(), 2);
    gate.open();
    running.wait().code(0);
}

#[test]
fn meet_returns_only_when_all_are_there() {
    let room = Room::new();
    sh(&room, "meet m 3 | meet m 3 | meet m 3 && echo met").run().code(0).stdout("met\n");
    // The first has gone (killed) when the second comes: they were never inside together.
    sh(&room, "meet n 2 & kill -9 $!; wait; meet n 2 & meet n 2; wait; echo met")
        .run()
        .code(0)
        .stdout("met\n");
}

#[test]
fn linger_leaves_a_process_that_holds_stdout() {
    let room = Room::new();
    let gate = room.gate("g");
    let running = sh(&room, "linger g; echo gone").spawn();
    gate.reached();
    let done = running.wait();
    done.code(0).stdout("gone\n");
    gate.open();
}

#[test]
fn wrong_use_of_a_helper_is_status_2() {
    let room = Room::new();
    room.command("spew").arg("many").run().code(2).stderr(starts_with("spew: usage: "));
    room.command("gate").arg("nowhere").run().code(1);
}

#[test]
fn install_fills_a_folder_that_needs_nothing_else() {
    let room = Room::new();
    room.command(testkit::bin!("testkit-helper")).args(["install", "bin"]).run().code(0);
    let mut names = helpers::NAMES.to_vec();
    names.sort_unstable();
    assert_eq!(room.list("bin"), names);
    room.command("env").args(["-i", "bin/fds"]).run().code(0).stdout("0 1 2\n");
    // Again, over the first.
    room.command(testkit::bin!("testkit-helper")).args(["install", "bin"]).run().code(0);
    assert_eq!(room.list("bin"), names);
}
