//! Programs under test start with every signal at its default, whatever the test was started with.
#![allow(unsafe_code, reason = "code that runs between fork and exec")]

use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// Lets the program start with every signal at its default.
///
/// An ignored signal stays ignored over fork and exec: a test in the background of a script has SIGINT ignored, one under
/// nohup(1) SIGHUP. A program that respects that would not end by the signal that the test sends. execve(2), nohup(1).
pub fn with_default_signals(command: &mut Command) -> &mut Command {
    let reset = || {
        let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
        for each in Signal::iterator() {
            // Only KILL and STOP are refused, and they are at their default.
            // SAFETY: the default runs no code of ours.
            let _ = unsafe { sigaction(each, &default) };
        }
        Ok(())
    };
    // SAFETY: `reset` makes system calls only: no allocation, no lock, no panic.
    unsafe { command.pre_exec(reset) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The signals that a program ignores from its start: `SigIgn` in proc_pid_status(5), in hexadecimal.
    fn ignored(command: &mut Command) -> u64 {
        let output = command.output().expect("it can be run").stdout;
        let text = String::from_utf8(output).expect("it prints text");
        let mask = text.lines().find_map(|line| line.strip_prefix("SigIgn:")).expect("a line with the mask");
        u64::from_str_radix(mask.trim(), 16).expect("a number")
    }

    /// What the starter ignores is played by the child itself: it ignores two signals before anything else.
    #[test]
    fn a_program_ignores_nothing_although_its_starter_does() {
        let status = || {
            let mut command = Command::new("cat");
            command.arg("/proc/self/status");
            command
        };
        let ignore = |command: &mut Command| {
            let in_child = || {
                let ignored = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
                for each in [Signal::SIGINT, Signal::SIGHUP] {
                    // SAFETY: ignoring a signal runs no code.
                    unsafe { sigaction(each, &ignored) }?;
                }
                Ok(())
            };
            // SAFETY: `in_child` makes system calls only.
            unsafe { command.pre_exec(in_child) };
        };
        let mut careless = status();
        ignore(&mut careless);
        assert_eq!(ignored(&mut careless) & 0b11, 0b11, "SIGHUP is 1, SIGINT is 2");
        let mut careful = status();
        ignore(&mut careful);
        assert_eq!(ignored(with_default_signals(&mut careful)) & 0x7fff_ffff, 0);
    }
}
