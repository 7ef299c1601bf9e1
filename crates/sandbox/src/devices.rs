//! The sandbox's `/dev`: a few harmless devices of the host, its own terminals, message queues and shared memory.

use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::mount::{MsFlags, mount};
use nix::sys::stat::Mode;

use crate::identity::Mapping;
use crate::mounts::{self, NONE};
use crate::sys::Depth;

/// Devices that hold no state of the host. `/dev/tty` is whatever terminal its opener controls.
const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom", "tty"];
/// The customary links.
const LINKS: &[(&str, &str)] = &[
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
];

/// Opens the host's devices, before the host's tree goes away.
pub(crate) fn open_host() -> Result<Vec<(&'static str, OwnedFd)>> {
    let open_one = |name: &'static str| {
        let path = Path::new("/dev").join(name);
        match open(&path, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty()) {
            // Some containers have no /dev/tty.
            Err(Errno::ENOENT) => Ok(None),
            Err(error) => Err(error).with_context(|| format!("open {}", path.display())),
            Ok(fd) => Ok(Some((name, fd))),
        }
    };
    DEVICES.iter().filter_map(|name| open_one(name).transpose()).collect()
}

/// Fills `/dev` below the new root. `/dev/shm` is mounted with the other writable folders.
pub(crate) fn build(root: &Path, devices: Vec<(&'static str, OwnedFd)>, mapping: Mapping) -> Result<()> {
    let dev = root.join("dev");
    mounts::place(&dev, true)?;
    mounts::tmpfs(&dev, 64 << 10, 64, "mode=0755")?;
    for (name, fd) in devices {
        let at = dev.join(name);
        mounts::place(&at, false)?;
        mount(Some(&mounts::by_fd(&fd)), &at, NONE, MsFlags::MS_BIND, NONE)
            .with_context(|| format!("bind /dev/{name}"))?;
    }
    for (name, target) in LINKS {
        symlink(target, dev.join(name)).with_context(|| format!("link /dev/{name}"))?;
    }
    let owner = mapping.builder_uid();
    // The host's terminals are counted too, all together; 64 leave it enough.
    special(&dev.join("pts"), "devpts", Some("newinstance,ptmxmode=0666,mode=0600,max=64"))?;
    special(&dev.join("mqueue"), "mqueue", None)?;
    // The queue folder belongs to root; its mode (1777) lets everybody in.
    std::os::unix::fs::chown(dev.join("mqueue"), Some(owner), Some(owner)).context("give /dev/mqueue away")
}

fn special(at: &Path, kind: &str, data: Option<&str>) -> Result<()> {
    mounts::place(at, true)?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    mounts::make(kind, at, kind, flags, data).with_context(|| format!("mount {kind}"))
}

/// Makes `/dev` itself read-only, when all mount points in it exist.
pub(crate) fn seal(root: &Path) -> Result<()> {
    mounts::restrict(&root.join("dev"), mounts::RO, Depth::This)
}
