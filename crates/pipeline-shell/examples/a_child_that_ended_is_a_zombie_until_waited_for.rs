//! Claim: a child that has ended stays in the process table as a zombie, until its parent waits for it.
//!
//! The kernel keeps the exit status for the parent, and a process table entry to keep it in. A shell that does
//! not wait fills the table.
//!
//! Usage: cargo run -q -p pipeline-shell --example a_child_that_ended_is_a_zombie_until_waited_for
//! See also: `waitpid(2)` (NOTES), `proc_pid_stat(5)`

use anyhow::Result;
use pipeline_shell::{asleep, fork, status};

fn main() -> Result<()> {
    let pid = fork::child(|| Ok(7))?;
    asleep::until(pid, 'Z')?;
    println!("before wait: state {}", asleep::state(pid)?);
    println!("wait: {}", status::wait(pid)?);
    println!("after wait: {}", if asleep::state(pid).is_err() { "no such process" } else { "still there" });
    println!(
        "wait again: {}",
        status::wait(pid).expect_err("each child can be waited for once").root_cause()
    );
    Ok(())
}
