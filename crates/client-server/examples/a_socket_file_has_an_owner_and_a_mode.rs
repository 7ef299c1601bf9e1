//! Claim: a Unix socket with a path is protected like a file: to connect takes permission to write. The mode must be
//! right from the first moment.
//!
//! bind makes the file with the mode that the umask leaves. chmod afterwards closes the door behind whoever came first.
//! A port has no mode: every user of the machine may connect to 127.0.0.1.
//!
//! Usage: cargo run -q -p client-server --example a_socket_file_has_an_owner_and_a_mode
//! See also: `unix(7)` (Pathname socket ownership and permissions), `umask(2)`

use anyhow::{Context, Result};
use client_server::{address::Address, listen, socket_file};
use nix::sys::stat::{Mode, umask};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    for mask in [0o000, 0o022, 0o077] {
        umask(Mode::from_bits_truncate(mask));
        let path = folder.path().join(format!("bound-under-{mask:03o}"));
        let _door = listen::stream(&Address::Path(path.clone()))?;
        println!("bind under umask {mask:03o}: {}", describe(&path)?);
    }
    umask(Mode::empty());
    let path = folder.path().join("careful");
    let (_door, _name) = socket_file::listen(&path)?;
    println!("socket_file::listen under umask 000: {}", describe(&path)?);
    Ok(())
}

fn describe(path: &Path) -> Result<String> {
    let found = path.symlink_metadata().context("look at the socket file")?;
    let kind = if found.file_type().is_socket() { "a socket" } else { "no socket" };
    let owner = if found.uid() == nix::unistd::geteuid().as_raw() { "me" } else { "somebody else" };
    Ok(format!("{kind}, mode {:04o}, owned by {owner}", found.permissions().mode() & 0o777))
}
