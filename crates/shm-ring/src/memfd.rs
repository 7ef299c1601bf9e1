//! A segment without a name: memfd_create; and seals, promises about its size that nobody can take back.

use std::ffi::CStr;
use std::os::fd::{AsFd, OwnedFd};

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::ftruncate;

/// memfd_create, ftruncate—Makes memory of `length` bytes that is reached by its descriptor only.
///
/// The label is no name: it stands in /proc/PID/maps for whoever debugs, and two may have the same.
///
/// # Errors
/// `EMFILE` when no descriptor is left, `EFBIG` or `EINVAL` for a bad length.
///
/// See also: `memfd_create(2)`
pub fn create(label: &CStr, length: u64) -> Result<OwnedFd> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let memory = memfd_create(label, flags).context("make a memfd")?;
    let length = length.try_into().with_context(|| format!("{length} bytes are too many"))?;
    ftruncate(&memory, length).context("set the length of a memfd")?;
    Ok(memory)
}

/// fcntl F_ADD_SEALS—Fixes the size for ever: nobody can shrink or grow it, nor take a seal away or add one.
///
/// # Errors
/// `EPERM` when it was not made for sealing, or is sealed already.
///
/// See also: `F_ADD_SEALS(2const)`
pub fn fix_size(memory: impl AsFd) -> Result<()> {
    fcntl(memory, FcntlArg::F_ADD_SEALS(size_is_fixed())).context("seal a memfd").map(drop)
}

/// fcntl F_GET_SEALS—Whether nobody can shrink or grow it any more. A receiver asks before it maps.
///
/// # Errors
/// `EINVAL` for a descriptor that has no seals at all: a file, a pipe.
pub fn has_fixed_size(memory: impl AsFd) -> Result<bool> {
    let seals = fcntl(memory, FcntlArg::F_GET_SEALS).context("ask for the seals")?;
    Ok(SealFlag::from_bits_truncate(seals).contains(SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW))
}

fn size_is_fixed() -> SealFlag {
    SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL
}
