//! Claim: a stage is a function of its input. It does not know who its neighbours are, so parts can be exchanged.
//!
//! The same `sort` gets the same bytes from a program, from this process by a pipe, and from a file. Its output
//! is the same. That is modularity: the stage was written, and can be tested, alone.
//!
//! Usage: cargo run -q -p pipeline-shell --example a_stage_does_not_know_its_neighbours
//! See also: `stdin(3)`, `sort(1)`

use anyhow::{Context, Result};
use pipeline_shell::{chain, exec::Program, pipe, status};
use std::fs::File;
use std::os::fd::OwnedFd;

const TEXT: &str = "pear\nfig\nplum\n";

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let path = folder.path().join("fruit");
    std::fs::write(&path, TEXT).context("write a file")?;
    println!("from a file: {:?}", sort(None, File::open(&path).context("open the file")?.into())?);

    let (reader, writer) = pipe::pipe()?;
    pipe::write_all(&writer, TEXT.as_bytes())?;
    drop(writer);
    println!("from this process: {:?}", sort(None, reader)?);

    let nothing = File::open("/dev/null").context("open /dev/null")?;
    println!("from another program: {:?}", sort(Some(Program::new(&["printf", TEXT])?), nothing.into())?);
    Ok(())
}

fn sort(before: Option<Program>, input: OwnedFd) -> Result<String> {
    let stages: Vec<Program> = before.into_iter().chain([Program::new(&["sort"])?]).collect();
    let (reader, writer) = pipe::pipe()?;
    let pids = chain::start(&stages, Some(input), Some(writer))?;
    let output = pipe::read_all(&reader)?;
    for pid in pids {
        status::wait(pid)?;
    }
    Ok(String::from_utf8_lossy(&output).into_owned())
}
