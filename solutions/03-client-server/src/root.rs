//! The folder whose files filed gives out, and nothing beside it. See `openat2(2)`, `path_resolution(7)`.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::sys::stat::Mode;

use crate::answer::Refusal;
use crate::failure::failed;

/// The folder, open.
#[derive(Debug)]
pub struct Root(OwnedFd);

impl Root {
    /// Opens the folder.
    ///
    /// # Errors
    /// `DIR: REASON`.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        open(path, flags, Mode::empty()).map(Self).map_err(|errno| failed(path.display(), errno))
    }

    /// Opens a file in it for reading. With a FIFO, that waits for a writer, unless `flags` say O_NONBLOCK.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] if the name leads out, whether or not something is there; otherwise `NotFound`, or
    /// `Failed` if filed lacks something.
    pub fn file(&self, name: &[u8], flags: OFlag) -> Result<OwnedFd, Refusal> {
        // BEGIN SOLUTION
        let path = Path::new(OsStr::from_bytes(name));
        if climbs_out(path) {
            return Err(Refusal::Forbidden);
        }
        let flags = flags | OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NOCTTY;
        let how = OpenHow::new().flags(flags).resolve(ResolveFlag::RESOLVE_BENEATH);
        loop {
            match openat2(&self.0, path, how) {
                // EAGAIN: somebody renames what we walk over, and the kernel could not be sure.
                Err(Errno::EINTR | Errno::EAGAIN) => {}
                Err(errno) => return Err(refusal(errno)),
                Ok(file) => return Ok(file),
            }
        }
        // END SOLUTION
        // STUB: todo!("M4: open the file; M5: but never one outside")
    }
}

impl AsFd for Root {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
// BEGIN SOLUTION

/// Whether the text alone leads out: the kernel would say so only if all before the `..` exists.
fn climbs_out(path: &Path) -> bool {
    let mut depth = 0_usize;
    for component in path.components() {
        let next = match component {
            Component::Normal(_) => depth.checked_add(1),
            Component::ParentDir => depth.checked_sub(1),
            Component::CurDir => Some(depth),
            Component::RootDir | Component::Prefix(_) => None,
        };
        match next {
            Some(next) => depth = next,
            None => return true,
        }
    }
    false
}

fn refusal(errno: Errno) -> Refusal {
    match errno {
        Errno::EXDEV => Refusal::Forbidden,
        Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM | Errno::EIO => Refusal::Failed,
        _ => Refusal::NotFound,
    }
}
// END SOLUTION
