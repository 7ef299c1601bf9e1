//! A program about to be started.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::resource::Resource;
use nix::sys::signal::Signal;

use crate::finished::Finished;
use crate::line::{Line, Typed};
use crate::program::Program;
use crate::running::Running;
use crate::shared::Shared;
use crate::spawn::spawn;
use crate::text::{clip, shell_quote};
use crate::trace::Fault;
use crate::tree::TOKEN_VAR;

/// The umask of a program that wants no other.
const UMASK: u32 = 0o022;

/// Where standard input comes from.
#[derive(Debug, Clone)]
pub(crate) enum Input {
    /// `/dev/null`.
    Empty,
    /// A pipe that brings these bytes and ends.
    Bytes(Vec<u8>),
    /// A pipe that the check keeps open.
    Open,
    /// A file.
    File(PathBuf),
}

/// A program, its arguments and its world. The environment is built from nothing: `PATH` (helpers, then
/// `/usr/bin:/bin`), `HOME` (the room), `TMPDIR`, `LC_ALL=C`, and the room's token. Standard input is
/// empty. Each program leads a session of its own; all signals are at their default, the umask is 022.
#[derive(Clone)]
pub struct Cmd {
    pub(crate) shared: Arc<Shared>,
    pub(crate) program: Program,
    pub(crate) args: Vec<OsString>,
    pub(crate) env: BTreeMap<OsString, OsString>,
    pub(crate) dir: PathBuf,
    pub(crate) input: Input,
    pub(crate) output: Option<PathBuf>,
    pub(crate) error: Option<PathBuf>,
    pub(crate) limits: Vec<(Resource, u64)>,
    pub(crate) umask: u32,
    pub(crate) terminal: bool,
    pub(crate) ignored: Vec<Signal>,
    pub(crate) blocked: Vec<Signal>,
    pub(crate) fault: Option<Fault>,
    pub(crate) notes: Vec<String>,
    /// So many bytes of each argument are shown.
    pub(crate) shown: usize,
}

impl Cmd {
    pub(crate) fn new(shared: Arc<Shared>, program: Program) -> Self {
        let path = format!("{}:/usr/bin:/bin", shared.helpers.display());
        let env = [
            ("PATH", OsString::from(path)),
            ("HOME", shared.dir.clone().into()),
            ("TMPDIR", shared.dir.join("tmp").into()),
            ("LC_ALL", "C".into()),
            (TOKEN_VAR, shared.token.clone().into()),
        ];
        Self {
            program,
            args: Vec::new(),
            env: env.into_iter().map(|(name, value)| (name.into(), value)).collect(),
            dir: shared.dir.clone(),
            input: Input::Empty,
            output: None,
            error: None,
            limits: Vec::new(),
            umask: UMASK,
            terminal: false,
            ignored: Vec::new(),
            blocked: Vec::new(),
            fault: None,
            notes: Vec::new(),
            shown: 600,
            shared,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.insert(name.as_ref().to_owned(), value.as_ref().to_owned());
        self
    }

    /// Removes a variable of the environment.
    #[must_use]
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.env.remove(name.as_ref());
        self
    }

    /// Starts in another folder than the room.
    #[must_use]
    pub fn current_dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.dir = self.dir.join(dir);
        self
    }

    /// Standard input is a pipe that brings these bytes and then ends.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Input::Bytes(bytes.into());
        self
    }

    /// Standard input is a pipe that stays open until [`Running::close_stdin`].
    #[must_use]
    pub fn stdin_open(mut self) -> Self {
        self.input = Input::Open;
        self
    }

    /// Standard input is this file, at its beginning (relative to the room).
    #[must_use]
    pub fn stdin_from(mut self, path: impl AsRef<Path>) -> Self {
        self.input = Input::File(self.shared.dir.join(path));
        self
    }

    /// Standard output goes to this file (relative to the room), which is made or cut.
    #[must_use]
    pub fn stdout_to(mut self, path: impl AsRef<Path>) -> Self {
        self.output = Some(self.shared.dir.join(path));
        self
    }

    /// Standard error goes to this file (relative to the room), which is made or cut.
    #[must_use]
    pub fn stderr_to(mut self, path: impl AsRef<Path>) -> Self {
        self.error = Some(self.shared.dir.join(path));
        self
    }

    /// Both limits of a resource: setrlimit(2). `RLIMIT_NPROC` does not bind root.
    #[must_use]
    pub fn limit(mut self, resource: Resource, value: u64) -> Self {
        self.limits.push((resource, value));
        self
    }

    /// The mode bits that new files do not get: umask(2).
    #[must_use]
    pub fn umask(mut self, mask: u32) -> Self {
        self.umask = mask;
        self
    }

    /// The program's parent ignored this signal, so the program starts with it ignored.
    #[must_use]
    pub fn ignoring(mut self, signal: Signal) -> Self {
        self.ignored.push(signal);
        self
    }

    /// The program starts with this signal blocked.
    #[must_use]
    pub fn blocking(mut self, signal: Signal) -> Self {
        self.blocked.push(signal);
        self
    }

    /// A terminal of its own is standard input, output and error and the controlling terminal; the program
    /// is its foreground group. Output and errors arrive together as stdout. It does not echo.
    /// [`Running::stdin`] types; [`Running::close_stdin`] types control-D.
    #[must_use]
    pub fn terminal(mut self) -> Self {
        self.terminal = true;
        self
    }

    /// Runs it under ptrace(2) with this fault.
    #[must_use]
    pub fn trace(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Tells the reader of a failure what the command cannot say, such as "its stdout is closed".
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Shows only so many bytes of each argument in a failure; without it, 600.
    #[must_use]
    pub fn show(mut self, bytes: usize) -> Self {
        self.shown = bytes;
        self
    }

    /// Starts it.
    #[must_use]
    #[track_caller]
    pub fn spawn(self) -> Running {
        let line = Arc::new(self.line());
        *self.shared.last_command.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&line));
        spawn(self, line)
    }

    /// Starts it and waits until it has ended.
    #[track_caller]
    pub fn run(self) -> Finished {
        self.spawn().wait()
    }

    /// The command as a student may type it: contract name, quoted arguments, its world.
    fn line(&self) -> Line {
        let words = self.args.iter().map(|word| clip(&shell_quote(word), self.shown));
        let command: Vec<String> = std::iter::once(self.program.name().to_owned()).chain(words).collect();
        let mut command = command.join(" ");
        let input = match &self.input {
            _ if self.terminal => Typed::Terminal,
            Input::Bytes(bytes) => Typed::Before(bytes.clone()),
            Input::Open => Typed::Later,
            Input::File(path) => {
                let name = path.strip_prefix(&self.shared.dir).unwrap_or(path);
                command = format!("{command} < {}", shell_quote(name.as_os_str()));
                Typed::Otherwise
            }
            Input::Empty => Typed::Otherwise,
        };
        let mut before = String::new();
        if self.umask != UMASK {
            before = format!("umask {:03o}; ", self.umask);
        }
        let mut notes = self.notes.clone();
        for &(resource, value) in &self.limits {
            match resource {
                Resource::RLIMIT_NOFILE => before += &format!("ulimit -n {value}; "),
                other => notes.push(format!("under {other:?} {value}")),
            }
        }
        notes.extend(self.ignored.iter().map(|signal| format!("started with {signal} ignored")));
        notes.extend(self.blocked.iter().map(|signal| format!("started with {signal} blocked")));
        notes.extend(self.fault.as_ref().and_then(Fault::note));
        Line { before, command, notes, input, sent: Mutex::default() }
    }
}
