//! Folders that may be written inside and stay as they are outside: overlayfs on top of memory, or, where the kernel
//! refuses, a copy.

use std::fs;
use std::os::unix::fs::{chown, lchown};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, umount2};

use crate::identity::Mapping;
use crate::order::{Message, Status};
use crate::{copy, mounts, tree};

/// The read-only side of an overlay.
pub(crate) trait Lower {
    /// A path under which it can be reached now.
    fn host(&self) -> PathBuf;
    /// Where it is to be seen.
    fn to(&self) -> &Path;
}

/// Mounts every overlay, all with one backing store of `bytes`.
pub(crate) fn mount_all(
    root: &Path,
    lower: &[impl Lower],
    bytes: u64,
    mapping: Mapping,
    status: &Status,
) -> Result<()> {
    if lower.is_empty() {
        return Ok(());
    }
    let backing = root.join(".backing");
    mounts::place(&backing, true)?;
    mounts::tmpfs(&backing, bytes, inodes(bytes), "mode=0700")?;
    for (index, lower) in lower.iter().enumerate() {
        let store = backing.join(index.to_string());
        if let Err(error) = mount_one(root, lower, &store, mapping)? {
            let to = lower.to().display();
            status.send(&Message::Note(format!("overlay {to}: {error}; it was copied")))?;
            copy_instead(root, lower, bytes, mapping)?;
        }
    }
    // The overlays hold on to it; its name would only invite.
    umount2(&backing, MntFlags::MNT_DETACH).context("hide the overlays' store")?;
    fs::remove_dir(&backing).context("hide the overlays' store")
}

/// One file for every 4 KiB: a build's many small files fit.
fn inodes(bytes: u64) -> u64 {
    bytes >> 12
}

/// The outer error is ours, the inner one the kernel's refusal.
fn mount_one(root: &Path, lower: &impl Lower, store: &Path, mapping: Mapping) -> Result<Result<(), Errno>> {
    let (upper, work) = (store.join("upper"), store.join("work"));
    for folder in [&upper, &work] {
        fs::create_dir_all(folder).context("make an overlay's folder")?;
    }
    let owner = mapping.builder_uid();
    chown(&upper, Some(owner), Some(owner)).context("give an overlay away")?;
    let to = tree::inside(root, lower.to())?;
    mounts::place(&to, true)?;
    // In a user namespace the trusted.* attributes are not ours to write. Outside, `metacopy` makes the change of
    // owner below cost an inode each, not a copy each.
    let mode = if mapping == Mapping::Namespace { "userxattr" } else { "metacopy=on" };
    let data = format!(
        "lowerdir={},upperdir={},workdir={},{mode}",
        lower.host().display(),
        upper.display(),
        work.display()
    );
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    if let Err(error) = mounts::make("overlay", &to, "overlay", flags, Some(&data)) {
        return Ok(Err(error));
    }
    if let Mapping::Slot(uid) = mapping {
        give_away(&to, uid)?;
    }
    Ok(Ok(()))
}

/// Makes `uid` the owner of everything below `folder`.
pub(crate) fn give_away(folder: &Path, uid: u32) -> Result<()> {
    let context = || format!("give {} away", folder.display());
    lchown(folder, Some(uid), Some(uid)).with_context(context)?;
    for entry in fs::read_dir(folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        if entry.file_type().with_context(context)?.is_dir() {
            give_away(&entry.path(), uid)?;
        } else {
            lchown(entry.path(), Some(uid), Some(uid)).with_context(context)?;
        }
    }
    Ok(())
}

fn copy_instead(root: &Path, lower: &impl Lower, bytes: u64, mapping: Mapping) -> Result<()> {
    let to = tree::inside(root, lower.to())?;
    let owner = mapping.builder_uid();
    mounts::tmpfs(&to, bytes, inodes(bytes), &format!("mode=0755,uid={owner},gid={owner}"))?;
    copy::tree(&lower.host(), &to)?;
    if let Mapping::Slot(uid) = mapping { give_away(&to, uid) } else { Ok(()) }
}
