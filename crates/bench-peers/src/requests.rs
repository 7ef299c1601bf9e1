//! The work of lab 03: `PROGRAM (--unix PATH | --tcp HOST:PORT) --root DIR` answers `ECHO TEXT` and `GET NAME`, each a
//! line, by `OK N` and a body of N bytes. It prints `ready ADDRESS` when a client may come.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// Where a server listens.
#[derive(Debug, Clone)]
pub enum Address {
    /// A path.
    Unix(PathBuf),
    /// A host and a port.
    Tcp(String),
}

/// The address, and the folder of the files.
///
/// # Errors
/// When the arguments are others.
pub fn arguments() -> Result<(Address, PathBuf)> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["--unix", path, "--root", folder] => Ok((Address::Unix(path.into()), folder.into())),
        ["--tcp", address, "--root", folder] => Ok((Address::Tcp(address.to_owned()), folder.into())),
        _ => bail!("usage: PROGRAM (--unix PATH | --tcp HOST:PORT) --root DIR"),
    }
}

/// Says where a client may come.
///
/// # Errors
/// When nobody hears it.
pub fn ready(address: &str) -> Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "ready {address}").and_then(|()| output.flush()).context("say ready")
}

/// What a request asks for.
#[derive(Debug)]
pub enum Request<'a> {
    /// These bytes.
    Echo(&'a [u8]),
    /// This file, of so many bytes.
    Get(File, u64),
    /// Nothing: the answer.
    Wrong(&'static [u8]),
}

impl<'a> Request<'a> {
    /// Of a line without its newline.
    #[must_use]
    pub fn of(line: &'a [u8], root: &Path) -> Self {
        if let Some(text) = line.strip_prefix(b"ECHO ") {
            return Self::Echo(text);
        }
        let name = line.strip_prefix(b"GET ").and_then(|name| std::str::from_utf8(name).ok());
        let Some(name) = name else { return Self::Wrong(b"ERR 400 unknown\n") };
        let is_below = !name.starts_with('/') && name.split('/').all(|part| part != "..");
        let file = is_below.then(|| File::open(root.join(name)).ok()).flatten();
        match file.and_then(|file| Some((file.metadata().ok()?.len(), file))) {
            Some((size, file)) => Self::Get(file, size),
            None => Self::Wrong(b"ERR 404 not found\n"),
        }
    }
}
