// BEGIN SOLUTION
//! Remote objects: watches, their callbacks, and the leases that end them.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::calls::CallId;
use crate::connection::ConnectionId;
use crate::frame::{Frame, kind};
use crate::interface::CHANGED;
use crate::server::Server;
use crate::wire::Wire;

/// An object: its connection, and its number there.
type ObjectId = (ConnectionId, u32);

/// All objects, and all callbacks that are not answered.
#[derive(Default)]
pub(crate) struct Objects {
    watches: BTreeMap<ObjectId, Watch>,
    /// By connection and seq.
    callbacks: BTreeMap<(ConnectionId, u32), Callback>,
    next: u32,
}

struct Watch {
    key: String,
    /// Whose object it is: the client in the callback.
    client: u64,
}

struct Callback {
    object: u32,
    client: u64,
    append: CallId,
    /// When the lease ends.
    end: Instant,
}

impl Objects {
    /// Makes an object.
    pub(crate) fn watch(&mut self, connection: ConnectionId, client: u64, key: String) -> u32 {
        self.next = self.next.wrapping_add(1);
        self.watches.insert((connection, self.next), Watch { key, client });
        self.next
    }

    /// When the first lease ends.
    pub(crate) fn next_end(&self) -> Option<Instant> {
        self.callbacks.values().map(|callback| callback.end).min()
    }
}

impl Server<'_> {
    /// Calls back everybody who watches this key; whether there is anybody.
    pub(crate) fn call_back(&mut self, append: CallId, key: &str, total: u64) -> bool {
        let watches = self.objects.watches.iter().filter(|(_, watch)| watch.key == key);
        let called: Vec<(ObjectId, u64)> = watches.map(|(&id, watch)| (id, watch.client)).collect();
        let mut any = false;
        for ((id, object), client) in called {
            let Some(connection) = self.connections.get_mut(&id) else { continue };
            let seq = connection.next_callback;
            connection.next_callback = seq.wrapping_add(1).max(1);
            let mut body = Vec::new();
            CHANGED.put(&mut body);
            object.put(&mut body);
            total.put(&mut body);
            connection.send(&Frame { kind: kind::CALL, client, seq, body }.encode());
            let end = Instant::now() + self.options.lease;
            self.objects.callbacks.insert((id, seq), Callback { object, client, append, end });
            any = true;
        }
        any
    }

    /// A result or an error has come: to which callback?
    pub(crate) fn callback_is_answered(&mut self, id: ConnectionId, (client, seq): CallId) {
        let key = (id, seq);
        if self.objects.callbacks.get(&key).is_some_and(|callback| callback.client == client)
            && let Some(callback) = self.objects.callbacks.remove(&key)
        {
            self.complete_if_answered(callback.append);
        }
    }

    /// Removes an object; whether it was there.
    pub(crate) fn unwatch(&mut self, connection: ConnectionId, object: u32) -> bool {
        let was_there = self.objects.watches.remove(&(connection, object)).is_some();
        self.forget_callbacks(|id, callback| id == connection && callback.object == object);
        was_there
    }

    /// A connection has ended.
    pub(crate) fn forget_objects_of(&mut self, connection: ConnectionId) {
        self.objects.watches.retain(|&(id, _), _| id != connection);
        self.forget_callbacks(|id, _| id == connection);
    }

    /// Objects whose clients have been silent for too long end.
    pub(crate) fn end_leases(&mut self, now: Instant) {
        let late = self.objects.callbacks.iter().filter(|(_, callback)| callback.end <= now);
        let late: Vec<ObjectId> = late.map(|(&(id, _), callback)| (id, callback.object)).collect();
        for (connection, object) in late {
            self.unwatch(connection, object);
        }
    }

    fn forget_callbacks(&mut self, which: impl Fn(ConnectionId, &Callback) -> bool) {
        let mut appends = Vec::new();
        self.objects.callbacks.retain(|&(id, _), callback| {
            let stays = !which(id, callback);
            if !stays {
                appends.push(callback.append);
            }
            stays
        });
        appends.into_iter().for_each(|append| self.complete_if_answered(append));
    }

    fn complete_if_answered(&mut self, append: CallId) {
        if !self.objects.callbacks.values().any(|callback| callback.append == append) {
            self.complete_append(append);
        }
    }
}
// END SOLUTION
