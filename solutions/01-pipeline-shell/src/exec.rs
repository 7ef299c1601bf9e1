//! Finding a program and becoming it. See `execve(2)`, `environ(7)`.
//!
//! Nothing is looked up before: the kernel is asked to run one candidate after the other, as
//! `execvp(3)` does. All memory is allocated before fork; between fork and exec nothing is.

#![allow(unsafe_code, reason = "execv(3) takes a vector of pointers")]

use crate::failure::{complain, reason};
use nix::errno::Errno;
use nix::libc::{self, c_char};
use std::env;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;

/// Where commands are if nobody set PATH.
const DEFAULT_PATH: &[u8] = b"/usr/local/bin:/usr/bin:/bin";

/// A program, ready to be executed.
#[derive(Debug)]
pub struct Program {
    /// The files it may be, in the order of PATH.
    candidates: Vec<CString>,
    /// Its arguments, its name first.
    arguments: Vec<CString>,
    /// `arguments` as the kernel wants them, with a null at the end.
    pointers: Vec<*const c_char>,
}

impl Program {
    /// Prepares to run `words`, of which there must be one at least.
    pub fn new(words: Vec<Vec<u8>>) -> Self {
        let candidates = words.first().map_or_else(Vec::new, |name| candidates(name));
        let arguments: Vec<_> = words.into_iter().map(c_string).collect();
        let pointers = arguments.iter().map(|word| word.as_ptr()).chain([std::ptr::null()]).collect();
        Program { candidates, arguments, pointers }
    }

    /// Becomes the program. Returns only if that fails, with the status for the shell: 127 if there
    /// is no such program, 126 if it cannot be run.
    pub fn exec(&self) -> u8 {
        // BEGIN SOLUTION
        let errno = self.try_candidates();
        let name = self.arguments.first().map_or(&[][..], |name| name.as_bytes());
        if is_missing(errno) && !name.contains(&b'/') {
            complain(name, "command not found");
        } else {
            complain(name, &reason(errno));
        }
        if is_missing(errno) { 127 } else { 126 }
        // END SOLUTION
        // STUB: todo!("M1: become the program (execv), or say why not and return 127 or 126")
    }
    // BEGIN SOLUTION

    /// Tries each candidate; returns the error that tells most.
    fn try_candidates(&self) -> Errno {
        let mut denied = None;
        for candidate in &self.candidates {
            // SAFETY: the path is a C string; `pointers` ends with a null, and what it points to
            // belongs to `self.arguments`, which has not changed since `new`.
            unsafe { libc::execv(candidate.as_ptr(), self.pointers.as_ptr()) };
            match Errno::last() {
                errno if is_missing(errno) && self.candidates.len() > 1 => {}
                Errno::EACCES => denied = Some(Errno::EACCES),
                errno => return errno,
            }
        }
        denied.unwrap_or(Errno::ENOENT)
    }
    // END SOLUTION
}
// BEGIN SOLUTION

/// Tells whether the error means that there is no such file.
fn is_missing(errno: Errno) -> bool {
    matches!(errno, Errno::ENOENT | Errno::ENOTDIR | Errno::ENAMETOOLONG | Errno::ELOOP)
}
// END SOLUTION

/// The paths at which `name` may be: itself if it has a slash, else one a directory of PATH.
fn candidates(name: &[u8]) -> Vec<CString> {
    if name.is_empty() {
        return Vec::new();
    }
    if name.contains(&b'/') {
        return vec![c_string(name.to_vec())];
    }
    let path = env::var_os("PATH");
    let path = path.as_ref().map_or(DEFAULT_PATH, |path| path.as_bytes());
    path.split(|&byte| byte == b':').map(|directory| c_string(join(directory, name))).collect()
}

/// A name in a directory; an empty directory is the current one.
fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    if directory.is_empty() { [b"./", name].concat() } else { [directory, b"/", name].concat() }
}

/// The bytes as a C string.
///
/// # Panics
/// If there is a NUL byte, which cannot be: a line with one is refused, and `$(..)` drops them.
pub(crate) fn c_string(bytes: Vec<u8>) -> CString {
    CString::new(bytes).expect("no word has a NUL byte")
}
