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

// BEGIN SOLUTION
/// Tells whether one of them opens a file, which may take long: a FIFO waits for its other side.
pub fn opens_files(redirects: &[Redirect]) -> bool {
    redirects.iter().any(|redirect| matches!(redirect.origin, Origin::File(..)))
}

// END SOLUTION

/// Applies the redirections from left to right; the first that fails ends it with a message and `false`.
pub fn apply(redirects: &[Redirect]) -> bool {
    if redirects.is_empty() {
        return true;
    }
    // BEGIN SOLUTION
    redirects.iter().enumerate().all(|(index, redirect)| {
        let result = apply_one(redirect, &redirects[..index]);
        result.inspect_err(|&errno| redirect.complain(errno)).is_ok()
    })
    // END SOLUTION
    // STUB: todo!("M4: apply each redirection from left to right; say what fails (`Redirect::complain`)")
}
// BEGIN SOLUTION

fn apply_one(redirect: &Redirect, earlier: &[Redirect]) -> nix::Result<()> {
    let to = redirect.descriptor;
    match &redirect.origin {
        Origin::File(name, flags) => {
            let file = open(name.as_c_str(), *flags, Mode::from_bits_truncate(0o666))?;
            if file.as_raw_fd() == to { keep(file.into_raw_fd()) } else { duplicate(file.as_raw_fd(), to) }
        }
        Origin::Duplicate(from) if !is_users(*from, earlier) => Err(Errno::EBADF),
        Origin::Duplicate(from) => duplicate(*from, to),
        Origin::Open(file) => duplicate(file.as_raw_fd(), to),
    }
}

/// Whether the command has this descriptor. What psh keeps at the same number, closed on exec, is
/// not the user's.
fn is_users(descriptor: RawFd, earlier: &[Redirect]) -> bool {
    descriptor <= libc::STDERR_FILENO || earlier.iter().any(|redirect| redirect.descriptor == descriptor)
}

/// `dup2(2)`: the copy stays open on exec.
fn duplicate(from: RawFd, to: RawFd) -> nix::Result<()> {
    // SAFETY: `to` is 0 to 9. There psh keeps only 0, 1, 2 and pipe ends that a child has done with.
    Errno::result(unsafe { libc::dup2(from, to) }).map(drop)
}

/// Puts a copy back where it was, and, beyond 2, where psh keeps it from commands.
fn put_back(copy: &OwnedFd, to: RawFd) -> nix::Result<()> {
    let flags = if to > libc::STDERR_FILENO { libc::O_CLOEXEC } else { 0 };
    // SAFETY: the redirection made `to`, and it is over; no `OwnedFd` has that number.
    Errno::result(unsafe { libc::dup3(copy.as_raw_fd(), to, flags) }).map(drop)
}

/// The file happened to be opened at the very number it is to have. `dup2` onto itself would do
/// nothing, and the file would close on exec.
fn keep(descriptor: RawFd) -> nix::Result<()> {
    // SAFETY: it was opened just now, and stays open: its owner gave it up by `into_raw_fd`.
    let descriptor = unsafe { BorrowedFd::borrow_raw(descriptor) };
    fcntl(descriptor, FcntlArg::F_SETFD(FdFlag::empty())).map(drop)
}
// END SOLUTION

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
        // BEGIN SOLUTION
        for redirect in redirects {
            let descriptor = redirect.descriptor;
            // SAFETY: only asked whether it is open; if it is, it stays so for this call.
            let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor) };
            let copy = match private_copy(borrowed) {
                Err(Errno::EBADF) => None,
                result => Some(result?),
            };
            copies.push((descriptor, copy));
        }
        // END SOLUTION
        // STUB: // M4: copy each descriptor out of the way (`private_copy`)
        Ok(Saved { copies })
    }
}

impl Drop for Saved {
    fn drop(&mut self) {
        // BEGIN SOLUTION
        // Backwards: of a descriptor that is redirected twice, the first copy counts.
        for (descriptor, copy) in self.copies.drain(..).rev() {
            let result = match copy {
                Some(copy) => put_back(&copy, descriptor),
                // SAFETY: the redirection opened this number; no `OwnedFd` has it.
                None => Errno::result(unsafe { libc::close(descriptor) }).map(drop),
            };
            // EBADF: the redirection failed before it opened anything.
            if let Err(errno) = result
                && errno != Errno::EBADF
            {
                complain(descriptor.to_string().as_bytes(), &reason(errno));
            }
        }
        // END SOLUTION
        // STUB: self.copies.clear(); // M4: put each descriptor back, the last one first
    }
}
