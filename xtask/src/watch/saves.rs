//! Notices saves: by inotify(7), or by looking every now and then where no events come (a limit is reached; a folder
//! of another machine: NFS, WSL, a container's host). It only says *look now*; what changed, the snapshot knows. So a
//! lost event costs a moment and never a save.
//!
//! nix's inotify is used and not a crate above it: those compare times in whole seconds when they poll.

use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::sys::statfs::{self, FsType};

use super::snapshot::folders;

/// How often to look where no events come.
const OFTEN: Duration = Duration::from_millis(300);

/// How often to look although events come: in case they do not.
const SELDOM: Duration = Duration::from_secs(2);

/// A file is whole when its writer closes it or renames it to its place; before that there is nothing to see.
const WHOLE: AddWatchFlags = AddWatchFlags::IN_CLOSE_WRITE
    .union(AddWatchFlags::IN_MOVED_TO)
    .union(AddWatchFlags::IN_MOVED_FROM)
    .union(AddWatchFlags::IN_CREATE)
    .union(AddWatchFlags::IN_DELETE)
    .union(AddWatchFlags::IN_ONLYDIR);

/// File systems on which another machine may write: the kernel tells us of our own writes only.
const REMOTE: [(FsType, &str); 5] = [
    (statfs::NFS_SUPER_MAGIC, "NFS"),
    (statfs::SMB_SUPER_MAGIC, "SMB"),
    (FsType(0xff53_4d42), "SMB"),
    (FsType(0x0102_1997), "9p"),
    (statfs::FUSE_SUPER_MAGIC, "FUSE"),
];

/// Tells when to look at the files.
#[derive(Debug)]
pub(super) struct Saves {
    lab: PathBuf,
    inotify: Option<Inotify>,
    /// Why there are no events.
    reason: String,
    /// A change was seen that no event had announced.
    is_doubted: bool,
}

impl Saves {
    /// Watches a lab's folders, by events if that may work.
    pub(super) fn new(lab: &Path, is_asked_to_poll: bool) -> Self {
        let lab = lab.to_owned();
        let mut saves = Self { lab, inotify: None, reason: String::new(), is_doubted: false };
        let started = match (is_asked_to_poll, remote(&saves.lab)) {
            (true, _) => Err("as you asked".to_owned()),
            (false, Some(name)) => Err(format!("the folder is on {name}")),
            (false, None) => Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK).map_err(limit),
        };
        match started.and_then(|inotify| add(&inotify, &saves.lab).map(|()| inotify).map_err(limit)) {
            Ok(inotify) => saves.inotify = Some(inotify),
            Err(reason) => saves.reason = reason,
        }
        saves
    }

    /// For the status line.
    pub(super) fn how(&self) -> String {
        match &self.inotify {
            Some(_) => "file events".to_owned(),
            None => format!("polling: {}", self.reason),
        }
    }

    /// Readable when something may have been saved.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.inotify.as_ref().map(|inotify| inotify.as_fd())
    }

    /// How long to wait before the next look.
    pub(super) fn patience(&self) -> Duration {
        if self.inotify.is_some() { SELDOM } else { OFTEN }
    }

    /// Takes all events, and watches folders that are new. Whether there was one. Look at the files afterwards: what is
    /// written before is then seen, what is written later makes another event.
    pub(super) fn take(&mut self) -> bool {
        let Some(inotify) = &self.inotify else { return false };
        let mut had_event = false;
        let taken = loop {
            match inotify.read_events() {
                Ok(_) => had_event = true,
                Err(Errno::EAGAIN) => break Ok(()),
                Err(Errno::EINTR) => {}
                Err(error) => break Err(error),
            }
        };
        if had_event {
            self.is_doubted = false;
        }
        if let Err(error) = taken.and_then(|()| add(inotify, &self.lab)) {
            self.poll(limit(error));
        }
        had_event
    }

    /// A look that no event had asked for found a change, or none. The writer may not have closed the file yet; but if
    /// there is still no event at the next such look, events do not come here.
    pub(super) fn looked(&mut self, found_change: bool) {
        if self.is_doubted {
            self.poll("no file events come here".to_owned());
        }
        self.is_doubted = found_change && self.inotify.is_some();
    }

    fn poll(&mut self, reason: String) {
        (self.inotify, self.reason, self.is_doubted) = (None, reason, false);
    }
}

/// Adding a folder twice changes nothing; one that vanished meanwhile is not there.
fn add(inotify: &Inotify, lab: &Path) -> nix::Result<()> {
    for dir in folders(lab) {
        match inotify.add_watch(&dir, WHOLE) {
            Ok(_) | Err(Errno::ENOENT | Errno::ENOTDIR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn limit(error: Errno) -> String {
    match error {
        Errno::ENOSPC => "fs.inotify.max_user_watches is reached".to_owned(),
        Errno::EMFILE => "fs.inotify.max_user_instances is reached".to_owned(),
        error => format!("inotify: {}", error.desc()),
    }
}

fn remote(lab: &Path) -> Option<&'static str> {
    let kind = statfs::statfs(lab).ok()?.filesystem_type();
    REMOTE.iter().find(|(remote, _)| *remote == kind).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn lab() -> tempfile::TempDir {
        let lab = tempfile::tempdir().unwrap();
        fs::create_dir(lab.path().join("src")).unwrap();
        lab
    }

    #[test]
    fn a_file_in_a_new_folder_is_announced() {
        let lab = lab();
        let mut saves = Saves::new(lab.path(), false);
        assert!(!saves.take());
        fs::create_dir(lab.path().join("src/new")).unwrap();
        assert!(saves.take());
        fs::write(lab.path().join("src/new/a.rs"), "").unwrap();
        assert!(saves.take());
        assert!(!saves.take());
    }

    #[test]
    fn where_no_events_come_it_polls() {
        let lab = lab();
        let mut saves = Saves::new(lab.path(), false);
        saves.looked(true);
        assert_eq!(saves.how(), "file events");
        fs::write(lab.path().join("src/a.rs"), "").unwrap();
        assert!(saves.take());
        saves.looked(true);
        assert_eq!(saves.how(), "file events");
        saves.looked(false);
        assert_eq!(saves.how(), "polling: no file events come here");
        assert!(saves.fd().is_none() && saves.patience() < SELDOM);
    }

    #[test]
    fn polling_can_be_asked_for() {
        assert_eq!(Saves::new(lab().path(), true).how(), "polling: as you asked");
    }
}
