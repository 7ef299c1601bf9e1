//! Commands that psh runs itself: they change psh, or tell what only psh knows.

use crate::descriptor::write_all;
use crate::failure::{complain, reason};
use crate::shell::{Flow, Shell};
use nix::unistd::{chdir, getcwd};
use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;

/// A builtin command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builtin {
    /// `cd [DIR]`
    Cd,
    /// `pwd`
    Pwd,
    /// `exit [N]`
    Exit,
    /// `set -o pipefail`, `set +o pipefail`
    Set,
    /// `wait [PID...]`
    Wait,
    /// `jobs`
    Jobs,
    /// `fg [N]`
    Fg,
}

impl Builtin {
    /// The builtin of that name.
    pub fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"cd" => Builtin::Cd,
            b"pwd" => Builtin::Pwd,
            b"exit" => Builtin::Exit,
            b"set" => Builtin::Set,
            b"wait" => Builtin::Wait,
            b"jobs" => Builtin::Jobs,
            b"fg" => Builtin::Fg,
            _ => return None,
        })
    }
}

/// The status of a builtin that was used wrongly.
pub(crate) const MISUSED: u8 = 2;

impl Shell {
    /// Runs a builtin in this process.
    pub fn builtin(&mut self, builtin: Builtin, arguments: &[Vec<u8>]) -> Flow {
        Flow::Continue(match builtin {
            Builtin::Exit => return self.exit(arguments),
            Builtin::Cd => cd(arguments),
            Builtin::Pwd => pwd(arguments),
            Builtin::Set => self.set(arguments),
            Builtin::Wait => self.wait(arguments),
            Builtin::Jobs => self.list_jobs(arguments),
            Builtin::Fg => self.fg(arguments),
        })
    }

    fn exit(&self, arguments: &[Vec<u8>]) -> Flow {
        // BEGIN SOLUTION
        let status = match arguments {
            [] => Some(self.status),
            [status] => number::<i64>(status).map(|status| status.rem_euclid(256) as u8),
            _ => None,
        };
        Flow::Break(status.unwrap_or_else(|| misuse("exit", "usage: exit [N]")))
        // END SOLUTION
        // STUB: todo!("M1: end the shell (Flow::Break) with this status, or the last one")
    }

    fn set(&mut self, arguments: &[Vec<u8>]) -> u8 {
        // BEGIN SOLUTION
        match arguments {
            [sign, option] if option == b"pipefail" && (sign == b"-o" || sign == b"+o") => {
                self.pipefail = sign == b"-o";
                0
            }
            _ => misuse("set", "usage: set -o pipefail, set +o pipefail"),
        }
        // END SOLUTION
        // STUB: todo!("M3: set or unset `pipefail`")
    }
}

fn cd(arguments: &[Vec<u8>]) -> u8 {
    // BEGIN SOLUTION
    let home = env::var_os("HOME");
    let directory = match (arguments, &home) {
        ([directory], _) => OsStr::from_bytes(directory),
        ([], Some(home)) => home,
        ([], None) => return fail("cd", "HOME is not set"),
        _ => return misuse("cd", "usage: cd [DIR]"),
    };
    chdir(directory).map_or_else(|errno| fail("cd", &reason(errno)), |()| 0)
    // END SOLUTION
    // STUB: todo!("M3: change the current directory, to $HOME without an argument")
}

fn pwd(arguments: &[Vec<u8>]) -> u8 {
    // BEGIN SOLUTION
    if !arguments.is_empty() {
        return misuse("pwd", "usage: pwd");
    }
    match getcwd() {
        Ok(path) => print("pwd", &[path.as_os_str().as_bytes(), b"\n"].concat()),
        Err(errno) => fail("pwd", &reason(errno)),
    }
    // END SOLUTION
    // STUB: todo!("M3: print the current directory")
}

/// Writes a builtin's output, at once and whole. Returns the builtin's status.
pub(crate) fn print(name: &str, output: &[u8]) -> u8 {
    // BEGIN SOLUTION
    // No buffer in between: a fork would copy what is left in it, and both would write it.
    write_all(io::stdout(), output).map_or_else(|errno| fail(name, &reason(errno)), |()| 0)
    // END SOLUTION
    // STUB: todo!("M3: write all of the output to standard output, or say what is wrong")
}

/// Says what went wrong in a builtin; returns its status.
pub(crate) fn fail(name: &str, reason: &str) -> u8 {
    complain(name.as_bytes(), reason);
    1
}

/// Says how a builtin is used; returns its status.
pub(crate) fn misuse(name: &str, usage: &str) -> u8 {
    complain(name.as_bytes(), usage);
    MISUSED
}

/// Reads a number.
pub(crate) fn number<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
