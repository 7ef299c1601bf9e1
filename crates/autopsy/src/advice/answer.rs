//! A program that waits for its next client or request, while the check waits for its answer to the last one.

use std::collections::BTreeSet;

use crate::object::Key;
use crate::report::{Cause, CauseKind, Kind};
use crate::snapshot::{End, Holder};
use crate::wait::{Reader, Waiting};
use crate::words::descriptor;

/// What those do on whom the check waits.
enum Work {
    /// At least one of them runs and runs.
    Loops,
    /// They wait; whether bytes of the check lie there unread.
    Waits { is_unread: bool },
}

impl Reader<'_> {
    /// Who has the other end of the connection on which the check waits, and what became of what was sent there.
    pub(super) fn no_answer(&self, waits: &[Waiting]) -> Option<Cause> {
        let peers = self.snapshot.sockets.peers(self.awaits?);
        let is_member = |holder: &&Holder| self.snapshot.members.contains_key(&holder.pid);
        let all = peers.iter().flat_map(|peer| self.snapshot.holders(&Key::Socket(*peer), End::Any));
        let holders: Vec<&Holder> = all.filter(is_member).collect();
        let first = holders.first()?;
        let unread: u32 =
            peers.iter().filter_map(|peer| Some(self.snapshot.sockets.all.get(peer)?.unread)).sum();
        let what = match unread {
            0 => "all that was sent there has been read".to_owned(),
            bytes => format!("{bytes} bytes that were sent there are not read"),
        };
        let why = format!(
            "the check waits for an answer, or for the end, on a connection that is open in {}: {what}",
            self.names.holders(&holders)
        );
        let members: BTreeSet<i32> = holders.iter().map(|holder| holder.pid).collect();
        let places: Vec<usize> = (0..waits.len()).filter(|at| members.contains(&waits[*at].pid)).collect();
        let runs = places.iter().any(|at| waits[*at].kind == Kind::Run);
        let work = if runs { Work::Loops } else { Work::Waits { is_unread: unread > 0 } };
        Some(Cause {
            members: members.into_iter().collect(),
            why,
            fixes: self.answers(first, &holders, &work),
            kind: CauseKind::NoAnswer,
            waits: places,
        })
    }

    fn answers(&self, first: &Holder, holders: &[&Holder], work: &Work) -> Vec<String> {
        let others: Vec<String> = holders
            .iter()
            .filter(|holder| holder.pid != first.pid)
            .map(|holder| format!("{} in {}", descriptor(holder.number), self.names.brief(holder.pid)))
            .collect();
        let mut fixes = Vec::new();
        if let Some(other) = others.first() {
            fixes.push(format!(
                "the end comes when every copy is closed: close {other} after the fork, unless it serves this \
                 connection"
            ));
        }
        fixes.push(match work {
            Work::Loops => "it does not wait, it runs: find the loop without an end, such as a poll that returns at once \
                            for what nobody takes (POLLHUP, a signalfd that is not read)"
                .to_owned(),
            Work::Waits { is_unread: true } => {
                "read from every connection on which something has come, also while another one waits".to_owned()
            }
            Work::Waits { is_unread: false } => format!(
                "answer every whole request that has been read before waiting for more; close {} where the \
                 conversation is over",
                descriptor(first.number)
            ),
        });
        fixes
    }
}
