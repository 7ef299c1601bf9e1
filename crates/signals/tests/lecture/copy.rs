//! `signals copy`: what its signals do, and that no half file is left. The source is a FIFO, so that it waits where the
//! test wants it to.

use crate::run::{LECTURE, signals};
use crate::watchdog::Watchdog;
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};
use signals::asleep;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

struct Copy {
    folder: tempfile::TempDir,
    child: Child,
    source: File,
    watchdog: Watchdog,
}

impl Copy {
    /// A copy that waits for more of its source.
    fn start(prepare: impl FnOnce(Command) -> Command) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        mkfifo(&from, Mode::S_IRUSR | Mode::S_IWUSR).expect("a FIFO can be made");
        // For reading too: then the open waits for nobody, even if the program does not start.
        let source = OpenOptions::new().read(true).write(true).open(&from).expect("the FIFO can be opened");
        let mut command = LECTURE.program(&["copy"]);
        command.args([&from, &to]);
        let child = prepare(command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let child = child.expect("the program can be started");
        let watchdog = Watchdog::over(pid_of(&child));
        Self { folder, child, source, watchdog }
    }

    fn pid(&self) -> Pid {
        pid_of(&self.child)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sends bytes, and returns when they are in the draft.
    fn feed(&mut self, bytes: &[u8]) {
        let draft = self.path("to.part");
        let size = || fs::metadata(&draft).map_or(0, |metadata| metadata.len());
        let before = size();
        self.source.write_all(bytes).expect("the FIFO can be written");
        while size() < before + bytes.len() as u64 {
            assert_ne!(asleep::state(self.pid()).expect("it is there"), 'Z', "the copy has ended");
            std::thread::yield_now();
        }
    }

    /// Sends a signal when the copy sleeps in ppoll.
    fn signal(&self, signal: Signal) {
        asleep::until_in(self.pid(), libc::SYS_ppoll).expect("it sleeps in ppoll");
        kill(self.pid(), signal).expect("it can be signalled");
    }

    fn names(&self) -> Vec<String> {
        let all = fs::read_dir(self.folder.path()).expect("the folder can be listed");
        let mut names: Vec<_> =
            all.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name")).collect();
        names.sort();
        names
    }
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(child.id().try_into().expect("a pid is positive"))
}

#[test]
fn a_copy_is_whole_or_not_there() {
    let mut copy = Copy::start(|command| command);
    copy.feed(&[b'a'; 100_000]);
    copy.feed(&[b'b'; 100_000]);
    assert_eq!(copy.names(), ["from", "to.part"]);
    let Copy { folder, child, source, watchdog: _alive } = copy;
    drop(source);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.stdout, b"200000 bytes\n");
    assert_eq!(output.status.code(), Some(0));
    let bytes = fs::read(folder.path().join("to")).expect("the copy is there");
    assert_eq!(bytes, [[b'a'; 100_000], [b'b'; 100_000]].concat());
    assert!(!folder.path().join("to.part").exists());
}

#[test]
fn it_says_how_far_it_is_and_goes_on() {
    let mut copy = Copy::start(|command| command);
    copy.feed(&[b'a'; 1000]);
    copy.signal(Signal::SIGUSR1);
    let mut line = [0; 18];
    copy.child.stderr.as_mut().expect("a pipe").read_exact(&mut line).expect("a line comes");
    assert_eq!(line, *b"copied 1000 bytes\n");
    copy.feed(b"b");
    let Copy { folder, child, source, watchdog: _alive } = copy;
    drop(source);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((&output.stdout[..], &output.stderr[..]), (&b"1001 bytes\n"[..], &b""[..]));
    assert_eq!(fs::metadata(folder.path().join("to")).expect("it is there").len(), 1001);
}

#[test]
fn it_ends_by_the_signal_and_leaves_no_draft() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let mut copy = Copy::start(|command| command);
        copy.feed(&[b'a'; 1000]);
        copy.signal(signal);
        let status = copy.child.wait().expect("it ends");
        assert_eq!(status.signal(), Some(signal as i32), "{signal}: {status}");
        assert_eq!(copy.names(), ["from"], "{signal}");
    }
}

#[test]
fn it_can_be_asked_and_ended_before_anybody_writes() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    mkfifo(&from, Mode::S_IRUSR | Mode::S_IWUSR).expect("a FIFO can be made");
    let mut child =
        LECTURE.program(&["copy"]).args([&from, &to]).stderr(Stdio::piped()).spawn().expect("it starts");
    let pid = pid_of(&child);
    let _watchdog = Watchdog::over(pid);
    asleep::until_in(pid, libc::SYS_ppoll).expect("it sleeps in ppoll");
    kill(pid, Signal::SIGUSR1).expect("it can be signalled");
    let mut line = [0; 15];
    child.stderr.as_mut().expect("a pipe").read_exact(&mut line).expect("a line comes");
    assert_eq!(line, *b"copied 0 bytes\n");
    kill(pid, Signal::SIGTERM).expect("it can be signalled");
    let status = child.wait().expect("it ends");
    assert_eq!(status.signal(), Some(Signal::SIGTERM as i32), "{status}");
    assert!(!to.exists() && !folder.path().join("to.part").exists(), "a file is left");
}

#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    let nohup = |command: Command| {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "trap '' HUP; exec \"$@\"", "sh"])
            .arg(command.get_program())
            .args(command.get_args());
        shell
    };
    let mut copy = Copy::start(nohup);
    copy.feed(b"a");
    copy.signal(Signal::SIGHUP);
    copy.feed(b"b");
    copy.signal(Signal::SIGTERM);
    let status = copy.child.wait().expect("it ends");
    assert_eq!(status.signal(), Some(Signal::SIGTERM as i32), "{status}");
}

#[test]
fn it_can_be_stopped_and_goes_on() {
    let mut copy = Copy::start(|command| command);
    copy.feed(b"a");
    copy.signal(Signal::SIGSTOP);
    asleep::until(copy.pid(), 'T').expect("it stops");
    copy.source.write_all(b"b").expect("the FIFO has room");
    kill(copy.pid(), Signal::SIGCONT).expect("it can go on");
    copy.feed(b"c");
    let Copy { folder, child, source, watchdog: _alive } = copy;
    drop(source);
    assert_eq!(child.wait_with_output().expect("it ends").stdout, b"3 bytes\n");
    assert_eq!(fs::read(folder.path().join("to")).expect("the copy is there"), b"abc");
}

#[test]
fn a_thousand_signals_cost_no_byte() {
    let mut copy = Copy::start(|command| command);
    let pid = copy.pid();
    let mut errors = copy.child.stderr.take().expect("a pipe");
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        errors.read_to_string(&mut text).expect("it is text");
        text
    });
    asleep::until_in(pid, libc::SYS_ppoll).expect("it has installed its handlers");
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    for block in bytes.chunks(1000) {
        kill(pid, Signal::SIGUSR1).expect("it can be signalled");
        copy.source.write_all(block).expect("the FIFO can be written");
    }
    let Copy { folder, child, source, watchdog: _alive } = copy;
    drop(source);
    assert_eq!(child.wait_with_output().expect("it ends").stdout, b"1000000 bytes\n");
    assert!(fs::read(folder.path().join("to")).expect("the copy is there") == bytes, "each byte, in order");
    let text = reader.join().expect("the reader does not panic");
    assert!(text.lines().count() > 0 && text.lines().all(|line| line.starts_with("copied ")), "{text}");
}

#[test]
fn what_cannot_be_copied_is_named() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let to = folder.path().join("to");
    let to = to.to_str().expect("it is text");
    signals(&["copy", "/no/such", to])
        .code(1)
        .stdout("")
        .stderr("signals: open /no/such: No such file or directory (os error 2)\n");
    fs::write(folder.path().join("to.part"), "another copy's").expect("a file can be written");
    signals(&["copy", "/dev/null", to])
        .code(1)
        .stdout("")
        .stderr(format!("signals: make {to}.part: File exists (os error 17)\n"));
    let draft = fs::read(folder.path().join("to.part")).expect("the draft is there");
    assert_eq!(draft, b"another copy's");
}
