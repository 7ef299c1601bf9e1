//! Claim: who ignores SIGCHLD has no zombies, and no statuses: waitpid finds no child. To leave it at its default, which
//! also does nothing, is not the same.
//!
//! A program that starts with SIGCHLD ignored (exec keeps that) cannot learn how its children end: a known trap.
//!
//! Usage: cargo run -q -p signals --example ignoring_sigchld_means_no_zombies_and_no_status
//! See also: `waitpid(2)` (NOTES), `sigaction(2)` (SA_NOCLDWAIT)

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use nix::sys::wait::waitpid;
use signals::action;

fn main() -> Result<()> {
    for ignores in [false, true] {
        if ignores {
            action::ignore(Signal::SIGCHLD).context("ignore SIGCHLD")?;
        } else {
            action::restore_default(Signal::SIGCHLD).context("restore the default")?;
        }
        let child = ipc_kit::run_in_child(|| 7).context("start a child")?;
        let code = waitpid(child, None).map(ipc_kit::exit_code);
        println!("{}: waitpid: {code:?}", if ignores { "ignored" } else { "default" });
    }
    Ok(())
}
