//! The lecture's program, `signals`: what it does with wrong words, with processes and with all signals.

use crate::run::signals;
use crate::watchdog::Watchdog;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::process::{Command, Stdio};

#[test]
fn wrong_words_are_wrong_usage() {
    for words in [
        &[][..],
        &["copy"],
        &["copy", "a"],
        &["copy", "a", "b", "c"],
        &["look"],
        &["look", "0"],
        &["look", "-1"],
        &["look", "init"],
        &["table", "x"],
        &["what"],
    ] {
        signals(words)
            .code(2)
            .stdout("")
            .stderr("usage: signals copy FROM TO | signals look PID | signals table\n");
    }
}

#[test]
fn look_shows_the_sets_of_another_process() {
    // A shell that ignores SIGINT and then becomes a `cat` that sleeps: exec keeps that.
    let mut cat = Command::new("sh")
        .args(["-c", "trap '' INT; echo ready; exec cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell can be started");
    let mut ready = [0; 6];
    std::io::Read::read_exact(cat.stdout.as_mut().expect("it is a pipe"), &mut ready).expect("it says ready");
    let pid = Pid::from_raw(cat.id().try_into().expect("a pid is positive"));
    let _watchdog = Watchdog::over(pid);
    kill(pid, Signal::SIGSTOP).expect("it can be stopped");
    signals::asleep::until(pid, 'T').expect("it stops");
    kill(pid, Signal::SIGUSR2).expect("it can be signalled");
    let shown = signals(&["look", &pid.to_string()]).success().stderr("").get_output().stdout.clone();
    kill(pid, Signal::SIGKILL).expect("it can be killed");
    cat.wait().expect("it can be waited for");
    let shown = String::from_utf8(shown).expect("names are text");
    assert!(shown.starts_with("pending: SIGUSR2\nblocked: "), "{shown}");
    let ignored = shown.lines().nth(2).expect("the third line");
    assert!(ignored.starts_with("ignored: ") && ignored.contains("SIGINT"), "{shown}");
}

#[test]
fn a_process_that_is_not_there_cannot_be_looked_at() {
    let message = "signals: read the status of process 2000000000: No such file or directory (os error 2)\n";
    signals(&["look", "2000000000"]).code(1).stdout("").stderr(message);
}

#[test]
fn the_table_has_each_signal_with_its_default() {
    let output = signals(&["table"]).success().stderr("").get_output().stdout.clone();
    let output = String::from_utf8(output).expect("names are text");
    let default = |name: &str| {
        let mut rows = output.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let row = rows.find(|row| row[1] == name).unwrap_or_else(|| panic!("no {name} in {output}"));
        row[2].to_owned()
    };
    for (name, expected) in [
        ("SIGTERM", "ends"),
        ("SIGKILL", "ends"),
        ("SIGSTOP", "stops"),
        ("SIGTSTP", "stops"),
        ("SIGCHLD", "nothing"),
        ("SIGWINCH", "nothing"),
        ("SIGCONT", "continues"),
        ("SIGRTMIN", "ends"),
        ("SIGRTMIN+30", "ends"),
    ] {
        assert_eq!(default(name), expected, "{name}");
    }
    let realtime = libc::SIGRTMAX() - libc::SIGRTMIN() + 1;
    assert_eq!(output.lines().count(), 31 + usize::try_from(realtime).expect("it is positive"));
}
