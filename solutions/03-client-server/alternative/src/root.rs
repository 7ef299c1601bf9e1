//! The folder whose files filed gives out, and nothing beside it. See `openat(2)`: O_PATH, O_NOFOLLOW;
//! `path_resolution(7)`.
//!
//! The kernel is never asked to follow a link nor to go up: this file does both itself, from the root down, one
//! component at a time. So a name cannot leave the root, whoever moves folders or swaps links meanwhile.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat, readlinkat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat};

use crate::answer::Refusal;
use crate::failure::failed;

/// So many links are followed for one name, as the kernel does.
const LINKS_MAX: usize = 40;

/// The folder, open.
#[derive(Debug)]
pub struct Root(OwnedFd);

/// What can be read.
#[derive(Debug)]
pub enum Document {
    /// With its size at the moment of the open.
    Regular(File, u64),
    /// Has no size before its end.
    Fifo(File),
}

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
    pub fn document(&self, name: &[u8], flags: OFlag) -> Result<Document, Refusal> {
        if climbs_out(name) {
            return Err(Refusal::Forbidden);
        }
        let (folder, leaf) = Walk::new(self, name)?.run()?;
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NOCTTY | OFlag::O_CLOEXEC | flags;
        let file = retry(|| openat(&folder, leaf.as_slice(), flags, Mode::empty())).map_err(refusal)?;
        let stat = fstat(&file).map_err(refusal)?;
        match kind_of(&stat) {
            SFlag::S_IFREG => Ok(Document::Regular(file.into(), stat.st_size.unsigned_abs())),
            SFlag::S_IFIFO => Ok(Document::Fifo(file.into())),
            _ => Err(Refusal::NotFound),
        }
    }
}

/// Whether the text alone, without a look at the files, says that the name is above the root at one of its
/// components.
fn climbs_out(name: &[u8]) -> bool {
    let mut depth = 0_usize;
    for component in name.split(|&byte| byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." if depth == 0 => return true,
            b".." => depth -= 1,
            _ => depth += 1,
        }
    }
    name.starts_with(b"/")
}

/// Where the walk is.
struct Walk<'a> {
    root: &'a Root,
    /// The folder that was reached, and its path from the root: no links, no `..`.
    here: OwnedFd,
    trail: Vec<Vec<u8>>,
    /// The components that are still to be walked, the next one last.
    todo: Vec<Vec<u8>>,
    links: usize,
}

impl<'a> Walk<'a> {
    fn new(root: &'a Root, name: &[u8]) -> Result<Self, Refusal> {
        let here = root.0.try_clone().map_err(|_| Refusal::Failed)?;
        let mut walk = Self { root, here, trail: Vec::new(), todo: Vec::new(), links: 0 };
        walk.push(name);
        Ok(walk)
    }

    fn push(&mut self, path: &[u8]) {
        self.todo.extend(path.split(|&byte| byte == b'/').rev().map(<[u8]>::to_vec));
    }

    /// The folder that has the file, and the file's name in it.
    fn run(mut self) -> Result<(OwnedFd, Vec<u8>), Refusal> {
        while let Some(component) = self.todo.pop() {
            match component.as_slice() {
                b"" | b"." => {}
                b".." => self.up()?,
                name => {
                    let found = step(&self.here, name)?;
                    match kind_of(&fstat(&found).map_err(refusal)?) {
                        SFlag::S_IFLNK => self.follow(&found)?,
                        SFlag::S_IFDIR => {
                            self.here = found;
                            self.trail.push(component);
                        }
                        // Nothing may stand behind a file, not even a slash.
                        SFlag::S_IFREG | SFlag::S_IFIFO if self.todo.is_empty() => {
                            return Ok((self.here, component));
                        }
                        _ => return Err(Refusal::NotFound),
                    }
                }
            }
        }
        Err(Refusal::NotFound)
    }

    fn follow(&mut self, link: &OwnedFd) -> Result<(), Refusal> {
        self.links += 1;
        if self.links > LINKS_MAX {
            return Err(Refusal::NotFound);
        }
        let target = readlinkat(link, c"").map_err(refusal)?;
        if target.as_bytes().starts_with(b"/") {
            return Err(Refusal::Forbidden);
        }
        self.push(target.as_bytes());
        Ok(())
    }

    /// Goes up by going down again from the root: the kernel's `..` leads wherever the folder has been moved to
    /// meanwhile.
    fn up(&mut self) -> Result<(), Refusal> {
        self.trail.pop().ok_or(Refusal::Forbidden)?;
        self.here = self.root.0.try_clone().map_err(|_| Refusal::Failed)?;
        for name in &self.trail {
            self.here = step(&self.here, name)?;
        }
        Ok(())
    }
}

/// One component down, to whatever is there.
fn step(from: impl AsFd, name: &[u8]) -> Result<OwnedFd, Refusal> {
    let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    openat(from, name, flags, Mode::empty()).map_err(refusal)
}

fn kind_of(stat: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits())
}

/// What cannot be read is not there, unless it is filed that lacks something.
fn refusal(errno: Errno) -> Refusal {
    match errno {
        Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM => Refusal::Failed,
        _ => Refusal::NotFound,
    }
}
