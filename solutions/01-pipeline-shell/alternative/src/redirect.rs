//! Applies redirections to a table, left to right.

use std::io::{Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::rc::Rc;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::stat::Mode as Bits;

use crate::say;
use crate::table::Table;
use crate::tree::Mode;

/// A redirection whose words are known.
pub(crate) struct Known {
    pub(crate) fd: i32,
    pub(crate) target: KnownTarget,
}

/// Where it leads.
pub(crate) enum KnownTarget {
    File(Mode, Vec<u8>),
    Copy(i32),
    Text(Vec<u8>),
}

/// Why a redirection failed.
pub(crate) struct Failure {
    word: Vec<u8>,
    errno: Errno,
    /// The file of a `<<<`: psh itself lacks descriptors or memory.
    own: bool,
}

impl Failure {
    /// One line on the command's stderr, as far as its redirections went.
    pub(crate) fn tell(&self, table: &Table) {
        say::complain(table.now(2), &self.word, &say::reason(self.errno));
    }

    /// The error, if psh itself lacks descriptors or memory.
    pub(crate) fn exhausted(&self) -> Option<Errno> {
        self.own.then_some(self.errno)
    }
}

/// Applies all, or stops at the first that fails.
pub(crate) fn apply(table: &mut Table, redirections: &[Known]) -> Result<(), Failure> {
    for Known { fd, target } in redirections {
        let own = matches!(target, KnownTarget::Text(_));
        let failure = |word: &[u8], errno| Failure { word: word.to_vec(), errno, own };
        match target {
            KnownTarget::File(mode, name) => {
                table.set(*fd, Rc::new(open_file(*mode, name).map_err(|errno| failure(name, errno))?));
            }
            KnownTarget::Copy(from) if table.copy(*fd, *from) => {}
            KnownTarget::Copy(from) => return Err(failure(from.to_string().as_bytes(), Errno::EBADF)),
            KnownTarget::Text(text) => {
                table.set(*fd, Rc::new(text_file(text).map_err(|errno| failure(b"pipe", errno))?));
            }
        }
    }
    Ok(())
}

/// Opens a file for a redirection; a new one has mode 0666 less umask.
fn open_file(mode: Mode, name: &[u8]) -> nix::Result<OwnedFd> {
    let flags = match mode {
        Mode::Read => OFlag::O_RDONLY,
        Mode::Write => OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC,
        Mode::Append => OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_APPEND,
    };
    let name = std::ffi::OsStr::from_bytes(name);
    loop {
        match open(name, flags | OFlag::O_CLOEXEC, Bits::from_bits_truncate(0o666)) {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}

/// A file without a name, gone with its last descriptor.
pub(crate) fn nameless_file() -> nix::Result<OwnedFd> {
    memfd_create(c"psh", MFdFlags::MFD_CLOEXEC)
}

/// A file that holds `text` and a newline: no size is too big for it, as it would be for a pipe.
fn text_file(text: &[u8]) -> nix::Result<OwnedFd> {
    let mut file = std::fs::File::from(nameless_file()?);
    let written = file.write_all(text).and_then(|()| file.write_all(b"\n")).and_then(|()| file.rewind());
    written.map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)))?;
    Ok(file.into())
}
