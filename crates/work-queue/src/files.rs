//! The files below the root, and no other: what a path in a request may reach.
//!
//! **Decided: a symbolic link is followed as long as it stays below the root.** The check is the kernel's
//! (`RESOLVE_BENEATH`), made in the same call that opens the file, so that nobody can move a link between the check
//! and the use. It covers `..`, absolute links and `%2e%2e` alike, because it looks at the decoded path.

use crate::answer::Status;
use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::sys::stat::Mode;
use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The folder that is served.
#[derive(Debug)]
pub struct Root(OwnedFd);

/// What a path leads to.
#[derive(Debug)]
pub enum Found {
    /// A regular file, its length in bytes, and what kind of content its name promises.
    File(File, u64, &'static str),
    /// A folder without a slash at the end of its path: links in its page would lead astray.
    Folder,
}

impl Root {
    /// open—Opens the folder. It stays the same folder, even if somebody renames it later.
    ///
    /// # Errors
    /// When it is no folder, or may not be read.
    pub fn open(path: &Path) -> Result<Self> {
        let flags = OFlag::O_DIRECTORY | OFlag::O_PATH | OFlag::O_CLOEXEC;
        let folder = open(path, flags, Mode::empty());
        Ok(Self(folder.with_context(|| format!("open the folder {}", path.display()))?))
    }

    /// openat2—Opens what `path` names. A folder, with its slash, stands for its `index.html`.
    ///
    /// # Errors
    /// 403 for a path that leads out of the root or may not be read, and for what is no regular file (a FIFO would
    /// block its reader, a device could be anything); 404 when there is none; 500 when this process is at its limits.
    pub fn find(&self, path: &[u8]) -> Result<Found, Status> {
        let mut path = PathBuf::from(OsStr::from_bytes(path));
        let names_folder = path.as_os_str().is_empty() || path.as_os_str().as_bytes().ends_with(b"/");
        if names_folder {
            path.push("index.html");
        }
        let file = File::from(self.open_below(&path).map_err(status_of)?);
        let about = file.metadata().map_err(|_| Status::SERVER_ERROR)?;
        match about.file_type() {
            kind if kind.is_file() => Ok(Found::File(file, about.len(), kind_of(&path))),
            kind if kind.is_dir() && !names_folder => Ok(Found::Folder),
            _ => Err(Status::FORBIDDEN),
        }
    }

    fn open_below(&self, path: &Path) -> nix::Result<OwnedFd> {
        // Without waiting: the open of a FIFO would wait for its writer.
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        let rules = ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_MAGICLINKS;
        loop {
            match openat2(&self.0, path, OpenHow::new().flags(flags).resolve(rules)) {
                // Somebody renamed a folder meanwhile, and the kernel could not be sure about a `..`.
                Err(Errno::EAGAIN | Errno::EINTR) => {}
                other => return other,
            }
        }
    }
}

fn status_of(reason: Errno) -> Status {
    match reason {
        Errno::EXDEV | Errno::EACCES | Errno::EPERM | Errno::ENXIO => Status::FORBIDDEN,
        Errno::ENOENT | Errno::ENOTDIR | Errno::ENAMETOOLONG | Errno::ELOOP => Status::NOT_FOUND,
        _ => Status::SERVER_ERROR,
    }
}

/// The media type that a file's extension promises.
fn kind_of(path: &Path) -> &'static str {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
    match extension.as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "txt" | "md" | "rs" | "toml" => "text/plain; charset=utf-8",
        "json" => "application/json",
        "pdf" => "application/pdf",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        _ => "application/octet-stream",
    }
}
