//! Waits on many descriptors: poll(2), select(2), epoll(7).

use super::Reader;
use super::end::Want;
use crate::borrow::peek_vec;
use crate::object::{Object, Watched};
use crate::part::{Clue, Part};
use crate::proc::process::Process;
use crate::signals::has_handler;

/// How many descriptors of a set are read, and how many are described.
const READ: u64 = 4096;
const SHOWN: usize = 4;
/// Bits of an epoll set that are no events: `EPOLLWAKEUP` and above.
const NO_EVENTS: u32 = 0xe000_0000 | libc::EPOLLONESHOT as u32;

impl Reader<'_> {
    /// poll(2): `count` entries of `struct pollfd` at `address`.
    pub(super) fn poll(&self, member: &Process, tid: i32, address: u64, count: u64) -> Part {
        let bytes = (count <= READ).then(|| peek_vec(member.pid, address, count as usize * 8)).flatten();
        let Some(bytes) = bytes else { return unreadable("poll") };
        let wants = poll_wants(&bytes);
        self.many(
            member,
            tid,
            "poll",
            wants.into_iter().map(|(number, want)| self.end(member, tid, number, want)).collect(),
        )
    }

    /// select(2): three bit sets of `count` bits, to read, to write, and for exceptions.
    pub(super) fn select(&self, member: &Process, tid: i32, count: u64, sets: [u64; 3]) -> Part {
        let bits = |address: u64| {
            let bytes = count.min(READ).div_ceil(64) as usize * 8;
            if address == 0 { Some(Vec::new()) } else { peek_vec(member.pid, address, bytes) }
        };
        let [Some(mut reads), Some(writes), Some(exceptions)] = sets.map(bits) else {
            return unreadable("select");
        };
        reads.resize(reads.len().max(exceptions.len()), 0);
        reads.iter_mut().zip(exceptions).for_each(|(byte, more)| *byte |= more);
        let wants = select_wants(count.min(READ), &reads, &writes);
        self.many(
            member,
            tid,
            "select",
            wants.into_iter().map(|(number, want)| self.end(member, tid, number, want)).collect(),
        )
    }

    /// What an epoll set waits for. `end` looks at one descriptor.
    pub(super) fn epoll_set(
        &self,
        member: &Process,
        tid: i32,
        set: &[Watched],
        end: impl Fn(i32, Want) -> Part,
    ) -> Part {
        let mut parts = Vec::new();
        for watched in set {
            let open = member.table(tid).and_then(|table| table.get(&watched.number));
            let inode = open.and_then(|open| open.object.inode());
            let is_another = inode.is_some_and(|inode| watched.inode.is_some_and(|known| known != inode));
            if open.is_none() || is_another {
                let text = format!("descriptor {}, closed by now or another one", watched.number);
                parts.push(Part::alive(text, "something unknown"));
                continue;
            }
            let wants = wants(watched.events & !NO_EVENTS, libc::EPOLLIN as u32, libc::EPOLLOUT as u32);
            let is_edge = watched.events & libc::EPOLLET as u32 != 0;
            for want in wants {
                let mut part = end(watched.number, want);
                if let (true, Want::Read, Some(Object::Socket(inode))) =
                    (is_edge, want, open.map(|open| &open.object))
                {
                    self.forget_arrived(*inode, "EPOLLET: what came before is not told again", &mut part);
                }
                parts.push(part);
            }
        }
        self.many(member, tid, "epoll", parts)
    }

    fn many(&self, member: &Process, tid: i32, name: &str, parts: Vec<Part>) -> Part {
        if parts.is_empty() {
            // ppoll, pselect and epoll_pwait let signals in while they wait, and are used for nothing else, too.
            if let Some(thread) = member.threads.iter().find(|thread| thread.tid() == tid)
                && has_handler(thread)
            {
                return self.suspend(member, thread, name);
            }
            let mut part = Part::new(format!("waits in {name} for nothing at all"));
            part.clues.push(Clue::WatchesNothing);
            return part;
        }
        let mut shown: Vec<String> = parts.iter().take(SHOWN).map(|part| part.text.clone()).collect();
        if parts.len() > SHOWN {
            shown.push(format!("and {} more", parts.len() - SHOWN));
        }
        let mut all = Part::new(format!("waits in {name} for {}", shown.join("; and for ")));
        parts.into_iter().for_each(|part| all.join(part));
        all
    }
}

fn unreadable(name: &str) -> Part {
    Part::alive(format!("waits in {name} for descriptors that cannot be read"), "something unknown")
}

/// Events into directions. One that waits for neither still waits for the other side to close, as a reader.
fn wants(events: u32, input: u32, output: u32) -> Vec<Want> {
    let mut wants = Vec::new();
    if events & output == 0 || events & input != 0 {
        wants.push(Want::Read);
    }
    if events & output != 0 {
        wants.push(Want::Write);
    }
    wants
}

fn poll_wants(bytes: &[u8]) -> Vec<(i32, Want)> {
    let entry = |bytes: &[u8]| -> Option<(i32, u32)> {
        let number = i32::from_ne_bytes(bytes.get(..4)?.try_into().ok()?);
        let events = u16::from_ne_bytes(bytes.get(4..6)?.try_into().ok()?);
        Some((number, u32::from(events)))
    };
    let (input, output) = (libc::POLLIN as u32, libc::POLLOUT as u32);
    let entries = bytes.chunks(8).filter_map(entry).filter(|(number, _)| *number >= 0);
    entries
        .flat_map(|(number, events)| wants(events, input, output).into_iter().map(move |w| (number, w)))
        .collect()
}

fn select_wants(count: u64, reads: &[u8], writes: &[u8]) -> Vec<(i32, Want)> {
    let is_set =
        |bits: &[u8], at: i32| bits.get(at as usize / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1);
    let mut wants = Vec::new();
    for number in 0..count as i32 {
        wants.extend(is_set(reads, number).then_some((number, Want::Read)));
        wants.extend(is_set(writes, number).then_some((number, Want::Write)));
    }
    wants
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entries_of_poll_are_read() {
        let mut bytes = Vec::new();
        let both = libc::POLLIN | libc::POLLOUT;
        for (number, events) in
            [(3_i32, libc::POLLIN), (-1, libc::POLLIN), (4, both), (5, libc::POLLOUT), (6, 0)]
        {
            bytes.extend(number.to_ne_bytes());
            bytes.extend(events.to_ne_bytes());
            bytes.extend([0; 2]);
        }
        let (read, write) = (Want::Read, Want::Write);
        assert_eq!(poll_wants(&bytes), [(3, read), (4, read), (4, write), (5, write), (6, read)]);
    }

    #[test]
    fn the_bits_of_select_are_read() {
        let wants = select_wants(12, &[0b0000_0001, 0b0000_0010], &[0b0000_0100]);
        assert_eq!(wants, [(0, Want::Read), (2, Want::Write), (9, Want::Read)]);
    }
}
