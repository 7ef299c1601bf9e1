//! Who the programs run as, and how the helper stops being anybody else.

use std::fs;
use std::io::ErrorKind;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use anyhow::{Context, Result, bail};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid};

use crate::sys;

/// The uid and gid seen inside a user namespace.
const STUDENT: u32 = 1000;
/// The first uid of the slots. Debian and systemd leave 60000 to 60577 free.
pub(crate) const FIRST_SLOT: u32 = 60_000;
/// How many there are.
const SLOTS: u32 = 500;

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

/// A slot's uid, held by this process as long as this lives: two graders of one root never share a uid, or they would
/// share its limit of processes.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) uid: u32,
    /// An abstract socket is a lock that needs no file and cannot be left behind.
    _lock: UnixDatagram,
}

impl Claim {
    /// Root's claim on the uid of `slot`, or on the next that is free. Nothing for an ordinary user, who needs none, and
    /// for root of a container that has no such uids.
    pub(crate) fn new(slot: u32) -> Result<Option<Self>> {
        if !Uid::effective().is_root() || !is_mapped(FIRST_SLOT + SLOTS)? {
            return Ok(None);
        }
        for uid in (FIRST_SLOT + slot % SLOTS..).take(SLOTS as usize) {
            let name =
                SocketAddr::from_abstract_name(format!("ipc-labs-slot-{uid}")).context("name a slot")?;
            match UnixDatagram::bind_addr(&name) {
                Ok(lock) => return Ok(Some(Self { uid, _lock: lock })),
                Err(error) if error.kind() == ErrorKind::AddrInUse => {}
                Err(error) => return Err(error).context("claim a slot"),
            }
        }
        bail!("claim a slot: uids {FIRST_SLOT} and the {SLOTS} after it are in use")
    }
}

/// Whether this user namespace has `uid`. Lines of uid_map: first inside, first outside, how many.
fn is_mapped(uid: u32) -> Result<bool> {
    let map = fs::read_to_string("/proc/self/uid_map").context("read uid_map")?;
    Ok(map.lines().any(|line| covers(line, uid)))
}

fn covers(line: &str, uid: u32) -> bool {
    let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    matches!(numbers[..], [first, _, count] if (first..first + count).contains(&u64::from(uid)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rootless_container_has_no_slots() {
        assert!(covers("         0          0 4294967295", FIRST_SLOT));
        assert!(covers("1 100000 65536", FIRST_SLOT));
        assert!(!covers("0 1000 1", FIRST_SLOT));
        assert!(!covers("", FIRST_SLOT));
    }
}
