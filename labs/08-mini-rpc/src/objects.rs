//! Objects: who watches a key is called back, and an append waits for all of them, but no thread does.

use std::sync::{Arc, Weak};
use std::time::Instant;

use nix::sys::epoll::Epoll;

use crate::frame::{Frame, kind};
use crate::interface::CHANGED;
use crate::link::Link;
use crate::state::{Caller, State};
use crate::wire::Value;

/// What watches a key, on one connection.
#[derive(Debug)]
pub(crate) struct Object {
    link: Weak<Link>,
    client: u64,
    pub(crate) key: String,
}

/// A call to a client that has not been answered.
#[derive(Debug)]
pub(crate) struct Callback {
    object: u32,
    append: u64,
    due: Instant,
}

/// An append that is executed, and waits for so many callbacks.
#[derive(Debug)]
pub(crate) struct Append {
    pub(crate) caller: Caller,
    pub(crate) length: u64,
    pub(crate) left: usize,
}

impl State {
    /// Calls the client of an object.
    pub(crate) fn call_back(
        &mut self,
        (link, number): (u64, u32),
        append: u64,
        length: u64,
        due: Instant,
        epoll: &Epoll,
    ) {
        let Some(object) = self.objects.get(&(link, number)) else { return };
        let (client, target) = (object.client, object.link.upgrade());
        let is_used = |seq: u32| self.callbacks.keys().any(|&(l, _, s)| (l, s) == (link, seq));
        let mut seq = self.last_callback.wrapping_add(1);
        while is_used(seq) {
            seq = seq.wrapping_add(1);
        }
        self.last_callback = seq;
        self.callbacks.insert((link, client, seq), Callback { object: number, append, due });
        let body = CHANGED.call(&[Value::U32(number), Value::U64(length)]);
        if let Some(target) = target {
            target.send(Arc::new(Frame::new(kind::CALL, client, seq, body).encode()), epoll);
        }
    }

    /// A callback has been answered.
    pub fn called_back(&mut self, link: u64, client: u64, seq: u32, epoll: &Epoll) {
        if let Some(callback) = self.callbacks.remove(&(link, client, seq)) {
            self.count_down(callback.append, epoll);
        }
    }

    fn count_down(&mut self, append: u64, epoll: &Epoll) {
        let Some(waiting) = self.appends.get_mut(&append) else { return };
        waiting.left -= 1;
        if waiting.left == 0 {
            let (caller, length) = (waiting.caller, waiting.length);
            self.appends.remove(&append);
            self.finish(caller, Ok(Value::U64(length)), epoll);
        }
    }

    /// Makes an object.
    pub fn watch(&mut self, link: &Arc<Link>, client: u64, key: String) -> u32 {
        loop {
            self.last_object = self.last_object.checked_add(1).unwrap_or(1);
            if !self.objects.contains_key(&(link.id, self.last_object)) {
                break;
            }
        }
        let object = Object { link: Arc::downgrade(link), client, key };
        self.objects.insert((link.id, self.last_object), object);
        self.last_object
    }

    /// Ends an object; its callbacks count as answered. False if there is none.
    pub fn end_object(&mut self, link: u64, number: u32, epoll: &Epoll) -> bool {
        let is_there = self.objects.remove(&(link, number)).is_some();
        let all = self.callbacks.range((link, 0, 0)..=(link, u64::MAX, u32::MAX));
        let ended: Vec<_> =
            all.filter(|(_, callback)| callback.object == number).map(|(&id, _)| id).collect();
        for (link, client, seq) in ended {
            self.called_back(link, client, seq, epoll);
        }
        is_there
    }

    /// Ends all objects of a connection.
    pub fn end_link(&mut self, link: u64, epoll: &Epoll) {
        let numbers: Vec<u32> =
            self.objects.range((link, 0)..=(link, u32::MAX)).map(|(&(_, n), _)| n).collect();
        for number in numbers {
            self.end_object(link, number, epoll);
        }
    }

    /// Ends objects whose lease is over, and says when the next is.
    pub fn expire(&mut self, now: Instant, epoll: &Epoll) -> Option<Instant> {
        loop {
            let (&(link, ..), first) = self.callbacks.iter().min_by_key(|(_, callback)| callback.due)?;
            if first.due > now {
                return Some(first.due);
            }
            let number = first.object;
            self.end_object(link, number, epoll);
        }
    }
}
