//! Claim: a program that cleans up at a signal should then end *by that signal*: restore the default, raise it again.
//!
//! The parent then sees the reason. With exit(0) a failure looks like success; with exit(128 + n) a shell is content, but
//! waitpid still says "exited". A shell stops its loop at Ctrl-C only if the child died of SIGINT.
//!
//! Usage: cargo run -q -p signals --example a_reraised_signal_tells_the_true_reason
//! See also: `src/end.rs`, `waitpid(2)` (WIFSIGNALED)

use anyhow::{Context, Result};
use nix::sys::signal::{SaFlags, Signal};
use signals::{arrival, child::Child, end, set, tally};
use std::path::Path;

fn main() -> Result<()> {
    let scratch = std::env::temp_dir().join(format!("scratch-{}", std::process::id()));
    for how in ["no handler", "exit(0)", "exit(143)", "raise again"] {
        std::fs::write(&scratch, "half a result").context("write a temporary file")?;
        let child = Child::run_to_gate(|| wait_and_end(how, &scratch))?;
        if how != "no handler" {
            child.open()?;
            signals::asleep::until_in(child.pid(), libc::SYS_rt_sigtimedwait)?;
        }
        child.send(Signal::SIGTERM)?;
        let end = child.wait()?;
        let is_left = scratch.exists();
        println!("{how:<11}  temporary file left: {is_left:<5}  {end}");
        if is_left {
            std::fs::remove_file(&scratch).context("remove the file")?;
        }
    }
    Ok(())
}

fn wait_and_end(how: &str, scratch: &Path) -> Result<()> {
    tally::start(Signal::SIGTERM, SaFlags::empty()).context("install a handler")?;
    let terminate = set::of([Signal::SIGTERM]);
    terminate.thread_block().context("block SIGTERM")?;
    arrival::wait(&terminate).context("wait for SIGTERM")?;
    std::fs::remove_file(scratch).context("clean up")?;
    match how {
        "exit(0)" => exit(0),
        "exit(143)" => exit(143),
        _ => end::by(Signal::SIGTERM).map(|never| match never {}),
    }
}

fn exit(code: i32) -> Result<()> {
    #[allow(unsafe_code, reason = "_exit(2)")]
    // SAFETY: _exit(2) has no precondition.
    unsafe {
        libc::_exit(code)
    }
}
