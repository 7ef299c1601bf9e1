//! Claim: a passed descriptor is the same open file, not a copy of the file: position and flags are shared, and the
//! right to use it was checked when it was opened.
//!
//! So a server can give a client one file that the client may not open itself, and no bytes pass through the server. A
//! descriptor in flight stays open even if its sender has closed it, or has ended.
//!
//! Usage: cargo run -q -p client-server --example a_passed_descriptor_is_the_same_open_file
//! See also: `unix(7)` (SCM_RIGHTS), `open(2)` (Open file descriptions)

use anyhow::{Context, Result};
use client_server::{connect, pass};
use nix::sys::socket::SockType;
use std::fs::{self, File};
use std::io::Read;

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let path = folder.path().join("letter");
    fs::write(&path, "Dear reader").context("write a file")?;
    let (ours, theirs) = connect::pair(SockType::Stream)?;

    let mut file = File::open(&path).context("open the file")?;
    println!("the sender reads {:?}", read(&mut file, 5)?);
    pass::send_descriptor(&ours, &file)?;
    drop((file, ours));
    fs::remove_file(&path).context("remove the name")?;
    println!("the sender has closed it, and its name is gone");

    let mut received = File::from(pass::receive_descriptor(&theirs)?);
    println!("the receiver reads {:?}", read(&mut received, 100)?);
    println!(
        "what else was sent: {:?}",
        pass::receive_descriptor(&theirs).expect_err("one was sent").to_string()
    );
    Ok(())
}

fn read(file: &mut File, most: usize) -> Result<String> {
    let mut bytes = vec![0; most];
    let count = file.read(&mut bytes).context("read")?;
    Ok(String::from_utf8_lossy(&bytes[..count]).into_owned())
}
