//! Who the programs run as, and how the helper stops being anybody else.

use std::fs;

use anyhow::{Context, Result};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid};

use crate::{full, sys};

/// The uid and gid seen inside a user namespace.
const STUDENT: u32 = 1000;
/// The first uid of the slots.
const FIRST_SLOT: u32 = 60_000;

/// How the host's users and the sandbox's are related.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mapping {
    /// Started by an ordinary user: two user namespaces, of which the inner one knows only [`STUDENT`].
    Namespace,
    /// Started by root: no user namespace; a uid of this slot's own, which nobody else uses.
    Slot(u32),
}

impl Mapping {
    /// The owner of what is made for the programs, as the helper sees it while it builds.
    pub(crate) fn builder_uid(self) -> u32 {
        match self {
            Self::Namespace => 0,
            Self::Slot(uid) => uid,
        }
    }

    /// The owner as the programs see it.
    pub(crate) fn inner_uid(self) -> u32 {
        match self {
            Self::Namespace => STUDENT,
            Self::Slot(uid) => uid,
        }
    }
}

/// The mapping for this caller.
pub(crate) fn mapping(slot: u32) -> Mapping {
    if full::is_root() { Mapping::Slot(slot_uid(slot)) } else { Mapping::Namespace }
}

/// The uid of a slot.
pub(crate) fn slot_uid(slot: u32) -> u32 {
    FIRST_SLOT + slot
}

/// Maps one user and group of the outer namespace into the one this process has just made.
pub(crate) fn write_maps(inside: u32, uid: Uid, gid: Gid) -> Result<()> {
    let put = |name: &str, text: String| {
        fs::write(format!("/proc/self/{name}"), text).with_context(|| format!("write {name}"))
    };
    put("setgroups", "deny".to_owned())?;
    put("uid_map", format!("{inside} {uid} 1"))?;
    put("gid_map", format!("{inside} {gid} 1"))
}

/// Gives up every capability and every way back, for this process and all below it.
pub(crate) fn drop_everything(mapping: Mapping) -> Result<()> {
    if mapping == Mapping::Namespace {
        let root = (Uid::effective(), Gid::effective());
        unshare(CloneFlags::CLONE_NEWUSER).context("unshare the second user namespace")?;
        write_maps(STUDENT, root.0, root.1)?;
    }
    sys::drop_bounding_set().context("empty the bounding set")?;
    if let Mapping::Slot(uid) = mapping {
        become_slot(uid)?;
    }
    sys::drop_capabilities().context("drop capabilities")?;
    prctl::set_no_new_privs().context("set no_new_privs")
}

/// Turns root into a slot's user, for ever.
pub(crate) fn become_slot(uid: u32) -> Result<()> {
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(uid));
    setgroups(&[]).context("leave all groups")?;
    setresgid(gid, gid, gid).context("become the slot's group")?;
    setresuid(uid, uid, uid).context("become the slot's user")
}
