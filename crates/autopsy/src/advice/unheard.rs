//! A signal that somebody has sent to end a process, and that waits there blocked: whatever else the process waits for, it would
//! have ended. Masks are inherited over fork(2) and execve(2), so the mistake often stands in another program. signal(7).

use crate::object::Object;
use crate::proc::process::Process;
use crate::report::{Cause, CauseKind, Kind};
use crate::signals::{ending, names};
use crate::wait::{Reader, Waiting};

impl Reader<'_> {
    /// The processes that would have ended, and have not heard of it.
    pub(super) fn unheard(&self, waits: &[Waiting]) -> Vec<Cause> {
        let members = self.snapshot.members.values().filter(|member| !member.is_zombie());
        members.filter_map(|member| self.unheard_by(member, waits)).collect()
    }

    fn unheard_by(&self, member: &Process, waits: &[Waiting]) -> Option<Cause> {
        let signals = blocked(member);
        let own: Vec<usize> = (0..waits.len()).filter(|&at| waits[at].pid == member.pid).collect();
        let may_hear = |at: &usize| matches!(waits[*at].kind, Kind::Signal | Kind::Stopped | Kind::Run);
        // Behind a write to itself stands a handler, in which the signal is blocked only for a while.
        let is_in_handler =
            || own.iter().any(|&at| waits[at].kind == Kind::Write && waits[at].waits_for_itself());
        if signals == 0 || own.iter().any(may_hear) || reads(member, signals) || is_in_handler() {
            return None;
        }
        let (who, signals) = (self.names.who(member.pid), names(signals));
        Some(Cause {
            kind: CauseKind::BlockedSignal,
            members: vec![member.pid],
            why: format!("{signals} has come for {who}, but is blocked there"),
            fixes: vec![format!(
                "unblock {signals}: whoever forks with it blocked passes the mask on, also over exec; or wait for it with \
                 signalfd or sigwait"
            )],
            waits: own,
        })
    }
}

/// Signals to end that are pending for the process, and that every thread of it blocks.
fn blocked(member: &Process) -> u64 {
    member.living().fold(ending(), |set, thread| set & thread.status.shared_pending & thread.status.blocked)
}

/// Whether the process has a signalfd for one of these signals: then it may still read them there.
fn reads(member: &Process, signals: u64) -> bool {
    let tables = member.threads.iter().filter_map(|thread| member.table(thread.tid()));
    tables
        .flat_map(|table| table.values())
        .any(|open| matches!(&open.object, Object::Signals(mask) if mask & signals != 0))
}
