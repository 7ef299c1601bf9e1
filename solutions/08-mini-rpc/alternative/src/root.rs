//! The folder whose files rpcd opens for its clients, and nothing beside it. See `open(2)` (O_PATH), `path_resolution(7)`.
//!
//! The path is walked here, one component after the other, and so are links: no step can leave the folder.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat, readlinkat};
use nix::sys::stat::{Mode, SFlag, fstat};

use crate::failure::failed;
use crate::refusal::Refusal;

/// So many links may a path have: as many as the kernel allows.
const LINKS_MAX: usize = 40;

/// The folder, open.
#[derive(Debug)]
pub struct Root(OwnedFd);

/// What a client may open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A FIFO.
    Fifo,
}

/// Something that is found and not yet opened: for a FIFO, a writer waits still.
#[derive(Debug)]
pub struct Found(OwnedFd);

impl Root {
    /// Opens the folder.
    ///
    /// # Errors
    /// `DIR: REASON`.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        open(path, flags, Mode::empty()).map(Self).map_err(|errno| failed(path.display(), errno))
    }

    /// Finds what a client names.
    ///
    /// # Errors
    /// 9 if the name leads out, whether or not something is there; 3 otherwise.
    pub fn find(&self, name: &str, kind: Kind) -> Result<Found, Refusal> {
        if climbs_out(name) {
            return Err(Refusal::NOT_PERMITTED);
        }
        let found = self.walk(name)?;
        let mode = fstat(&found).map_err(Refusal::by_the_system)?.st_mode;
        let (wanted, complaint) = match kind {
            Kind::File => (SFlag::S_IFREG, "not a file"),
            Kind::Fifo => (SFlag::S_IFIFO, "not a FIFO"),
        };
        let is_wanted = mode & SFlag::S_IFMT.bits() == wanted.bits();
        if is_wanted { Ok(Found(found)) } else { Err(Refusal::failed(complaint)) }
    }

    fn walk(&self, name: &str) -> Result<OwnedFd, Refusal> {
        let mut ahead = components(OsStr::new(name));
        if ahead.is_empty() {
            return Err(Refusal::by_the_system(Errno::ENOENT));
        }
        let mut stack: Vec<OwnedFd> = Vec::new();
        let mut links = 0;
        while let Some(component) = ahead.pop_front() {
            if component == ".." {
                let top = stack.pop().ok_or(Refusal::NOT_PERMITTED)?;
                // Nothing is above what is no folder, or may not be searched.
                let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
                openat(&top, ".", flags, Mode::empty()).map_err(Refusal::by_the_system)?;
                continue;
            }
            let folder = stack.last().unwrap_or(&self.0);
            let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
            let next = openat(folder, component.as_os_str(), flags, Mode::empty())
                .map_err(Refusal::by_the_system)?;
            match readlinkat(&next, "") {
                Ok(target) => {
                    links += 1;
                    if links > LINKS_MAX {
                        return Err(Refusal::by_the_system(Errno::ELOOP));
                    }
                    if target.as_bytes().starts_with(b"/") {
                        return Err(Refusal::NOT_PERMITTED);
                    }
                    components(&target).into_iter().rev().for_each(|part| ahead.push_front(part));
                }
                // ENOENT, or EINVAL: it is no link.
                Err(_) if component == "." => {}
                Err(_) => stack.push(next),
            }
        }
        stack.pop().map_or_else(|| self.0.try_clone().map_err(|_| Refusal::by_the_system(Errno::EMFILE)), Ok)
    }
}

impl Found {
    /// Opens it for reading. Waits for nobody.
    ///
    /// # Errors
    /// 3 with the system's text.
    pub fn open(&self) -> Result<OwnedFd, Refusal> {
        let name = format!("/proc/self/fd/{}", self.0.as_fd().as_raw_fd());
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        open(name.as_str(), flags, Mode::empty()).map_err(Refusal::by_the_system)
    }
}

/// The parts of a path. An empty one at the end stands for the folder itself: `a/` must be one.
fn components(path: &OsStr) -> VecDeque<OsString> {
    let bytes = path.as_bytes();
    let parts = bytes.split(|&byte| byte == b'/').filter(|part| !part.is_empty());
    let mut parts: VecDeque<OsString> = parts.map(|part| OsStr::from_bytes(part).to_owned()).collect();
    if bytes.ends_with(b"/") {
        parts.push_back(".".into());
    }
    parts
}

/// By its text alone: it begins at the root, or is above the folder after any of its components.
fn climbs_out(name: &str) -> bool {
    let mut depth = 0_i64;
    name.starts_with('/')
        || name.split('/').any(|part| {
            depth += match part {
                "" | "." => 0,
                ".." => -1,
                _ => 1,
            };
            depth < 0
        })
}
