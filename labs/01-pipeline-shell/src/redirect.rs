//! Redirections: opening files and moving descriptors. See `open(2)`, `dup2(2)`, `umask(2)`.

#![allow(unsafe_code, reason = "a redirection names descriptors by number: nobody in psh owns them")]

use crate::descriptor::private_copy;
use crate::exec::c_string;
use crate::failure::{complain, reason};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl, open};
use nix::libc;
use nix::sys::stat::Mode;
use std::ffi::CString;
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};

/// One redirection, with all it needs prepared before fork.
#[derive(Debug)]
pub struct Redirect {
    /// The descriptor that changes.
    pub descriptor: RawFd,
    /// What it becomes.
    pub origin: Origin,
}

/// Where a redirected descriptor comes from.
#[derive(Debug)]
pub enum Origin {
    /// A file, yet to be opened.
    File(CString, OFlag),
    /// Another descriptor.
    Duplicate(RawFd),
    /// A file that is open already, at 10 or above.
    Open(OwnedFd),
}

impl Redirect {
    /// A redirection to a file.
    pub fn file(descriptor: RawFd, name: Vec<u8>, flags: OFlag) -> Self {
        Redirect { descriptor, origin: Origin::File(c_string(name), flags | OFlag::O_CLOEXEC) }
    }

    /// Names what failed: the file, or the descriptor.
    fn complain(&self, errno: Errno) {
        match &self.origin {
            Origin::File(name, _) => complain(name.as_bytes(), &reason(errno)),
            Origin::Duplicate(from) => complain(from.to_string().as_bytes(), &reason(errno)),
            Origin::Open(_) => complain(self.descriptor.to_string().as_bytes(), &reason(errno)),
        }
    }
}

/// Applies the redirections from left to right; the first that fails ends it with a message and `false`.
pub fn apply(redirects: &[Redirect]) -> bool {
    if redirects.is_empty() {
        return true;
    }
    todo!("M4: apply each redirection from left to right; say what fails (`Redirect::complain`)")
}

/// What the redirected descriptors of psh itself were before; dropping it puts them back.
#[derive(Debug)]
pub struct Saved {
    /// Each descriptor with its copy, or `None` if it was closed.
    copies: Vec<(RawFd, Option<OwnedFd>)>,
}

impl Saved {
    /// Copies the descriptors that `redirects` will change.
    ///
    /// # Errors
    /// `EMFILE`, if there are too many open files.
    pub fn before(redirects: &[Redirect]) -> nix::Result<Self> {
        let mut copies = Vec::new();
        // M4: copy each descriptor out of the way (`private_copy`)
        Ok(Saved { copies })
    }
}

impl Drop for Saved {
    fn drop(&mut self) {
        self.copies.clear(); // M4: put each descriptor back, the last one first
    }
}
