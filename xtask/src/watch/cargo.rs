//! One `cargo build` that can be halted, with everything that cargo and the compiler say kept for the screen.

use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::Context as _;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::compile::{Built, Found, Wanted};
use crate::family::Family;
use crate::interrupt;
use crate::text::one_line;

/// How often a waiting runner looks whether the build was halted.
const TICK: u8 = 50;

/// How a build ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// Everything is there.
    Built {
        built: Built,
        /// Whether cargo compiled the lab's package; false when it found it up to date.
        is_compiled: bool,
        warnings: usize,
    },
    /// What the compiler says, or cargo.
    Refused(String),
    /// It was halted.
    Halted,
}

/// Runs a `cargo build` to its end, or until it is halted.
pub(super) fn run(
    command: &mut Command,
    family: &Family,
    wanted: Wanted<'_>,
    is_loud: bool,
) -> anyhow::Result<Ended> {
    command.arg("--message-format=json-diagnostic-rendered-ansi").stdout(Stdio::piped());
    // Loud: cargo's own progress goes to the terminal, because nothing else is there yet.
    command.stderr(if is_loud { Stdio::inherit() } else { Stdio::piped() });
    // A group of its own, so that the compilers it started end with it.
    let mut child = family.spawn(command.process_group(0)).context("start cargo")?;
    let gathered = gather(&mut child);
    if !matches!(gathered, Ok(Some(_))) {
        let _ = killpg(Pid::from_raw(child.id().cast_signed()), Signal::SIGKILL);
    }
    let status = child.wait();
    family.forget(&child);
    let status = status.context("wait for cargo")?;
    match gathered? {
        Some([out, err]) => judge(status, &out, &err, wanted),
        None => Ok(Ended::Halted),
    }
}

/// What cargo writes on standard output and standard error; `None` when it was halted.
fn gather(child: &mut Child) -> anyhow::Result<Option<[Vec<u8>; 2]>> {
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let mut gathered = [Vec::new(), Vec::new()];
    while out.is_some() || err.is_some() {
        if interrupt::is_halted() {
            return Ok(None);
        }
        let fds = [out.as_ref().map(|pipe| pipe.as_fd()), err.as_ref().map(|pipe| pipe.as_fd())];
        let [is_out, is_err] = readable(fds).context("wait for cargo's messages")?;
        if is_out {
            take(&mut out, &mut gathered[0])?;
        }
        if is_err {
            take(&mut err, &mut gathered[1])?;
        }
    }
    Ok(Some(gathered))
}

fn readable(pipes: [Option<BorrowedFd<'_>>; 2]) -> nix::Result<[bool; 2]> {
    let mut fds: Vec<PollFd<'_>> =
        pipes.into_iter().flatten().map(|pipe| PollFd::new(pipe, PollFlags::POLLIN)).collect();
    match poll(&mut fds, PollTimeout::from(TICK)) {
        Ok(_) | Err(Errno::EINTR) => {}
        Err(error) => return Err(error),
    }
    let mut ready = fds.iter().map(|fd| fd.any().unwrap_or(false));
    Ok(pipes.map(|pipe| pipe.is_some() && ready.next().unwrap_or(false)))
}

/// One read of what is there; at the end of file the pipe is closed.
fn take(pipe: &mut Option<impl std::io::Read>, to: &mut Vec<u8>) -> anyhow::Result<()> {
    let mut chunk = [0; 8192];
    let Some(reader) = pipe else { return Ok(()) };
    let count = reader.read(&mut chunk).context("read cargo's messages")?;
    to.extend_from_slice(&chunk[..count]);
    if count == 0 {
        *pipe = None;
    }
    Ok(())
}

fn judge(status: ExitStatus, out: &[u8], err: &[u8], wanted: Wanted<'_>) -> anyhow::Result<Ended> {
    let mut found = Found::default();
    let (mut errors, mut warnings) = (Vec::new(), 0);
    for line in String::from_utf8_lossy(out).lines() {
        let Some(said) = found.hear(line, wanted) else { continue };
        let is_error = said.is_error();
        match said.rendered {
            Some(text) if is_error && !is_closing(&text) => errors.push(text),
            Some(text) if !is_error && !is_closing(&text) => warnings += 1,
            _ => {}
        }
    }
    if status.success() {
        let is_compiled = found.is_package_compiled;
        return Ok(Ended::Built { built: found.complete(wanted)?, is_compiled, warnings });
    }
    if errors.is_empty() {
        errors.push(format!("cargo build ended with {status}\n{}", String::from_utf8_lossy(err)));
    }
    Ok(Ended::Refused(coloured(errors.concat().trim_end())))
}

/// The compiler's colours stay (`ESC [ … m`). Anything else that steers a terminal may come from a student's file, and
/// is shown as text.
fn coloured(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let colour = rest.strip_prefix("\x1b[").and_then(|after| {
            let end = after.find(|c: char| !c.is_ascii_digit() && c != ';')?;
            after[end..].starts_with('m').then_some("\x1b[".len() + end + 1)
        });
        let taken = colour.unwrap_or(c.len_utf8());
        if colour.is_some() || matches!(c, '\n' | '\t') {
            out.push_str(&rest[..taken]);
        } else {
            out.push_str(&one_line(&rest[..taken], 1));
        }
        rest = &rest[taken..];
    }
    out
}

/// What the compiler says at its end about what it said before.
fn is_closing(text: &str) -> bool {
    let plain = anstream::adapter::strip_str(text).to_string();
    ["error: aborting due to", "For more information about", "Some errors have detailed"]
        .iter()
        .any(|beginning| plain.starts_with(beginning))
        || plain.contains("warnings emitted")
        || plain.contains("warning emitted")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt as _;

    fn refused(out: &str, err: &str) -> String {
        let wanted = Wanted { package: "lab01-x", ..Wanted::default() };
        match judge(ExitStatus::from_raw(101 << 8), out.as_bytes(), err.as_bytes(), wanted).unwrap() {
            Ended::Refused(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn errors_are_told_and_neither_warnings_nor_closing_words() {
        let message = |level: &str, text: &str| {
            format!(
                r#"{{"reason":"compiler-message","package_id":"x#lab01-x@0","message":{{"level":"{level}","rendered":"{text}\n"}}}}"#
            )
        };
        let out = [
            message("warning", "warning: unused"),
            message("error", "error[E0425]: one"),
            message("error", "error: two"),
            message("error", "error: aborting due to 2 previous errors"),
        ];
        assert_eq!(refused(&out.join("\n"), "   Compiling"), "error[E0425]: one\nerror: two");
    }

    #[test]
    fn of_what_the_compiler_shows_only_colours_steer_the_terminal() {
        let text = "\u{1b}[1m\u{1b}[38;5;9merror\u{1b}[0m:\tä \u{1b}[2J\u{1b}]0;x\u{7}\n\u{202e}";
        let safe = "\u{1b}[1m\u{1b}[38;5;9merror\u{1b}[0m:\tä \\u{1b}[2J\\u{1b}]0;x\\u{7}\n\\u{202e}";
        assert_eq!(coloured(text), safe);
    }

    #[test]
    fn where_the_compiler_says_nothing_cargo_is_heard() {
        let told = refused("", "error: failed to parse manifest\n");
        assert_eq!(told, "cargo build ended with exit status: 101\nerror: failed to parse manifest");
    }
}
