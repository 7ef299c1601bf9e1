//! Claim: open and read work on remote files when the handle is a number: the open file with its position stays at the
//! server.
//!
//! The interface is that of `open(2)`, `read(2)` and `close(2)`. Only the buffer is different: read cannot fill the caller's
//! memory, so the bytes come in the return. NFS and SMB are large systems of this kind.
//!
//! Usage: cargo run -q -p mini-rpc --example a_file_handle_is_a_number_that_the_server_keeps
//! See also: the module `files`, `read(2)`

use anyhow::{Context, Result};
use mini_rpc::background;
use mini_rpc::client_stub::ClientStub;
use mini_rpc::files::{Files, Shelf};

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    std::fs::write(folder.path().join("hall"), "18.0 18.5 19.0").context("write a log")?;
    let (_server, wire) = background::server(Shelf::of(folder.path()))?;
    let mut files = Files(ClientStub::new(wire, 7));

    let (first, second) = (files.open("hall")?, files.open("hall")?);
    println!("open: handle {first}; again: handle {second}");
    for (handle, count) in [(first, 5), (first, 5), (second, 4), (first, 100), (first, 100)] {
        println!("read({handle}, {count}): {:?}", String::from_utf8_lossy(&files.read(handle, count)?));
    }
    files.close(first)?;
    println!("close({first}), then read: {}", files.read(first, 5).expect_err("it is closed"));
    println!("close({first}) again: {}", files.close(first).expect_err("it is closed"));
    println!("read({second}, 5): {:?}", String::from_utf8_lossy(&files.read(second, 5)?));
    println!("open ../hall: {}", files.open("../hall").expect_err("a path is no name"));
    Ok(())
}
