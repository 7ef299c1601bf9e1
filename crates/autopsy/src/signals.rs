//! Signals: names, and waits for them; signal(7).

use crate::World;
use crate::borrow::peek;
use crate::part::{Clue, Part};
use crate::proc::process::Process;
use crate::proc::thread::Thread;
use crate::wait::Reader;

/// A handler for one of these runs only because of what the process itself does, or does nothing to a wait.
const HARMLESS: [i32; 16] = [
    libc::SIGILL,
    libc::SIGTRAP,
    libc::SIGABRT,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGSEGV,
    libc::SIGSYS,
    libc::SIGPIPE,
    libc::SIGCHLD,
    libc::SIGCONT,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
    libc::SIGWINCH,
    // The C library keeps these two for itself.
    32,
    33,
];

/// Somebody's wish that it ends: no hope for a wait, unless the handler could wake the process itself (a
/// self-pipe).
const ENDING: [i32; 4] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM];

/// The set of them.
pub(crate) fn ending() -> u64 {
    ENDING.iter().fold(0, |set, signal| set | bit(*signal))
}

/// The bit of a signal in the sets of proc(5).
pub(crate) fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

/// Of the signals a thread catches, those that may end its wait at any time. An alarm(2) cannot be seen, and
/// behind a handler may stand a self-pipe.
pub(crate) fn surprising(caught: u64, wakes_itself: bool) -> u64 {
    let quiet = HARMLESS.iter().chain(ENDING.iter().filter(|_| !wakes_itself));
    caught & !quiet.fold(0, |set, signal| set | bit(*signal))
}

/// `SIGINT and SIGTERM`.
pub(crate) fn names(set: u64) -> String {
    let name = |number: i32| match nix::sys::signal::Signal::try_from(number) {
        Ok(signal) => signal.as_str().to_owned(),
        Err(_) => format!("signal {number}"),
    };
    let all: Vec<String> = (1..=64).filter(|number| set & bit(*number) != 0).map(name).collect();
    crate::words::list(&all, "and")
}

/// Handlers for these may run because somebody else wants it.
fn useful(caught: u64) -> u64 {
    let own_faults = HARMLESS.iter().filter(|signal| **signal != libc::SIGCHLD);
    caught & !own_faults.fold(0, |set, signal| set | bit(*signal))
}

/// Whether a thread has a handler for anything that others send.
pub(crate) fn has_handler(thread: &Thread) -> bool {
    useful(thread.status.caught) != 0
}

impl Reader<'_> {
    /// pause(2) and sigsuspend(2): they return when a handler has run.
    pub(crate) fn suspend(&self, member: &Process, thread: &Thread, name: &str) -> Part {
        let status = &thread.status;
        let caught = useful(status.caught);
        let useful = caught & !status.blocked;
        let mut part = self.signal_wait(member, false, useful, format!("waits for a signal ({name})"));
        let blocked = status.all_pending() & status.blocked;
        let asleep = caught & status.blocked;
        if blocked != 0 {
            let signals = names(blocked);
            part.text += &format!("; {signals} has come, but is blocked, so that it is not delivered");
            part.clues.push(Clue::BlockedSignal(signals));
        } else if useful == 0 && asleep != 0 {
            part.text += &format!("; it has a handler for {}, but blocks it", names(asleep));
            part.clues.push(Clue::NothingCaught);
        } else if useful == 0 {
            part.text += "; it has no handler, so that only a signal that kills it can end this";
            part.clues.push(Clue::NothingCaught);
        }
        part
    }

    /// sigtimedwait(2) for the set of signals at `address`.
    pub(crate) fn sigwait(&self, member: &Process, thread: &Thread, address: u64, has_limit: bool) -> Part {
        let Some(set) = peek::<8>(member.pid, address).map(u64::from_ne_bytes) else {
            return Part::alive("waits for a signal (sigwait)", "a signal");
        };
        // While it waits, proc(5) shows the set as not blocked, which it must have been before.
        let mut part = self.signal_wait(member, true, set, format!("waits for {} (sigwait)", names(set)));
        let status = &thread.status;
        if status.all_pending() & set != 0 {
            part.hope("the signal that has just come");
        }
        if has_limit {
            part.outside = Some("its own time-out".to_owned());
        }
        part
    }

    /// A signalfd(2) with the set `mask`.
    pub(crate) fn signal_part(&self, member: &Process, tid: i32, mask: u64, named: String) -> Part {
        let text = format!("{named} for {}", names(mask));
        let Some(thread) = member.threads.iter().find(|thread| thread.tid() == tid) else {
            return Part::alive(text, "a signal");
        };
        let is_held = thread.status.blocked & bit(libc::SIGCHLD) != 0;
        let mut part = self.signal_wait(member, is_held, mask, text);
        if thread.status.all_pending() & mask != 0 {
            part.hope("the signal that has just come");
        }
        part
    }

    /// A wait that one of the signals `set` ends. Whether SIGCHLD is blocked: then it waits until somebody takes it.
    fn signal_wait(&self, member: &Process, is_held: bool, set: u64, text: String) -> Part {
        let mut part = Part::new(text);
        let children = self.snapshot.children(member.pid);
        let (dead, living): (Vec<i32>, Vec<i32>) =
            children.into_iter().partition(|pid| self.snapshot.is_zombie(*pid));
        let waits_for_child = set & bit(libc::SIGCHLD) != 0;
        if waits_for_child {
            for &pid in &living {
                if self.snapshot.members.contains_key(&pid) {
                    part.wake_by(pid)
                } else {
                    part.hope("a child outside")
                }
            }
            if !dead.is_empty() {
                let names = self.names.all(&dead, "and");
                let what = if is_held {
                    "its SIGCHLD was taken before this wait began"
                } else {
                    "that SIGCHLD came before this wait began, and is lost"
                };
                part.notes.push(format!("{names} has ended already: {what}"));
                part.clues.push(Clue::LostChild { ended: dead, is_taken: is_held });
            }
        }
        part.anyone = true;
        let only_children = waits_for_child && set == bit(libc::SIGCHLD);
        if self.snapshot.world == World::Open && !only_children {
            part.hope("a signal");
        }
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_of_an_alarm_is_a_surprise_and_one_of_a_fault_is_none() {
        let set = bit(libc::SIGALRM) | bit(libc::SIGSEGV) | bit(libc::SIGCHLD);
        assert_eq!(surprising(set, false), bit(libc::SIGALRM));
    }

    #[test]
    fn a_handler_of_ctrl_c_counts_only_where_a_self_pipe_may_stand_behind_it() {
        assert_eq!(surprising(bit(libc::SIGINT), false), 0);
        assert_eq!(surprising(bit(libc::SIGINT), true), bit(libc::SIGINT));
    }

    #[test]
    fn signals_are_named() {
        assert_eq!(names(bit(libc::SIGTERM) | bit(libc::SIGCHLD)), "SIGTERM and SIGCHLD");
        assert_eq!(names(bit(40)), "signal 40");
    }
}
