//! Claim: dup2 makes a copy without close-on-exec; but dup2(n, n) does nothing, and the mark stays.
//!
//! A shell opens its pipes close-on-exec and makes them 0 and 1 by dup2, which is right until such a pipe *is*
//! number 0 already, because the shell was started with its standard input closed.
//!
//! Usage: cargo run -q -p pipeline-shell --example dup2_clears_cloexec_but_not_onto_itself
//! See also: `dup2(2)`, `fcntl(2)` (FD_CLOEXEC)

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::unistd::dup2_stdin;
use pipeline_shell::{exec::Program, fork, pipe, status};

fn main() -> Result<()> {
    let program = Program::new(&["test", "-e", "/proc/self/fd/0"])?;
    let (reader, _writer) = pipe::pipe()?;

    let copied = fork::child(|| {
        dup2_stdin(&reader)?;
        Ok(Program::code_of_failure(program.exec()))
    })?;
    println!("pipe end, dup2 to 0: the program {}", has_stdin(status::wait(copied)?));

    let same = fork::child(|| {
        let stdin = std::io::stdin();
        fcntl(&stdin, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).context("mark descriptor 0")?;
        dup2_stdin(&stdin)?;
        Ok(Program::code_of_failure(program.exec()))
    })?;
    println!("marked 0, dup2 to 0: the program {}", has_stdin(status::wait(same)?));
    Ok(())
}

fn has_stdin(status: status::Status) -> &'static str {
    if status.shell_code() == 0 { "has standard input" } else { "has none" }
}
