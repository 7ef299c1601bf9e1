//! Claim: exec keeps every open descriptor, except those marked close-on-exec.
//!
//! Each descriptor that a stage does not need and still has is a possible hang: it may be the write end for which
//! some reader waits. Rust's std marks all it opens; nix and libc do only when told.
//!
//! Usage: cargo run -q -p pipeline-shell --example exec_keeps_descriptors_but_not_cloexec_ones
//! See also: `execve(2)`, `open(2)` (O_CLOEXEC), `fcntl(2)` (FD_CLOEXEC)

use anyhow::{Context, Result};
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use pipeline_shell::{chain, exec::Program, pipe};
use std::os::fd::{AsRawFd, OwnedFd};

fn main() -> Result<()> {
    let plain = open("/dev/null", OFlag::O_RDONLY, Mode::empty()).context("open /dev/null")?;
    let marked =
        open("/dev/null", OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty()).context("open /dev/null")?;
    let by_std = std::fs::File::open("/dev/null").context("open /dev/null")?;
    println!("opened plainly: {}", after_exec(&plain)?);
    println!("opened with O_CLOEXEC: {}", after_exec(&marked)?);
    println!("opened by std: {}", after_exec(&by_std.into())?);
    println!("made by this lecture's pipe(): {}", after_exec(&pipe::pipe()?.1)?);
    Ok(())
}

/// Asks another program whether it has the descriptor.
fn after_exec(descriptor: &OwnedFd) -> Result<&'static str> {
    let path = format!("/proc/self/fd/{}", descriptor.as_raw_fd());
    let statuses = chain::run(&[Program::new(&["test", "-e", &path])?])?;
    Ok(if statuses[0].shell_code() == 0 { "still open after exec" } else { "closed by exec" })
}
