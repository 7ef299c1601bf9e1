//! Runs a program under the tracer, in the foreground of the terminal, and gives the terminal back.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use tracer::{Audience, Recording, Refused};

use crate::exit::bad_input;
use crate::interrupt;

/// More events than this are not kept: nobody could look at them.
const LIMIT: usize = 200_000;

/// Records a run of `path`, which shall think that it is called `name`.
///
/// # Errors
/// When the program cannot be started or traced.
pub(super) fn record(path: &Path, name: &str, args: &[OsString]) -> anyhow::Result<Recording> {
    let mut command = Command::new(path);
    command.arg0(name).args(args);
    tracer::record(&mut command, LIMIT, &Student).map_err(explain)
}

/// A refusal, in one line, with what to do.
fn explain(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<Refused>() {
        Some(refused) => bad_input(format!("{refused}; {}", remedy())),
        None => error,
    }
}

fn remedy() -> String {
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

/// Whoever sits at the terminal.
struct Student;

impl Audience for Student {
    fn wants_end(&self) -> bool {
        interrupt::is_set()
    }

    fn at_rest(&self, _members: &[i32]) {}

    fn left_behind(&self, members: &[i32]) {
        let pids: Vec<String> = members.iter().map(ToString::to_string).collect();
        anstream::eprintln!(
            "trace: the program has ended; still running: {} (Ctrl-C ends them)",
            pids.join(", ")
        );
    }
}
