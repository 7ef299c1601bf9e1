//! Message queues and semaphores: POSIX (mq_overview(7)) and System V (sysvipc(7)).

use super::Reader;
use super::end::Want;
use crate::World;
use crate::object::Object;
use crate::part::{Clue, Part};
use crate::proc::process::Process;
use crate::snapshot::End;
use crate::sysv;
use crate::words::{count, descriptor};

/// How many operations of semop(2) are read: the kernel's `SEMOPM`.
const OPERATIONS: u64 = 500;

impl Reader<'_> {
    /// A POSIX queue.
    pub(super) fn message_queue(&self, number: i32, object: &Object, want: Want) -> Part {
        let Some(key) = object.key() else { return Part::default() };
        let end = if want == Want::Read { End::Write } else { End::Read };
        let holders = self.snapshot.holders(&key, end);
        let mut part = Part::default();
        if !holders.is_empty() {
            self.hope_of(&mut part, &holders, want);
        }
        if self.snapshot.world == World::Open {
            part.hope_later("somebody who opens the queue later");
        }
        part.anyone = true;
        let (name, shown) = (self.names.object(object), descriptor(number));
        let (state, who) = if want == Want::Read { ("empty", "sending") } else { ("full", "receiving") };
        part.clues.push(if want == Want::Read { Clue::NobodyHas(name.clone()) } else { Clue::QueueFull });
        part.text = if holders.is_empty() {
            format!("{name} ({shown}): it is {state}, and nobody has it open for {who}")
        } else {
            format!("{name} ({shown}): it is {state}; open for {who} in {}", self.names.holders(&holders))
        };
        part
    }

    /// msgrcv(2): `kind` is the type of message it wants.
    pub(super) fn msgrcv(&self, member: &Process, id: i32, kind: i64) -> Part {
        let messages = sysv::messages(member.pid, id);
        let wanted = match kind {
            0 => "any type".to_owned(),
            1.. => format!("type {kind}"),
            _ => format!("a type up to {}", kind.saturating_neg()),
        };
        let mut part = self.system_v();
        let holds = match messages {
            Some(0) => "which is empty".to_owned(),
            Some(some) => {
                part.clues.push(Clue::OtherTypes(kind));
                format!("which holds {} of other types", count(some as usize, "message", "messages"))
            }
            None => "of which nothing can be seen".to_owned(),
        };
        part.text = format!("waits for a message of {wanted} in System V queue {id}, {holds}");
        part.clues.push(Clue::NobodyHas(format!("System V queue {id}")));
        part
    }

    /// msgsnd(2).
    pub(super) fn msgsnd(&self, member: &Process, id: i32) -> Part {
        let mut part = self.system_v();
        let holds = sysv::messages(member.pid, id);
        let holds =
            holds.map_or(String::new(), |n| format!(" ({})", count(n as usize, "message", "messages")));
        part.text = format!("waits for room in System V queue {id}: it is full{holds}");
        part.clues.push(Clue::QueueFull);
        part
    }

    /// semop(2): `operations` entries of `struct sembuf` at `address`.
    pub(super) fn semop(&self, member: &Process, id: i32, address: u64, operations: u64) -> Part {
        let mut part = self.system_v();
        let bytes = crate::borrow::peek_vec(member.pid, address, operations.min(OPERATIONS) as usize * 6);
        let wanted: Vec<String> = bytes.unwrap_or_default().chunks(6).filter_map(operation).collect();
        let wanted = if wanted.is_empty() { "an operation".to_owned() } else { wanted.join(", ") };
        part.text = format!("waits in System V semaphore set {id} for {wanted}");
        part.clues.push(Clue::Semaphore(format!("of System V set {id}")));
        part
    }

    /// Anybody with the key may come, and no descriptor tells who has it.
    fn system_v(&self) -> Part {
        let mut part = Part { anyone: true, ..Part::default() };
        if self.snapshot.world == World::Open {
            part.hope_later("somebody who uses it later");
        }
        part
    }
}

/// `struct sembuf`: number, operation and flags, 16 bits each.
fn operation(bytes: &[u8]) -> Option<String> {
    let word = |at: usize| Some([*bytes.get(at)?, *bytes.get(at + 1)?]);
    let (number, operation) = (u16::from_ne_bytes(word(0)?), i16::from_ne_bytes(word(2)?));
    match operation {
        0 => Some(format!("semaphore {number} to be 0")),
        ..0 => Some(format!("semaphore {number} to be at least {}", operation.unsigned_abs())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_of_semop_is_read() {
        let bytes =
            |number: u16, operation: i16| [number.to_ne_bytes(), operation.to_ne_bytes(), [0, 0]].concat();
        assert_eq!(operation(&bytes(1, -2)).unwrap(), "semaphore 1 to be at least 2");
        assert_eq!(operation(&bytes(0, 0)).unwrap(), "semaphore 0 to be 0");
        assert_eq!(operation(&bytes(0, 3)), None);
    }
}
