//! What the runner is told: each broken promise gets its verdict and a text a student can use. The texts are
//! locked: they stand in `tests/texts`, and `UPDATE_EXPECT=1 cargo test -p testkit --test verdicts` writes them anew.
//!
//! The checks in `broken` are ignored by a plain run. Each test here starts this same file as a referee for
//! one of them, as the runner would, and reads the records.

mod golden;
mod kit;

use std::path::Path;

use rstest::rstest;
use sandbox::protocol::{Config, Record, Verdict};

/// The records of one check.
fn referee(check: &str) -> Vec<Record> {
    referee_of(&[check])
}

/// The records of several checks, run one after the other as if they were the cases of one.
fn referee_of(checks: &[&str]) -> Vec<Record> {
    let tests: Vec<String> = checks.iter().map(|check| format!("broken::{check}")).collect();
    kit::referee(&tests, Config { seed: Some(7), ..Config::default() })
}

#[test]
fn the_first_failing_case_decides_and_later_ones_do_not_run() {
    let verdicts = |checks| referee_of(checks).iter().map(|record| record.verdict).collect::<Vec<_>>();
    assert_eq!(verdicts(&["a_gate_after_the_end", "nothing"]), [Verdict::Fail]);
    assert_eq!(verdicts(&["nothing", "wrong_output"]), [Verdict::Pass, Verdict::Fail]);
}

#[rstest]
#[case("nothing", Verdict::Pass)]
#[case("a_plain_assertion", Verdict::Fail)]
#[case("a_panic_in_a_thread", Verdict::Fail)]
#[case("wrong_output", Verdict::Fail)]
#[case("wrong_output_in_a_long_line", Verdict::Fail)]
#[case("a_missing_newline", Verdict::Fail)]
#[case("invisible_bytes", Verdict::Fail)]
#[case("a_path_of_the_room", Verdict::Fail)]
#[case("wrong_file", Verdict::Fail)]
#[case("a_missing_file", Verdict::Fail)]
#[case("a_removed_fifo", Verdict::Fail)]
#[case("wrong_stderr", Verdict::Fail)]
#[case("wrong_by_a_predicate", Verdict::Fail)]
#[case("wrong_status", Verdict::Fail)]
#[case("wrong_death", Verdict::Crash)]
#[case("a_rust_panic", Verdict::Crash)]
#[case("a_panic_while_waited_for", Verdict::Crash)]
#[case("a_program_that_never_ends", Verdict::Hang)]
#[case("a_pipe_that_never_ends", Verdict::Hang)]
#[case("a_sleep_that_is_too_long", Verdict::Hang)]
#[case("a_condition_that_never_holds", Verdict::Hang)]
#[case("a_line_that_never_comes", Verdict::Hang)]
#[case("a_line_before_an_early_end", Verdict::Fail)]
#[case("an_output_before_an_early_end", Verdict::Fail)]
#[case("a_gate_nobody_reaches", Verdict::Hang)]
#[case("a_gate_after_the_end", Verdict::Fail)]
#[case("input_after_the_end", Verdict::Crash)]
#[case("input_nobody_reads", Verdict::Hang)]
#[case("an_answer_that_never_comes", Verdict::Hang)]
#[case("an_answer_while_another_client_is_silent", Verdict::Hang)]
#[case("an_answer_to_a_client_that_never_reads", Verdict::Hang)]
#[case("a_wrong_answer", Verdict::Fail)]
#[case("an_answer_cut_short", Verdict::Fail)]
#[case("a_server_that_is_not_there", Verdict::Fail)]
#[case("a_client_that_never_comes", Verdict::Fail)]
#[case("a_server_that_is_never_ready", Verdict::Fail)]
#[case("a_process_left", Verdict::Leak)]
#[case("a_daemon_left", Verdict::Leak)]
#[case("a_file_left_in_tmpdir", Verdict::Leak)]
#[case("a_shared_memory_name_left", Verdict::Leak)]
#[case("a_name_with_a_word_of_the_room", Verdict::Leak)]
#[case("a_system_v_id_left", Verdict::Leak)]
#[case("names_of_a_bystander", Verdict::Pass)]
#[case("a_program_that_becomes_another", Verdict::Fail)]
#[case("a_program_that_stays_itself", Verdict::Pass)]
#[case("a_zombie", Verdict::Leak)]
#[case("a_spinner", Verdict::Fail)]
#[case("a_poller", Verdict::Fail)]
#[case("a_flood", Verdict::Fail)]
#[case("a_missing_program", Verdict::GraderError)]
fn a_broken_promise_gets_its_verdict_and_its_text(#[case] check: &str, #[case] verdict: Verdict) {
    assert_told(check, verdict);
}

#[test]
#[ignore = "takes 10 seconds of processor time; ask for it by its name"]
fn a_busy_loop_gets_its_verdict_and_its_text() {
    assert_told("a_busy_loop", Verdict::Hang);
}

fn assert_told(check: &str, verdict: Verdict) {
    let records = referee(check);
    let worst = records.iter().max_by_key(|record| record.verdict).expect("a record");
    assert_eq!(worst.verdict, verdict, "{records:#?}");
    assert_eq!(worst.test, format!("broken::{check}"));
    assert_eq!(worst.seed, 7);
    assert!(worst.text.lines().count() <= 15, "{}", worst.text);
    if verdict != Verdict::Pass {
        golden(check, &worst.text);
    }
}

#[test]
fn behind_a_hang_stands_every_process_with_what_it_has_open() {
    let detail = &referee("a_pipe_that_never_ends")[0].detail;
    let lines = |words: &str| detail.lines().filter(|line| line.contains(words)).count();
    assert_eq!(lines("`sh` (pid"), 2, "{detail}");
    assert!(lines("  stdout: write end of pipe") > 0 && lines("  stdin: read end of pipe") > 0, "{detail}");
}

/// Compares a text with `tests/texts/CHECK.txt`.
fn golden(check: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/texts").join(format!("{check}.txt"));
    golden::assert_is(&path, &(steady(text) + "\n"));
}

/// The text without what is another each time: numbers of processes and identifiers, and counts of work.
fn steady(text: &str) -> String {
    let is_digit = |c: char| c.is_ascii_digit();
    let is_key = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let text = ["pid ", "ipc-labs-", "memory ", "woke up ", "and used "]
        .iter()
        .fold(text.to_owned(), |text, before| masked(&text, before, is_digit));
    masked(&text, "(key ", is_key)
}

/// Puts `N` in the place of what follows each `before`, as long as it is a part of it.
fn masked(text: &str, before: &str, is_part: fn(char) -> bool) -> String {
    let mut pieces = text.split(before);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(is_part);
        out += before;
        out += if rest.len() < piece.len() { "N" } else { "" };
        out += rest;
    }
    out
}

#[test]
fn the_same_seed_gives_the_same_words() {
    let (one, other) = (referee("says_its_words"), referee("says_its_words"));
    assert_eq!(one[0].text, other[0].text);
}

#[test]
fn what_is_left_is_killed() {
    let records = referee("a_process_left");
    let pid = records[0].text.split("pid ").nth(1).and_then(|text| text.split(',').next()).expect("a pid");
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "{}", records[0].text);
}

mod broken {
    use std::io::Write;

    use testkit::{Cmd, Room, eventually};

    /// A shell line in this room.
    fn sh(room: &Room, text: &str) -> Cmd {
        room.command("sh").args(["-c", text])
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn nothing() {
        let room = Room::new();
        assert!(std::env::var_os("IPC_LABS_REFEREE").is_none());
        sh(&room, "exit 0").run().code(0);
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn says_its_words() {
        let room = Room::new();
        panic!("{} {} {:?}", room.word(), room.number(0..1000), room.bytes(3));
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_plain_assertion() {
        let room = Room::new();
        assert_eq!(room.word().len(), 3, "two is not three");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_panic_in_a_thread() {
        let _room = Room::new();
        let ended = std::thread::spawn(|| panic!("from a thread")).join();
        assert!(ended.is_err());
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn wrong_output() {
        sh(&Room::new(), "echo a").run().code(0).stdout("b\n");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn wrong_output_in_a_long_line() {
        let line = "a line that is longer than the screen is wide, and goes on and on";
        sh(&Room::new(), &format!("echo '{line}, with one mistoke in its middle, {line}'"))
            .run()
            .stdout(format!("{line}, with one mistake in its middle, {line}\n"));
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_missing_newline() {
        sh(&Room::new(), "printf one").run().stdout("one\n");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn invisible_bytes() {
        sh(&Room::new(), r"printf 'gr\303\274n\ttab\rreturn\033[2J\377'")
            .run()
            .stdout("gr\u{fc}n\ttab\nline");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_path_of_the_room() {
        let room = Room::new();
        sh(&room, "pwd; cd /; pwd").run().stdout(format!("{0}\n{0}\n", room.dir().display()));
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn wrong_file() {
        let room = Room::new();
        sh(&room, "seq 1 100 >numbers").run().code(0);
        let numbers: String = (1..=100).map(|n| format!("{}\n", n % 100)).collect();
        testkit::same_bytes("the file `numbers`", numbers.as_bytes(), &room.read("numbers"));
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_removed_fifo() {
        let room = Room::new();
        room.fifo("f");
        sh(&room, "rm f").run().code(0);
        let _ = room.reader("f");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_missing_file() {
        let room = Room::new();
        sh(&room, "echo x >other").run().code(0);
        assert!(!room.read("file").is_empty());
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn wrong_stderr() {
        sh(&Room::new(), "echo psh: one >&2; echo psh: two >&2").run().stdout("").stderr("psh: one\n");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn wrong_by_a_predicate() {
        let ends = testkit::predicates::str::ends_with("end\n");
        sh(&Room::new(), "echo the other end of it; echo why >&2").run().stdout(ends);
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn wrong_status() {
        sh(&Room::new(), "echo why >&2; exit 3").run().code(0);
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn wrong_death() {
        sh(&Room::new(), "kill -SEGV $$").run().code(0);
    }

    const PANIC: &str = "printf '\\nthread '\"'main'\"' (12) panicked at src/run.rs:1:2:\\nnot yet implemented: M1: run a command\\nnote: run with X\\n' >&2; exit 101";

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_rust_panic() {
        sh(&Room::new(), PANIC).run();
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_panic_while_waited_for() {
        let room = Room::new();
        let running = sh(&room, PANIC).spawn();
        running.wait_line("ready");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_program_that_never_ends() {
        Room::new().command("cat").stdin_open().run();
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_condition_that_never_holds() {
        let _room = Room::new();
        eventually("the moon to fall", || false);
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_line_that_never_comes() {
        let room = Room::new();
        sh(&room, "echo 'not ready'; cat").stdin_open().spawn().wait_line("ready");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_line_before_an_early_end() {
        let room = Room::new();
        sh(&room, "echo 'not ready'").spawn().wait_line("ready");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn an_output_before_an_early_end() {
        let room = Room::new();
        sh(&room, "echo 'not ready'").spawn().wait_stdout("ready\n");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_busy_loop() {
        sh(&Room::new(), "while :; do :; done").run();
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_pipe_that_never_ends() {
        let room = Room::new();
        sh(&room, "cat | cat").stdin_open().stdout_to("output").run();
    }

    /// The check uses the clock, so its times are short: the watchdog does not wait for the end of this one.
    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_sleep_that_is_too_long() {
        let room = Room::new();
        room.expect_timers();
        sh(&room, "exec sleep 1000").run();
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_gate_nobody_reaches() {
        let room = Room::new();
        let gate = room.gate("g");
        let _running = sh(&room, "cat").stdin_open().spawn();
        gate.reached();
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_gate_after_the_end() {
        let room = Room::new();
        let gate = room.gate("g");
        let _running = sh(&room, "echo no gate").spawn();
        gate.reached();
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn input_after_the_end() {
        let room = Room::new();
        let running = sh(&room, PANIC).stdin_open().spawn();
        running.send([b'x'; 1 << 20]);
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn input_nobody_reads() {
        let room = Room::new();
        let _gate = room.gate("g");
        let running = sh(&room, "gate g").stdin_open().spawn();
        running.stdin().write_all(&[b'x'; 1 << 20]).expect("the watchdog ends this");
    }

    /// A server that sends lines back, one client after the other.
    fn server(room: &Room) -> (testkit::Running, testkit::Address) {
        let server = room.command("echoes").arg("unix:socket").spawn();
        let address = server.ready();
        (server, address)
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn an_answer_that_never_comes() {
        let room = Room::new();
        let (_server, address) = server(&room);
        let _line = room.connect(&address).send("half a line").line();
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn an_answer_while_another_client_is_silent() {
        let room = Room::new();
        let (_server, address) = server(&room);
        let _silent = room.connect(&address).called("the silent client");
        let _line = room.connect(&address).called("the second client").send("hello\n").line();
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn an_answer_to_a_client_that_never_reads() {
        let room = Room::new();
        let (_server, address) = server(&room);
        room.connect(&address).send(b"0123456\n".repeat(100_000));
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_wrong_answer() {
        let room = Room::new();
        let (_server, address) = server(&room);
        room.connect(&address).send("one\ntwo\n").expect("one\nzwo\n");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn an_answer_cut_short() {
        let room = Room::new();
        let (_server, address) = server(&room);
        let client = room.connect(&address);
        client.send("one\n").half_close();
        let _all = client.take(8);
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_server_that_is_not_there() {
        let room = Room::new();
        sh(&room, "echo ready unix:socket").run().code(0);
        let _peer = room.connect(&testkit::Address::Unix("socket".into()));
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_client_that_never_comes() {
        let room = Room::new();
        let listener = room.listen(&testkit::Address::Unix("socket".into()));
        let _client = sh(&room, "echo no >&2; exit 3").spawn();
        let _peer = listener.accept();
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_server_that_is_never_ready() {
        let room = Room::new();
        let _address = sh(&room, "echo listening; echo why >&2").spawn().ready();
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_process_left() {
        let room = Room::new();
        sh(&room, "sleep 1000 & exit 0").run().code(0);
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_daemon_left() {
        let room = Room::new();
        sh(&room, "(env -i setsid sleep 1000 >/dev/null 2>&1 </dev/null &) ; exit 0").run().code(0);
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_file_left_in_tmpdir() {
        let room = Room::new();
        sh(&room, "echo x > $TMPDIR/forgotten").run().code(0);
    }

    /// Removes what the check below leaves on purpose.
    struct Remove(std::path::PathBuf);

    impl Drop for Remove {
        fn drop(&mut self) {
            std::fs::remove_file(&self.0).expect("the file was left");
        }
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_shared_memory_name_left() {
        let name = format!("/dev/shm/ipc-labs-{}", std::process::id());
        let _remove = Remove(name.clone().into());
        let room = Room::new();
        let gate = room.gate("g");
        let shell = sh(&room, &format!("exec 5>{name}; gate g")).spawn();
        gate.reached();
        shell.asleep();
        gate.open();
        shell.wait().code(0);
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_name_with_a_word_of_the_room() {
        let room = Room::new();
        let name = format!("/dev/shm/x-{}", room.word());
        let remove = Remove(name.clone().into());
        sh(&room, &format!(": > {name}")).run().code(0);
        // The law is asserted while the name is there.
        drop(room);
        drop(remove);
    }

    /// Somebody else's program makes a file and an id, just while the room is there.
    #[test]
    #[ignore = "run by this file's other tests"]
    fn names_of_a_bystander() {
        let name = format!("/dev/shm/ipc-labs-bystander-{}", std::process::id());
        let (_remove, mut id) = (Remove(name.clone().into()), RemoveId(String::new()));
        let room = Room::new();
        let shell = sh(&room, "exec cat").stdin_open().spawn();
        std::fs::write(name, "").expect("a name");
        let made = std::process::Command::new("ipcmk").args(["-M", "64"]).output().expect("ipcmk");
        id.0 = last_word(&made.stdout);
        shell.close_stdin();
        shell.wait().code(0);
    }

    /// Removes shared memory by its id.
    struct RemoveId(String);

    impl Drop for RemoveId {
        fn drop(&mut self) {
            let removed = std::process::Command::new("ipcrm").args(["-m", &self.0]).status().expect("ipcrm");
            assert!(removed.success(), "the shared memory was left");
        }
    }

    fn last_word(text: &[u8]) -> String {
        String::from_utf8_lossy(text).split_whitespace().last().expect("an id").to_owned()
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_system_v_id_left() {
        let mut id = RemoveId(String::new());
        let room = Room::new();
        let done = room.command("ipcmk").args(["-M", "64"]).run();
        id.0 = last_word(&done.output().stdout);
        done.code(0);
    }

    fn under_test(text: &str) {
        let room = Room::new();
        let shell = testkit::Program::lookup("psh", Some("/bin/sh"), None);
        room.command(shell).args(["-c", text]).run().code(0);
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_program_that_becomes_another() {
        under_test("exec cat");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_program_that_stays_itself() {
        under_test("cat; exit");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_zombie() {
        let room = Room::new();
        sh(&room, "true & exec cat").stdin_open().spawn().assert_no_zombie();
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_spinner() {
        let room = Room::new();
        sh(&room, "while :; do :; done").spawn().assert_idle();
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_poller() {
        let room = Room::new();
        sh(&room, "while :; do sleep 0.05; done").spawn().assert_idle();
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_flood() {
        Room::new().command("yes").run();
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_missing_program() {
        Room::new().command("nowhere").run();
    }
}
