//! The helpers that specifications put into commands: `gate`, `meet`, `fds` and so on, in one program.
//! What each does and prints is told in `testkit::helpers`.
//!
//! There is no Rust runtime start-up here: it would ignore SIGPIPE, handle SIGSEGV and open `/dev/null` for
//! closed descriptors, and then `sigs` and `fds` would not tell what they were started with.

#![no_main]

mod echoes;
mod gates;
mod install;
mod signals;
mod state;
mod streams;

use std::ffi::{OsString, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;

/// The C entry point: calls a helper by `argv[0]`, or by the first argument.
#[allow(unsafe_code, reason = "the entry point without std's start-up is a C function")]
// The name `main` is the one that the C start-up code looks for; no other function has it.
#[unsafe(no_mangle)]
pub extern "C" fn main(_argc: c_int, _argv: *const *const c_char) -> c_int {
    let mut args: Vec<OsString> = std::env::args_os().collect();
    let mut name = base_name(&args);
    if name == env!("CARGO_BIN_NAME") {
        args.remove(0);
        name = base_name(&args);
    }
    match call(&name, args.get(1..).unwrap_or_default()) {
        Ok(status) => status,
        Err(error) => {
            // Nobody can be told if this fails.
            let _ = streams::write_all(2, format!("{name}: {error:#}\n").as_bytes());
            if error.is::<Usage>() { 2 } else { 1 }
        }
    }
}

fn base_name(args: &[OsString]) -> String {
    let path = args.first().map(Path::new).and_then(Path::file_name).unwrap_or_default();
    path.to_string_lossy().into_owned()
}

fn call(name: &str, args: &[OsString]) -> Result<c_int> {
    let text = |i: usize| -> Result<&OsString> { args.get(i).ok_or_else(|| Usage.into()) };
    match name {
        "gate" => gates::gate(Path::new(text(0)?))?,
        "meet" => gates::meet(Path::new(text(0)?), number(text(1)?)?)?,
        "linger" => gates::linger(Path::new(text(0)?))?,
        "fds" => state::fds(args.first().is_some_and(|arg| arg == "-l"))?,
        "sigs" => state::sigs()?,
        "spew" => streams::spew(number(text(0)?)?)?,
        "slurp" => return streams::slurp(number(text(0)?)?),
        "drip" => streams::drip()?,
        "hash" => streams::hash()?,
        "die" => signals::die(&text(0)?.to_string_lossy())?,
        "echoes" => echoes::echoes(&text(0)?.to_string_lossy())?,
        "install" => install::install(Path::new(text(0)?))?,
        _ => return Err(Usage.into()),
    }
    Ok(0)
}

/// Said when the arguments are wrong.
#[derive(Debug)]
struct Usage;

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "usage: gate FIFO | meet DIR N | linger FIFO | fds [-l] | sigs | spew N | slurp N | drip | hash | die SIG | echoes ADDRESS",
        )
    }
}

impl std::error::Error for Usage {}

fn number(text: &OsString) -> Result<usize> {
    let text = std::str::from_utf8(text.as_bytes()).context("read a number")?;
    text.parse().or_else(|_| bail!(Usage))
}

/// Repeats a system call that a signal interrupted.
fn retry<T>(mut call: impl FnMut() -> nix::Result<T>) -> nix::Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            other => return other,
        }
    }
}
