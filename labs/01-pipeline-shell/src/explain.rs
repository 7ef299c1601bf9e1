//! `--explain`: which processes hold which pipe end. See `proc(5)`, `pipe(7)`.
//!
//! The picture is true only when every stage has closed what it does not need, and that is when it
//! execs. psh learns of it from one more pipe: each child holds its write end, closed on exec, so
//! psh reads the end of the file when the last has exec'd, or ended.

use crate::descriptor::private_copy;
use crate::failure::say;
use crate::signals::Signals;
use crate::wait::Children;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::fstat;
use nix::unistd::{pipe2, read};
use std::collections::BTreeSet;
use std::fs::{self, DirEntry};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What is needed to explain one pipeline.
#[derive(Debug)]
pub struct Report {
    /// Ends when all stages have exec'd.
    source: OwnedFd,
    /// The children's end; at 10 or above, out of the way of redirections.
    sink: OwnedFd,
    /// The inode of each pipe, from left to right.
    pipes: Vec<u64>,
}

/// Who holds the ends of one pipe.
#[derive(Default)]
struct Holders {
    writers: BTreeSet<i32>,
    readers: BTreeSet<i32>,
}

impl Report {
    /// Makes the pipe that tells when all stages have exec'd.
    ///
    /// # Errors
    /// `EMFILE` or `ENFILE`, if there are too many open files.
    pub fn open() -> nix::Result<Self> {
        todo!("M9: make a pipe whose write end closes when a stage execs")
    }

    /// Notes a pipe of the pipeline, given one of its ends.
    ///
    /// # Errors
    /// As `fstat(2)`.
    pub fn add_pipe(&mut self, end: &OwnedFd) -> nix::Result<()> {
        self.pipes.push(fstat(end)?.st_ino);
        Ok(())
    }

    /// Waits until all stages have exec'd or ended, then prints a line for each pipe.
    ///
    /// # Errors
    /// As `read(2)`.
    pub fn print(self, children: &mut Children, signals: &Signals) -> nix::Result<()> {
        let Report { source, sink, pipes } = self;
        drop(sink);
        while !children.wait_readable(&source, signals)? {}
        while read(&source, &mut [0]) == Err(Errno::EINTR) {}
        let mut text = String::new();
        for (index, holders) in holders(&pipes).iter().enumerate() {
            let (writers, readers) = (pids(&holders.writers), pids(&holders.readers));
            text += &format!("pipe {}: write {writers} read {readers}\n", index + 1);
        }
        say(text.as_bytes());
        Ok(())
    }
}

/// Looks through every descriptor of every process for the ends of these pipes.
fn holders(pipes: &[u64]) -> Vec<Holders> {
    todo!("M9: find in /proc/PID/fd who holds which end of these pipes")
}

/// The inode of the pipe that a link in `/proc/PID/fd` leads to, if it is one.
fn pipe_inode(link: &Path) -> Option<u64> {
    fs::read_link(link).ok()?.to_str()?.strip_prefix("pipe:[")?.strip_suffix(']')?.parse().ok()
}

/// The pids in ascending order, or `-` for nobody.
fn pids(holders: &BTreeSet<i32>) -> String {
    if holders.is_empty() {
        return "-".to_owned();
    }
    holders.iter().map(i32::to_string).collect::<Vec<_>>().join(",")
}
