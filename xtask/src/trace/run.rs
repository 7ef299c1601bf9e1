//! Runs a program under the tracer, in the foreground of the terminal, and gives the terminal back.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Seek as _, SeekFrom};
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::Context as _;
use autopsy::{Report, Scene, examine, prove};
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use nix::unistd::{Pid, getpgrp, tcgetpgrp, tcsetpgrp};
use tracer::{Audience, Members, Recording, Refused};

use crate::exit::bad_input;
use crate::interrupt;

/// More events than this are not kept: nobody could look at them.
const LIMIT: usize = 200_000;

/// Records a run of `path`, which shall think that it is called `name`.
///
/// # Errors
/// When the program cannot be started or traced.
pub(super) fn record(path: &Path, name: &str, args: &[OsString], streams: Streams) -> anyhow::Result<Run> {
    let mut command = Command::new(path);
    command.arg0(name).args(args).stdin(streams.stdin);
    if streams.is_quiet {
        command.stdout(Stdio::null()).stderr(Stdio::null());
    }
    let terminal = Terminal::new();
    let student = Student::default();
    let recording = tracer::record(&mut command, LIMIT, &student);
    terminal.take_back();
    Ok(Run { recording: recording.map_err(explain)?, report: student.report.into_inner() })
}

/// What came of a run.
pub(super) struct Run {
    pub(super) recording: Recording,
    /// Why nobody could move any more, if it came to that.
    pub(super) report: Option<Report>,
}

/// What a run has as its standard streams.
pub(super) struct Streams {
    stdin: Stdio,
    is_quiet: bool,
}

/// Our standard input, to be used twice if it is a file.
pub(super) struct Input {
    /// Where the file was at the start.
    start: Option<u64>,
}

impl Input {
    pub(super) fn new() -> Self {
        let is_file = fs::metadata("/proc/self/fd/0").is_ok_and(|meta| meta.is_file());
        let start = is_file.then(|| own_input()?.stream_position()).and_then(Result::ok);
        Self { start }
    }

    /// For the first run: everything as it is.
    pub(super) fn first(&self) -> Streams {
        Streams { stdin: Stdio::inherit(), is_quiet: false }
    }

    /// For the second run: the same bytes if that is possible, or none; and nobody sees its output.
    ///
    /// # Errors
    /// When the file cannot be read again.
    pub(super) fn again(&self) -> anyhow::Result<Streams> {
        let stdin = match self.start {
            Some(start) => {
                let mut file = own_input().context("read the input again")?;
                file.seek(SeekFrom::Start(start)).context("read the input again")?;
                file.into()
            }
            None => Stdio::null(),
        };
        Ok(Streams { stdin, is_quiet: true })
    }
}

/// A copy of descriptor 0: it shares the position.
fn own_input() -> io::Result<File> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// The terminal of this process, if it has one and is in its foreground. A shell that is traced takes the
/// terminal for its jobs; when it is killed, somebody has to take it back.
struct Terminal {
    group: Option<Pid>,
}

impl Terminal {
    fn new() -> Self {
        let foreground = tcgetpgrp(io::stdin()).ok();
        Self { group: foreground.filter(|group| *group == getpgrp()) }
    }

    fn take_back(&self) {
        let Some(group) = self.group else { return };
        // Whoever is in the background and does this is stopped, unless the signal is blocked.
        let mut signals = SigSet::empty();
        signals.add(Signal::SIGTTOU);
        let before = signals.thread_swap_mask(SigmaskHow::SIG_BLOCK);
        if let Err(error) = tcsetpgrp(io::stdin(), group) {
            anstream::eprintln!("warning: cannot take the terminal back: {}", error.desc());
        }
        if let Ok(before) = before {
            // The mask was valid a moment ago.
            let _ = before.thread_set_mask();
        }
    }
}

/// A refusal, in one line, with what to do.
fn explain(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<Refused>() {
        Some(refused) => bad_input(format!("{refused}; {}", remedy())),
        None => error,
    }
}

fn remedy() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:")).map_or("0", str::trim);
    if tracer != "0" {
        return format!(
            "process {tracer} (a debugger, strace?) traces this command already; start it without"
        );
    }
    let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    match scope.trim() {
        "2" => "Yama allows it to root only: `sudo sysctl kernel.yama.ptrace_scope=1`".to_owned(),
        "3" => {
            "Yama forbids it until the next boot: set kernel.yama.ptrace_scope to 1 and boot again".to_owned()
        }
        _ => "in a container, start it with `--cap-add=SYS_PTRACE` or a seccomp profile that allows ptrace"
            .to_owned(),
    }
}

/// Whoever sits at the terminal, with an autopsy at hand.
#[derive(Default)]
struct Student {
    report: OnceLock<Report>,
}

impl Audience for Student {
    fn wants_end(&self) -> bool {
        interrupt::is_set()
    }

    fn is_deadlock(&self, members: &Members) -> bool {
        match prove(&scene(members)) {
            Some(report) => self.report.set(report).is_ok(),
            None => false,
        }
    }

    fn at_rest(&self, members: &Members) {
        self.report.get_or_init(|| examine(&scene(members)));
    }

    fn idle(&self) {
        // Whoever types knows for whom the program waits.
        if !io::stdin().is_terminal() {
            anstream::eprintln!(
                "trace: no system call for some time: it computes, or waits for something from outside; Ctrl-C ends it"
            );
        }
    }

    fn left_behind(&self, members: &Members) {
        let pids: Vec<String> = members.pids.iter().map(ToString::to_string).collect();
        anstream::eprintln!(
            "trace: the program has ended; still running: {} (Ctrl-C ends them)",
            pids.join(", ")
        );
    }
}

fn scene(members: &Members) -> Scene {
    Scene { members: members.pids.clone(), stopped: members.stopped.clone(), ..Scene::default() }
}
