//! Claim: exec resets handlers to the default, but what is ignored or blocked stays so, in a program that never asked.
//! A raw fork and exec hands on what Rust's start-up did (SIGPIPE ignored); `Command` repairs SIGPIPE, and nothing
//! else.
//!
//! The code of a handler is gone with the old program; to ignore and to block needs no code. Whoever starts programs
//! gives back the defaults between fork and exec.
//!
//! Usage: cargo run -q -p signals --example exec_forgets_handlers_but_keeps_ignored_and_blocked
//! See also: `execve(2)`, `std::os::unix::process::CommandExt`

use anyhow::{Context, Result};
use ipc_kit::{pipe, read_to_end};
use nix::sys::signal::{SaFlags, SigSet, Signal};
use nix::unistd::{dup2_stdout, execvp};
use signals::{action, child::Child, look, set, tally};
use std::process::Command;

const OURS: [Signal; 4] = [Signal::SIGUSR1, Signal::SIGINT, Signal::SIGUSR2, Signal::SIGPIPE];

fn main() -> Result<()> {
    tally::start(Signal::SIGUSR1, SaFlags::empty()).context("install a handler")?;
    action::ignore(Signal::SIGINT).context("ignore")?;
    set::of([Signal::SIGUSR2]).thread_block().context("block")?;
    let own = std::fs::read_to_string("/proc/self/status").context("read the own status")?;
    show("this program", &own)?;
    show("fork, exec", &raw(|| Ok(()))?)?;
    let output = Command::new("cat").arg("/proc/self/status").output().context("run cat")?;
    show("Command", &String::from_utf8(output.stdout)?)?;
    show("fork, defaults, exec", &raw(give_back)?)
}

/// Before exec, in the child.
fn give_back() -> Result<()> {
    for signal in OURS {
        action::restore_default(signal).context("restore a default")?;
    }
    SigSet::empty().thread_set_mask().context("unblock everything")
}

/// The status of a `cat` that is started by fork and exec; `prepare` runs between the two.
fn raw(prepare: fn() -> Result<()>) -> Result<String> {
    let (reader, writer) = pipe().context("make a pipe")?;
    let child = Child::run(|_| {
        dup2_stdout(&writer).context("put the pipe in place of stdout")?;
        prepare()?;
        execvp(c"cat", &[c"cat", c"/proc/self/status"]).context("run cat").map(|never| match never {})
    })?;
    drop(writer);
    let status = read_to_end(&reader).context("read the status")?;
    child.wait()?;
    String::from_utf8(status).context("read the status as text")
}

fn show(how: &str, status: &str) -> Result<()> {
    let sets = look::parse(status)?;
    let ours = |set: &std::collections::BTreeSet<_>| {
        look::names(
            &OURS.map(Into::into).into_iter().filter(|number| set.contains(number)).collect::<Vec<_>>(),
        )
    };
    println!(
        "{how:<20}  caught {:<7}  ignored {:<14}  blocked {}",
        ours(&sets.caught),
        ours(&sets.ignored),
        ours(&sets.blocked)
    );
    Ok(())
}
