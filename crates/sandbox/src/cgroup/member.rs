//! The helper's side of a group: how its child joins, and how all of it is killed.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::unistd::write;
use serde::{Deserialize, Serialize};

use crate::order::{Message, Status};
use crate::sys;

/// The numbers under which the helper inherits a group's files; none where there is no group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Doors {
    /// `cgroup.procs` of each hierarchy.
    pub(crate) procs: Vec<RawFd>,
    /// `cgroup.kill`.
    pub(crate) kill: Option<RawFd>,
}

impl Doors {
    pub(crate) fn of(procs: &[OwnedFd], kill: Option<&OwnedFd>) -> Self {
        Self { procs: procs.iter().map(AsRawFd::as_raw_fd).collect(), kill: kill.map(AsRawFd::as_raw_fd) }
    }

    /// All of them.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = RawFd> {
        self.procs.iter().copied().chain(self.kill)
    }
}

/// A group's files, held by the helper.
#[derive(Debug, Default)]
pub(crate) struct Membership {
    procs: Vec<OwnedFd>,
    kill: Option<OwnedFd>,
}

impl Membership {
    /// Takes over what the caller left open.
    pub(crate) fn adopt(doors: &Doors) -> Result<Self> {
        let procs = doors.procs.iter().map(|fd| sys::adopt(*fd)).collect::<Result<_, Errno>>();
        let kill = doors.kill.map(sys::adopt).transpose();
        Ok(Self { procs: procs.context("open the cgroup")?, kill: kill.context("open cgroup.kill")? })
    }

    /// Puts this process, and all it will start, into the group. Where the kernel refuses, the watchdog alone is left; that
    /// is told, and no reason to fail.
    pub(crate) fn join(&self, status: &Status) -> Result<()> {
        // Zero stands for whoever writes it.
        match self.procs.iter().try_for_each(|procs| write(procs, b"0").map(drop)) {
            Ok(()) => Ok(()),
            Err(errno) => status.send(&Message::NoGroup(format!("join: {errno}"))),
        }
    }

    /// Kills everybody in the group, which no fork can outrun; `false` where this kernel cannot.
    pub(crate) fn kill(&self) -> bool {
        self.kill.as_ref().is_some_and(|kill| write(kill, b"1").is_ok())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read;

    use super::*;
    use crate::order::parse;

    #[test]
    fn a_group_that_refuses_is_told_and_no_failure() {
        let (mut reader, writer) = std::io::pipe().expect("make a pipe");
        let status = Status::new(writer.into());
        // Every write to it fails.
        let full = File::options().write(true).open("/dev/full").expect("open /dev/full");
        let group = Membership { procs: vec![full.into()], kill: None };
        group.join(&status).expect("the run goes on");
        assert!(!group.kill());
        drop(status);
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).expect("read the status");
        let told = parse(&bytes);
        assert!(
            matches!(&told[..], [(Message::NoGroup(why), _)] if why.starts_with("join: ENOSPC")),
            "{told:?}"
        );
    }
}
