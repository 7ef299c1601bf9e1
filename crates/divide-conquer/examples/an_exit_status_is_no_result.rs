//! Claim: an exit status is no way to send a result: eight bits arrive.
//!
//! Three children "return" the sum of 1 to 20, to 22 and to 30 by their exit status, which takes an int.
//!
//! Usage: cargo run -q -p divide-conquer --example an_exit_status_is_no_result
//! See also: `_exit(2)`, `waitpid(2)`

#![allow(unsafe_code, reason = "_exit(2) with more than eight bits")]

use anyhow::{Context, Result};

fn main() -> Result<()> {
    for last in [20, 22, 30] {
        let sum: i32 = (1..=last).sum();
        let child = ipc_kit::run_in_child(|| {
            // SAFETY: _exit(2) has no precondition.
            unsafe { libc::_exit(sum) }
        });
        let status = ipc_kit::wait_for(child.context("fork")?).context("wait for the child")?;
        let arrived = ipc_kit::exit_code(status).context("the child has ended")?;
        println!("1 + ... + {last} = {sum}, arrived: {arrived}");
    }
    Ok(())
}
