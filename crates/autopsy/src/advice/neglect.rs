//! A server that waits for one client while others wait for it.

use std::collections::BTreeSet;

use super::{Found, Group};
use crate::object::Object;
use crate::part::Clue;
use crate::proc::descriptor::Descriptor;
use crate::report::CauseKind;
use crate::wait::Waiting;
use crate::words::descriptor;

/// So many of those who wait are told.
const TOLD: usize = 2;

impl Group<'_> {
    /// It waits for one that is outside, and others outside have connected or sent something.
    pub(super) fn neglect(&self) -> Option<Found> {
        self.waits().find_map(|wait| {
            let until = self.until(wait)?;
            let mut others = self.neglected(wait);
            if others.is_empty() {
                return None;
            }
            let more = others.len().saturating_sub(TOLD);
            others.truncate(TOLD);
            if more > 0 {
                others.push(format!("{more} more wait too"));
            }
            let why = format!(
                "{} waits until {until}, and serves nobody else meanwhile: {}",
                self.reader.names.brief(wait.pid),
                others.join("; ")
            );
            let fix = "wait for all of them at once (poll, epoll) with sockets that do not block, or give each client a \
                       process or thread of its own";
            Some((CauseKind::OneAtATime, why, vec![fix.to_owned()]))
        })
    }

    /// What a thread waits for that comes from outside.
    fn until(&self, wait: &Waiting) -> Option<String> {
        if wait.part.clues.contains(&Clue::AtGate) {
            return Some("the check opens the other end of a FIFO".to_owned());
        }
        let is_outside =
            |clue: &Clue| matches!(clue, Clue::FromCheck | Clue::FromOutside | Clue::UnreadByCheck);
        if !wait.part.wakers.is_empty() || !wait.part.clues.iter().any(is_outside) {
            return None;
        }
        wait.part.clues.iter().find_map(|clue| {
            let (number, does) = match clue {
                Clue::Reads(number) => (*number, "sends something"),
                Clue::Writes(number) => (*number, "reads what it gets"),
                _ => return None,
            };
            socket(self.descriptor(wait.pid, number)?)?;
            Some(format!("the client on {} {does}", descriptor(number)))
        })
    }

    /// The sockets of the same process on which somebody waits for it, and no thread of it waits for them.
    fn neglected(&self, wait: &Waiting) -> Vec<String> {
        let own = self.all.iter().filter(|other| other.pid == wait.pid);
        let waited: BTreeSet<u64> = own
            .flat_map(|other| &other.part.clues)
            .filter_map(|clue| match clue {
                Clue::Reads(number) | Clue::Writes(number) => socket(self.descriptor(wait.pid, *number)?),
                _ => None,
            })
            .collect();
        let Some(process) = self.reader.snapshot.members.get(&wait.pid) else { return Vec::new() };
        let sockets = process.tables.iter().flat_map(|(_, table)| table).filter_map(|(number, open)| {
            let inode = socket(open).filter(|inode| !waited.contains(inode))?;
            Some((*number, self.reader.snapshot.sockets.all.get(&inode)?))
        });
        sockets
            .filter(|(_, socket)| socket.unread > 0)
            .map(|(number, socket)| match socket.is_listening() {
                true => {
                    format!(
                        "at {}, where it listens, a client is connected and not accepted yet",
                        descriptor(number)
                    )
                }
                false => {
                    format!("on {}, {} bytes have come and are not read", descriptor(number), socket.unread)
                }
            })
            .collect()
    }
}

fn socket(open: &Descriptor) -> Option<u64> {
    match open.object {
        Object::Socket(inode) => Some(inode),
        _ => None,
    }
}
