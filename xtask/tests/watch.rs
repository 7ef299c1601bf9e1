//! `watch`, from outside: saves in every manner, runs that are cut short, keys, and a terminal that is as it was.

mod tiny_kit;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, Termios, tcgetattr};
use nix::unistd::Pid;
use rstest::rstest;
use tiny_kit::{LIB, Tiny};

/// A watchdog for a broken runner, not a measure.
const PATIENCE: Duration = Duration::from_secs(180);

/// A running `watch` in plain mode.
struct Watch {
    child: Child,
    lines: Receiver<String>,
    told: Vec<String>,
    temporary: tempfile::TempDir,
}

impl Watch {
    fn start(tiny: &Tiny, args: &[&str]) -> Self {
        let mut command = tiny.process(&[&["watch", "01"], args].concat());
        command.env("ANNOUNCE", tiny.path("announced"));
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        command.env("TMPDIR", temporary.path());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = mpsc::channel();
        thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { child, lines, told: Vec::new(), temporary }
    }

    /// The lines up to the first one that holds `text`.
    fn until(&mut self, text: &str) -> Vec<String> {
        let mut seen = Vec::new();
        let start = Instant::now();
        loop {
            match self.lines.recv_timeout(PATIENCE.saturating_sub(start.elapsed())) {
                Ok(line) => {
                    self.told.push(line.clone());
                    seen.push(line);
                }
                Err(RecvTimeoutError::Timeout) => panic!("no `{text}` in\n{}", self.told.join("\n")),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("ended without `{text}`\n{}", self.told.join("\n"))
                }
            }
            if seen.last().unwrap().contains(text) {
                return seen;
            }
        }
    }

    fn rest(&mut self) -> String {
        self.until("waiting for a save").join("\n")
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }

    /// Ends it, and looks that it left nothing.
    fn end(mut self, tiny: &Tiny, signal: Signal) {
        self.signal(signal);
        assert_eq!(self.child.wait().unwrap().code(), Some(130), "{}", self.told.join("\n"));
        assert_eq!(fs::read_dir(self.temporary.path()).unwrap().count(), 0);
        assert_eq!(run_folders(tiny), Vec::<PathBuf>::new());
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // Only after a failed assertion is it still there.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run_folders(tiny: &Tiny) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(tiny.path("target/ipc-labs/watch")).unwrap().flatten().map(|entry| entry.path());
    entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("run-")).collect()
}

fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        thread::yield_now();
    }
}

/// Saves as vim does: a new file beside the old one, renamed over it.
fn save_by_rename(path: &Path, text: &str) {
    let beside = path.with_extension("rs~new");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, path).unwrap();
}

#[rstest]
#[case::file_events(&[], "file events")]
#[case::polling(&["--poll"], "polling: as you asked")]
fn each_save_is_checked_however_it_is_made(#[case] args: &[&str], #[case] how: &str) {
    let tiny = Tiny::new();
    let mut watch = Watch::start(&tiny, args);
    assert!(watch.until("watching lab 01")[0].contains(how));
    let first = watch.rest();
    assert!(first.contains("  crash         0/40  it prints one"), "{first}");
    assert!(first.contains("| two panicked: not yet implemented: M1: print 1"), "{first}");
    assert!(first.contains("m1 0/40 m2 -/60"), "{first}");

    // In place: the milestone is done, the next one opens in the same round.
    tiny.edit(LIB, "todo!(\"M1: print 1\")", "println!(\"1\")");
    let round = watch.rest();
    assert!(round.contains("saved src/lib.rs"), "{round}");
    assert!(round.contains("Well done: m1 has all its 40 points. Now m2 More numbers."), "{round}");
    assert!(round.contains("  crash         0/60  it prints more"), "{round}");
    assert!(round.contains(" 40/100\nm1 40/40 m2 0/60"), "{round}");

    // By rename; with a step back in a milestone that was done.
    let text = tiny.read(LIB);
    save_by_rename(&tiny.path(LIB), &text.replace("println!(\"1\")", "println!(\"9\")"));
    let round = watch.rest();
    assert!(round.contains("m2 More numbers and 1 check of other milestones"), "{round}");
    assert!(round.contains("A step back: m1 had all its points before."), "{round}");
    assert!(round.contains("| expected '1/n' received '9/n'"), "{round}");

    // Deleted, then made again.
    fs::remove_file(tiny.path(LIB)).unwrap();
    let round = watch.rest();
    assert!(round.contains("does not compile; waiting for a save"), "{round}");
    fs::write(tiny.path(LIB), &text).unwrap();
    let round = watch.rest();
    assert!(round.contains("m1 40/40 m2 0/60"), "{round}");

    // An older file is moved back: its time says that nothing has changed.
    let path = tiny.path(LIB);
    let solved = text.replace("todo!(\"M2: print 2\")", "println!(\"2\")");
    let solved = solved.replace("todo!(\"M2: print 3\")", "println!(\"3\")");
    let old = tiny.path("old.rs");
    fs::write(&old, &solved).unwrap();
    fs::File::options().write(true).open(&old).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    fs::rename(&old, &path).unwrap();
    let round = watch.rest();
    assert!(round.contains("Well done: m2 has all its 60 points. That was the last one."), "{round}");
    assert!(round.contains(" 100/100\nm1 40/40 m2 60/60"), "{round}");

    // A comment makes the same program.
    fs::write(&path, format!("{solved}// The end.\n")).unwrap();
    let round = watch.rest();
    assert!(round.contains("byte for byte: nothing to run"), "{round}");

    watch.end(&tiny, Signal::SIGTERM);
}

#[rstest]
#[case::file_events(&[])]
#[case::polling(&["--poll"])]
fn of_two_saves_at_once_the_last_one_counts(#[case] args: &[&str]) {
    let tiny = Tiny::new();
    let mut watch = Watch::start(&tiny, args);
    watch.rest();
    // Of the same length, in the same moment: neither a time nor a size tells them apart.
    let text = tiny.read(LIB);
    for word in ["8", "9", "1"] {
        fs::write(tiny.path(LIB), text.replace("todo!(\"M1: print 1\")", &format!("println!(\"{word}\")")))
            .unwrap();
    }
    watch.until("Well done: m1 has all its 40 points.");
    watch.rest();
    watch.end(&tiny, Signal::SIGINT);
}

#[test]
fn where_the_kernel_has_no_events_left_it_looks_by_itself() {
    let tiny = Tiny::new();
    // The limit is set for a user namespace of our own.
    let script = "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$XTASK\" watch 01";
    let inside = ["--user", "--map-root-user", "sh", "-c"];
    let is_allowed = Command::new("unshare").args(inside).arg("true").stderr(Stdio::null()).status();
    if !is_allowed.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no user namespaces here");
        return;
    }
    let mut command = Command::new("unshare");
    command.args(inside).arg(script).env("XTASK", env!("CARGO_BIN_EXE_xtask"));
    command.current_dir(tiny.root()).env_remove("CARGO_TARGET_DIR");
    let mut watch = Watch::spawn(command);
    assert!(watch.until("watching lab 01")[0].contains("polling: fs.inotify.max_user_instances is reached"));
    watch.rest();
    tiny.edit(LIB, "todo!(\"M1: print 1\")", "println!(\"1\")");
    assert!(watch.rest().contains("m1 40/40"));
    watch.end(&tiny, Signal::SIGTERM);
}

#[test]
fn what_does_not_compile_is_told_and_the_points_stay() {
    let tiny = Tiny::new();
    let mut watch = Watch::start(&tiny, &[]);
    watch.rest();
    tiny.edit(LIB, "todo!(\"M1: print 1\")", "println!(\"1\")");
    watch.rest();
    tiny.edit(LIB, "println!(\"1\")", "missing()");
    let round = watch.rest();
    assert!(round.contains("error[E0425]: cannot find function `missing` in this scope"), "{round}");
    assert!(!round.contains('\u{1b}') && !round.contains("aborting due to"), "{round}");
    tiny.edit(LIB, "missing()", "println!(\"1\")");
    let round = watch.rest();
    assert!(round.contains("m1 40/40"), "{round}");
    watch.end(&tiny, Signal::SIGTERM);
}

#[test]
fn a_lab_that_does_not_compile_at_first_is_checked_when_it_does() {
    let tiny = Tiny::new();
    tiny.edit(LIB, "todo!(\"M1: print 1\")", "println!(\"1\"");
    let mut watch = Watch::start(&tiny, &[]);
    assert!(watch.rest().contains("does not compile"));
    tiny.edit(LIB, "println!(\"1\"", "println!(\"1\")");
    assert!(watch.rest().contains("m1 40/40"));
    watch.end(&tiny, Signal::SIGTERM);
}

/// A time to sleep that nobody else on this machine asks for: by it the sleeper is found.
fn seconds(test: u32) -> String {
    format!("{}{test}", 1_000_000 + std::process::id())
}

/// The student's program announces itself, then never ends; a child of its own leaves the group.
fn hang(tiny: &Tiny, seconds: &str) {
    tiny.edit(
        LIB,
        "todo!(\"M1: print 1\")",
        &format!(
            "std::process::Command::new(\"setsid\").args([\"sleep\", \"{seconds}\"]).spawn().unwrap();
    std::fs::write(std::env::var(\"ANNOUNCE\").unwrap(), \"\").unwrap();
    loop {{ std::thread::park() }}"
        ),
    );
}

fn lost(seconds: &str) -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let all = entries.filter_map(|entry| fs::read_to_string(entry.path().join("cmdline")).ok());
    all.filter(|line| line.contains(&format!("sleep\0{seconds}"))).collect()
}

#[test]
fn a_save_during_a_run_ends_it_and_everything_it_started() {
    let tiny = Tiny::new();
    let mut watch = Watch::start(&tiny, &[]);
    watch.rest();
    let text = tiny.read(LIB);
    let seconds = seconds(3);
    hang(&tiny, &seconds);
    wait_for("the program runs", || tiny.path("announced").exists());
    fs::write(tiny.path(LIB), text.replace("todo!(\"M1: print 1\")", "println!(\"1\")")).unwrap();
    let round = watch.rest();
    assert!(round.contains("Well done: m1"), "{round}");
    assert!(!round.contains("grader error"), "{round}");
    assert!(lost(&seconds).is_empty());
    watch.end(&tiny, Signal::SIGTERM);
}

#[rstest]
#[case::ctrl_c(Signal::SIGINT, 4)]
#[case::kill(Signal::SIGTERM, 5)]
fn it_ends_in_the_middle_of_a_run_and_leaves_nothing(#[case] signal: Signal, #[case] test: u32) {
    let tiny = Tiny::new();
    let seconds = seconds(test);
    hang(&tiny, &seconds);
    let watch = Watch::start(&tiny, &[]);
    wait_for("the program runs", || tiny.path("announced").exists());
    watch.end(&tiny, signal);
    assert!(lost(&seconds).is_empty());
}

#[test]
fn a_changed_specification_is_built_again() {
    let tiny = Tiny::new();
    let mut watch = Watch::start(&tiny, &[]);
    watch.rest();
    tiny.edit(LIB, "todo!(\"M1: print 1\")", "println!(\"uno\")");
    assert!(watch.rest().contains("received 'uno/n'"));
    tiny.edit("labs/01-two-checks/tests/spec/m1_one.rs", "1\\n", "uno\\n");
    // The program is the same, and so its verdicts are in doubt only because of the specification.
    assert!(watch.rest().contains("m1 40/40"));
    tiny.edit("labs/01-two-checks/lab.toml", "points = 40", "points = 41");
    watch.until("the points add up to 101, not 100");
    watch.end(&tiny, Signal::SIGTERM);
}

/// A terminal, and `watch` below a shell on it.
struct Screen {
    child: Child,
    input: fs::File,
    program_end: OwnedFd,
    before: Termios,
    bytes: Receiver<Vec<u8>>,
    /// Everything that was written, and how much of it, without colours, the test has looked at.
    seen: String,
    past: usize,
}

impl Screen {
    fn start(tiny: &Tiny, script: &str) -> Self {
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        let pair = openpty(&size, None).unwrap();
        let before = tcgetattr(&pair.slave).unwrap();
        let end = || Stdio::from(pair.slave.try_clone().unwrap());
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait", "sh", "-mc", script]).env("XTASK", env!("CARGO_BIN_EXE_xtask"));
        command
            .current_dir(tiny.root())
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("NO_COLOR")
            .env("TERM", "xterm");
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
        let mut output = fs::File::from(pair.master.try_clone().unwrap());
        let (send, bytes) = mpsc::channel();
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            // The last program end is ours, so this thread ends with the test.
            while let Ok(count) = output.read(&mut chunk) {
                if send.send(chunk[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let input = fs::File::from(pair.master);
        Self { child, input, program_end: pair.slave, before, bytes, seen: String::new(), past: 0 }
    }

    /// What was written since, up to and with `text`, without colours.
    fn until(&mut self, text: &str) -> String {
        let start = Instant::now();
        loop {
            let plain = anstream::adapter::strip_str(&self.seen).to_string();
            if let Some(at) = plain[self.past..].find(text) {
                let end = self.past + at + text.len();
                let new = plain[self.past..end].to_owned();
                self.past = end;
                return new;
            }
            match self.bytes.recv_timeout(PATIENCE.saturating_sub(start.elapsed())) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => panic!("no `{text}` in\n{plain}"),
            }
        }
    }

    fn press(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).unwrap();
    }

    fn modes(&self) -> LocalFlags {
        tcgetattr(&self.program_end).unwrap().local_flags
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A closed terminal ends whoever is still on it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const FOOT: &str = "h hint  e explain  n next  a all  q quit";

#[test]
fn keys_are_answered_and_the_terminal_is_as_it_was() {
    let tiny = Tiny::new();
    let mut screen = Screen::start(&tiny, "\"$XTASK\" watch 01; echo ended $?");
    let shown = screen.until("1 check fails.");
    assert!(shown.contains("lab 01 Two checks   (file events)"), "{shown}");
    assert!(!screen.modes().intersects(LocalFlags::ICANON | LocalFlags::ECHO));
    screen.until(FOOT);
    screen.press("h");
    screen.until("Which macro prints a line?");
    screen.until("any key back");
    screen.press("x");
    screen.until(FOOT);
    screen.press("e");
    screen.until("Man pages: printf(3).");
    screen.press("\u{1b}[A");
    screen.until(FOOT);
    screen.press("a");
    screen.until("0/60  it prints more");
    screen.until(FOOT);
    screen.press("n");
    screen.until("M2: print 2");
    screen.press("q");
    screen.until("ended 0");
    assert_eq!(screen.modes(), screen.before.local_flags);
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_goes_on() {
    let tiny = Tiny::new();
    let mut screen =
        Screen::start(&tiny, "\"$XTASK\" watch 01; stty -a | grep -c -e -icanon; fg; echo ended $?");
    screen.until(FOOT);
    screen.press("\u{1a}");
    screen.until("0");
    screen.until("1 check fails.");
    screen.until(FOOT);
    tiny.edit(LIB, "todo!(\"M1: print 1\")", "println!(\"1\")");
    screen.until("Well done: m1 has all its 40 points.");
    screen.press("\u{3}");
    screen.until("ended 130");
    assert_eq!(screen.modes(), screen.before.local_flags);
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    let tiny = Tiny::new();
    let mut screen = Screen::start(&tiny, "\"$XTASK\" watch 01");
    screen.until(FOOT);
    drop(screen);
    wait_for("watch has cleaned up", || run_folders(&tiny).is_empty());
}

#[test]
fn a_dumb_terminal_gets_text() {
    let tiny = Tiny::new();
    let mut screen = Screen::start(&tiny, "TERM=dumb \"$XTASK\" watch 01; echo ended $?");
    screen.until("waiting for a save");
    assert_eq!(screen.modes(), screen.before.local_flags);
    screen.press("\u{3}");
    screen.until("ended 130");
}
