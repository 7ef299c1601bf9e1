//! Claim: a Rust program ignores SIGPIPE from its start, so that its write fails with EPIPE ("Broken pipe").
//!
//! That is why `println!` into a closed pipe panics in Rust, where a C program would quietly end.
//!
//! Usage: cargo run -q -p pipeline-shell --example rust_ignores_sigpipe_and_gets_an_error
//! See also: `sigaction(2)`, `write(2)` (EPIPE)

use anyhow::{Context, Result};
use pipeline_shell::{fork, pipe, sigpipe, status};

fn main() -> Result<()> {
    let settings = std::fs::read_to_string("/proc/self/status").context("read own signal settings")?;
    println!("SIGPIPE ignored at start: {}", sigpipe::is_ignored(&settings)?);

    let (reader, writer) = pipe::pipe()?;
    drop(reader);
    let error = pipe::write_all(&writer, b"anybody?").expect_err("nobody can read");
    println!("write: {}", error.root_cause());

    let child = fork::child(|| {
        sigpipe::restore_default()?;
        pipe::write_all(&writer, b"anybody?")?;
        Ok(0)
    })?;
    println!("the same write with the default action: {}", status::wait(child)?);
    Ok(())
}
