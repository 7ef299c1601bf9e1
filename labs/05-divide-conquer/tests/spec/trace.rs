//! What a trace (`IPCLAB_TRACE`) tells: how many messages, and in how many rounds.
//!
//! In a round each rank may send one message and receive one. What a rank has received it can send on in the next
//! round only.

use std::collections::{BTreeMap, VecDeque};

use testkit::{Room, visible};

/// A line of the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) is_send: bool,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) tag: i64,
    pub(super) length: usize,
}

/// All lines of the trace `name` in the room. A trace that was not written is empty.
#[track_caller]
pub(super) fn read(room: &Room, name: &str) -> Vec<Event> {
    let text = std::fs::read_to_string(room.path(name)).unwrap_or_default();
    text.split_inclusive('\n').map(|line| event(line)).collect()
}

#[track_caller]
fn event(line: &str) -> Event {
    let parse = || {
        let words: Vec<&str> = line.strip_suffix('\n')?.split(' ').collect();
        let &[end, from, to, tag, length] = words.as_slice() else { return None };
        let is_send = match end {
            "send" => true,
            "recv" => false,
            _ => return None,
        };
        let (from, to) = (from.parse().ok()?, to.parse().ok()?);
        Some(Event { is_send, from, to, tag: tag.parse().ok()?, length: length.parse().ok()? })
    };
    parse().unwrap_or_else(|| {
        panic!(
            "a line of the trace is not right\nexpected: send FROM TO TAG LEN, or recv FROM TO TAG LEN\nreceived: {}",
            visible(line.as_bytes())
        )
    })
}

/// The messages of collectives: their tags are below 0.
pub(super) fn collective(events: &[Event]) -> Vec<Event> {
    events.iter().copied().filter(|event| event.tag < 0).collect()
}

/// How many messages were sent.
pub(super) fn messages(events: &[Event]) -> usize {
    events.iter().filter(|event| event.is_send).count()
}

/// What a rank has done so far.
#[derive(Debug, Clone, Default)]
struct Rank {
    /// The rounds in which it sent and received last.
    sent: u32,
    received: u32,
    /// When what it has received, without sending since, was sent.
    fresh: Vec<u32>,
}

impl Rank {
    /// One message a round, in the order in which they were sent: that is the best that could be.
    fn settle(&mut self) {
        self.fresh.sort_unstable();
        for sent in self.fresh.drain(..) {
            self.received = sent.max(self.received + 1);
        }
    }
}

/// In how many rounds these messages can have been sent at best, given what each rank did in which order. `None`: a
/// message was received that was not sent.
pub(super) fn rounds(events: &[Event]) -> Option<u32> {
    let mut ranks: BTreeMap<usize, Rank> = BTreeMap::new();
    let mut under_way: BTreeMap<(usize, usize, i64), VecDeque<u32>> = BTreeMap::new();
    for event in events {
        let message = (event.from, event.to, event.tag);
        if event.is_send {
            let rank = ranks.entry(event.from).or_default();
            rank.settle();
            rank.sent = rank.sent.max(rank.received) + 1;
            under_way.entry(message).or_default().push_back(rank.sent);
        } else {
            let sent = under_way.entry(message).or_default().pop_front()?;
            ranks.entry(event.to).or_default().fresh.push(sent);
        }
    }
    ranks.values_mut().for_each(Rank::settle);
    ranks.values().map(|rank| rank.sent.max(rank.received)).max().or(Some(0))
}
