//! open(2) of a FIFO: it waits until somebody opens the other end; fifo(7).

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

use super::Reader;
use crate::World;
use crate::borrow::peek_text;
use crate::part::{Clue, Part};
use crate::proc::link;
use crate::proc::process::Process;
use crate::proc::thread::Thread;
use crate::report::Kind;
use crate::words;

impl Reader<'_> {
    /// openat(2). `folder` is a descriptor or `AT_FDCWD`.
    pub(super) fn openat(
        &self,
        member: &Process,
        thread: &Thread,
        folder: i32,
        name: u64,
        flags: u64,
    ) -> (Kind, Part) {
        let Some(name) = peek_text(member.pid, name) else {
            return (Kind::Open, Part::alive("waits in open(2)", "something unknown"));
        };
        let shown = words::path(&name);
        let Some(file) = fifo(member.pid, thread.tid(), folder, &name) else {
            return (Kind::Open, Part::alive(format!("waits to open {shown}"), "the file system"));
        };
        if self.gates.contains(&file) {
            return (Kind::Open, self.at_gate(&name));
        }
        let is_writer = flags as i32 & libc::O_ACCMODE == libc::O_WRONLY;
        let (own, direction) =
            if is_writer { ("writing", "for reading") } else { ("reading", "for writing") };
        let mut part = Part::new(format!(
            "waits to open the FIFO {shown} for {own}: that needs somebody who opens it {direction}, and nobody \
             has"
        ));
        part.anyone = true;
        part.clues.push(Clue::MissingOpener { path: shown, direction });
        if self.snapshot.world == World::Open {
            part.hope_later("somebody who opens the FIFO later");
        }
        (Kind::Open, part)
    }

    fn at_gate(&self, name: &str) -> Part {
        let gate = words::path(name.rsplit('/').next().unwrap_or(name));
        let mut part = Part::new(format!(
            "waits at the gate `{gate}`, which the check opens only after what it waits for"
        ));
        part.clues.push(Clue::AtGate);
        if self.snapshot.world == World::Open {
            part.hope("the check");
        }
        part
    }
}

/// Device and inode of the FIFO that the program calls `name`; `None` if it is none.
fn fifo(pid: i32, tid: i32, folder: i32, name: &str) -> Option<(u64, u64)> {
    let base = format!("/proc/{pid}/task/{tid}");
    let path = match (name.strip_prefix('/'), folder) {
        // A link such as /dev/stdin would lead to our own descriptor.
        (Some(_), _) if link(&format!("{base}/root{name}")).is_some_and(|to| to.starts_with("/proc/")) => {
            return None;
        }
        (Some(_), _) => format!("{base}/root{name}"),
        (None, libc::AT_FDCWD) => format!("{base}/cwd/{name}"),
        (None, number) => format!("{base}/fd/{number}/{name}"),
    };
    let meta = fs::metadata(path).ok().filter(|meta| meta.file_type().is_fifo())?;
    Some((meta.dev(), meta.ino()))
}
