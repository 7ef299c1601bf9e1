//! Children that do parts of the work, and what becomes of them. See `fork(2)`, `waitpid(2)`, `prctl(2)`.
//!
//! A child leaves its result in a [`Ledger`]; only its exit status 0 makes it a result. A child of a lost process is
//! lost, too: the kernel kills it (PR_SET_PDEATHSIG), and dnc reaps it (PR_SET_CHILD_SUBREAPER).

use std::rc::Rc;

use ipc_kit::run_in_child;
use nix::errno::Errno;
use nix::sys::prctl::{get_child_subreaper, set_child_subreaper, set_pdeathsig};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{Pid, getpid, getppid};

use crate::ending::{self, Ending};
use crate::failure::Failure;
use crate::ledger::Ledger;

/// Room for the note of one part: what was lost below it.
const NOTE: usize = 256;

/// The children of one process. Dropping it ends those that are left, and waits for them.
pub struct Crew {
    /// What each process has lost below it, by the number of its first part: so that the loss is told once, by dnc.
    notes: Rc<Ledger>,
    part: usize,
    children: Vec<Child>,
}

struct Child {
    part: usize,
    pid: Pid,
    has_ended: bool,
}

impl Crew {
    /// The crew of dnc itself, which does part 0 of `parts`.
    ///
    /// # Errors
    /// There is no memory.
    pub fn new(parts: usize) -> Result<Crew, Failure> {
        let notes = Rc::new(Ledger::new((parts * NOTE) as u64)?);
        // Orphans come to us, so that none is left when we end. But whoever started us may have had children before it
        // became dnc: those are not ours to wait for.
        if waitpid(None, Some(WaitPidFlag::WNOHANG)) == Err(Errno::ECHILD) {
            set_child_subreaper(true).map_err(|errno| Failure::system("prctl", errno))?;
        }
        Ok(Crew { notes, part: 0, children: Vec::new() })
    }

    /// Starts a child that does `body` for the parts from `part` on. It gets a crew of its own.
    ///
    /// # Errors
    /// `fork` failed.
    pub fn start(
        &mut self,
        part: usize,
        body: impl FnOnce(Crew) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let parent = getpid();
        let notes = Rc::clone(&self.notes);
        let forked = run_in_child(|| {
            let crew = Crew { notes: Rc::clone(&notes), part, children: Vec::new() };
            match end_with(parent).and_then(|()| body(crew)) {
                Ok(()) => 0,
                // A lost part was noted, and dnc will tell it.
                Err(failure) if matches!(noted(&notes, part), Ok(Some(_))) => failure.status,
                Err(failure) => failure.tell("dnc"),
            }
        });
        let pid = forked.map_err(|errno| self.note(Failure::system("fork", errno)))?;
        self.children.push(Child { part, pid, has_ended: false });
        Ok(())
    }

    /// Waits until the child that does `part` has ended well.
    ///
    /// # Errors
    /// A child, this one or another, did not end with status 0: whatever it has left is no result.
    pub fn finish(&mut self, part: usize) -> Result<(), Failure> {
        while self.children.iter().any(|child| child.part == part && !child.has_ended) {
            let (pid, ending) = ending::wait(None).map_err(|errno| Failure::system("waitpid", errno))?;
            // Anybody else is an orphan: its parent's end is what counts.
            let ended = self.children.iter_mut().find(|child| child.pid == pid);
            if let Some(child) = ended {
                child.has_ended = true;
                let part = child.part;
                self.judge(part, ending)?;
            }
        }
        Ok(())
    }

    fn judge(&self, part: usize, ending: Ending) -> Result<(), Failure> {
        let below = match ending {
            Ending::Exit(0) => return Ok(()),
            Ending::Exit(_) => noted(&self.notes, part)?,
            Ending::Signal(_) => None,
        };
        let own = || Failure::new(format!("part {part}"), ending.to_string());
        Err(self.note(below.unwrap_or_else(own)))
    }

    /// Leaves a note for the parent of this process, unless this is dnc.
    fn note(&self, failure: Failure) -> Failure {
        if self.part > 0 {
            let mut text = format!("{}\n{}", failure.what, failure.reason).into_bytes();
            text.truncate(NOTE);
            // Without the note the parent tells that this process has failed: less, but true.
            let _ = self.notes.write((self.part * NOTE) as u64, &text);
        }
        failure
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        for child in self.children.iter().filter(|child| !child.has_ended) {
            // It is our child and not reaped, so the pid is still its own.
            let _ = kill(child.pid, Signal::SIGKILL);
        }
        for child in self.children.iter().filter(|child| !child.has_ended) {
            let _ = ending::wait(Some(child.pid));
        }
        if self.part == 0 && get_child_subreaper() == Ok(true) {
            // Orphans: each was killed when its parent died.
            while ending::wait(None).is_ok() {}
        }
    }
}

/// What the process of this part has noted.
fn noted(notes: &Ledger, part: usize) -> Result<Option<Failure>, Failure> {
    let bytes = notes.read((part * NOTE) as u64, NOTE)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.trim_end_matches('\0').split_once('\n').map(|(what, reason)| Failure::new(what, reason)))
}

/// Lets the kernel kill this process when its parent dies; nobody would want its result.
fn end_with(parent: Pid) -> Result<(), Failure> {
    set_pdeathsig(Signal::SIGKILL).map_err(|errno| Failure::system("prctl", errno))?;
    // It may have died before we asked.
    if getppid() == parent { Ok(()) } else { Err(Failure::new("parent", "it has ended")) }
}
