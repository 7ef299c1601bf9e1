//! Small steps of mount(2), with errors that say which path.

use std::fs;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::mount::{MsFlags, mount};
use nix::sys::stat::Mode;

use crate::sys::{self, Depth};

/// No source, type or data.
pub(crate) const NONE: Option<&str> = None;
/// Read-only, without devices and set-uid programs.
pub(crate) const RO: u64 = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;

/// `mount(2)` with plain texts; an empty source or type counts as none.
pub(crate) fn make(
    source: &str,
    at: &Path,
    kind: &str,
    flags: MsFlags,
    data: Option<&str>,
) -> Result<(), Errno> {
    let given = |text| Some(text).filter(|text: &&str| !text.is_empty());
    mount(given(source), at, given(kind), flags, data)
}

/// Mounts a folder in memory with room for `bytes` and `inodes`. It never holds set-uid programs or devices.
pub(crate) fn tmpfs(at: &Path, bytes: u64, inodes: u64, options: &str) -> Result<()> {
    let data = format!("size={bytes},nr_inodes={inodes},{options}");
    make("tmpfs", at, "tmpfs", MsFlags::MS_NOSUID | MsFlags::MS_NODEV, Some(&data))
        .with_context(|| format!("mount tmpfs at {}", at.display()))
}

/// Adds `attributes` (`MOUNT_ATTR_*`) to the mount at `path`, and to those on top of it if `depth` says so.
pub(crate) fn restrict(path: &Path, attributes: u64, depth: Depth) -> Result<()> {
    let context = || format!("restrict the mount {}", path.display());
    let fd = open(path, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty()).with_context(context)?;
    sys::mount_setattr(fd.as_fd(), attributes, depth).with_context(context)
}

/// Makes an empty folder or file to mount something on.
pub(crate) fn place(at: &Path, is_dir: bool) -> Result<()> {
    let context = || format!("make the mount point {}", at.display());
    if is_dir {
        return fs::create_dir_all(at).with_context(context);
    }
    fs::create_dir_all(at.parent().unwrap_or(Path::new("/"))).with_context(context)?;
    fs::OpenOptions::new().append(true).create(true).open(at).map(drop).with_context(context)
}

/// A name for what `fd` holds open, whatever is mounted over its path.
pub(crate) fn by_fd(fd: &OwnedFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", fd.as_raw_fd()))
}
