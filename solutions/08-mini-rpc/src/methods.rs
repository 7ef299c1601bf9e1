// BEGIN SOLUTION
//! The methods: what each of them does, without a thought of bytes.

use std::fs::File;
use std::io::Read;

use crate::calls::CallId;
use crate::connection::ConnectionId;
use crate::frame::BODY_MAX;
use crate::interface::{Identity, Listing, Outcome, Service, Stats, methods, name_of};
use crate::pending::{Pending, Work};
use crate::refusal::Refusal;
use crate::root::Kind;
use crate::server::Server;
use crate::wire::Bytes;

/// One call, and the server that executes it.
pub(crate) struct Turn<'a, 'b> {
    pub(crate) server: &'a mut Server<'b>,
    pub(crate) connection: ConnectionId,
    pub(crate) call: CallId,
}

impl Turn<'_, '_> {
    /// Why this client may not call this method, if it may not.
    pub(crate) fn permitted(&self, number: u16) -> Option<Refusal> {
        if self.server.options.restrict.is_empty() {
            return None;
        }
        let text = methods().into_iter().find(|(known, _)| *known == number)?.1;
        (!self.may_call(name_of(&text))).then_some(Refusal::NOT_PERMITTED)
    }

    fn may_call(&self, method: &str) -> bool {
        let restriction = self.server.options.restrict.iter().find(|(known, _)| known == method);
        restriction.is_none_or(|(_, uid)| self.caller().is_some_and(|caller| caller.uid == *uid))
    }

    fn caller(&self) -> Option<Identity> {
        self.server.connections.get(&self.connection)?.caller
    }

    fn handle(&mut self, handle: u32) -> Option<&mut File> {
        self.server.connections.get_mut(&self.connection)?.handles.get_mut(&handle)
    }

    fn open_at_root(&self, path: &str, kind: Kind) -> Result<std::os::fd::OwnedFd, Refusal> {
        self.server.root.as_ref().ok_or(Refusal::NOT_PERMITTED)?.file(path, kind)
    }
}

fn bad_handle<T>() -> Outcome<T> {
    Outcome::refused(Refusal::failed("bad handle"))
}

impl Service for Turn<'_, '_> {
    fn begins(&mut self) {
        // What a path or the kernel forbids is found out later, and taken back.
        self.server.executed += 1;
    }

    fn add(&mut self, a: i64, b: i64) -> Outcome<i64> {
        Outcome::Now(a.checked_add(b).ok_or(Refusal::failed("overflow")))
    }

    fn echo(&mut self, bytes: Bytes) -> Outcome<Bytes> {
        bytes.into()
    }

    fn append(&mut self, key: String, bytes: Bytes) -> Outcome<u64> {
        match self.server.append(self.call, &key, &bytes.0) {
            Err(refusal) => Outcome::refused(refusal),
            Ok(total) if self.server.call_back(self.call, &key, total) => {
                let work = Work::Append { total };
                self.server.pending.insert(self.call, Pending { connection: self.connection, work });
                Outcome::Later
            }
            Ok(total) => total.into(),
        }
    }

    fn get(&mut self, key: String) -> Outcome<Bytes> {
        let value = self.server.keys.get(&key).map(|value| Bytes(value.clone()));
        Outcome::Now(value.ok_or(Refusal::failed("no such key")))
    }

    fn open(&mut self, path: String) -> Outcome<u32> {
        let file = match self.open_at_root(&path, Kind::File) {
            Ok(file) => file,
            Err(refusal) => return self.not_executed(refusal),
        };
        let Some(connection) = self.server.connections.get_mut(&self.connection) else { return bad_handle() };
        while connection.handles.contains_key(&connection.next_handle) {
            connection.next_handle = connection.next_handle.wrapping_add(1);
        }
        let handle = connection.next_handle;
        connection.next_handle = handle.wrapping_add(1);
        connection.handles.insert(handle, file.into());
        handle.into()
    }

    fn read(&mut self, handle: u32, count: u32) -> Outcome<Bytes> {
        let Some(file) = self.handle(handle) else { return bad_handle() };
        let count = u64::from(count);
        if count > BODY_MAX as u64 - 4 {
            return Outcome::refused(Refusal::TOO_LARGE);
        }
        let mut bytes = Vec::new();
        match file.take(count).read_to_end(&mut bytes) {
            Ok(_) => Bytes(bytes).into(),
            Err(error) => {
                let errno = nix::errno::Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO));
                Outcome::refused(Refusal::by_the_system(errno))
            }
        }
    }

    fn close(&mut self, handle: u32) -> Outcome<()> {
        let connection = self.server.connections.get_mut(&self.connection);
        match connection.and_then(|connection| connection.handles.remove(&handle)) {
            Some(_) => ().into(),
            None => bad_handle(),
        }
    }

    fn gate(&mut self, path: String) -> Outcome<Bytes> {
        let fifo = match self.open_at_root(&path, Kind::Fifo) {
            Ok(fifo) => fifo,
            Err(refusal) => return self.not_executed(refusal),
        };
        if let Err(refusal) = self.server.record_gate(self.call) {
            return Outcome::refused(refusal);
        }
        let work = Work::Gate { fifo: fifo.into(), bytes: Vec::new() };
        self.server.pending.insert(self.call, Pending { connection: self.connection, work });
        Outcome::Later
    }

    fn whoami(&mut self) -> Outcome<Identity> {
        match self.caller() {
            Some(caller) => caller.into(),
            None => self.not_executed(Refusal::NOT_PERMITTED),
        }
    }

    fn stats(&mut self) -> Outcome<Stats> {
        Stats { executed: self.server.executed - 1, entries: self.server.table.entries() as u64 }.into()
    }

    fn list(&mut self) -> Outcome<Listing> {
        let may = |(_, text): &(u16, String)| self.may_call(name_of(text));
        Listing(methods().into_iter().filter(may).collect()).into()
    }

    fn watch(&mut self, key: String) -> Outcome<u32> {
        self.server.objects.watch(self.connection, self.call.0, key).into()
    }

    fn unwatch(&mut self, object: u32) -> Outcome<()> {
        if self.server.unwatch(self.connection, object) { ().into() } else { bad_handle() }
    }
}

impl Turn<'_, '_> {
    /// A call that is refused for its caller or its path does not count.
    fn not_executed<T>(&mut self, refusal: Refusal) -> Outcome<T> {
        if refusal == Refusal::NOT_PERMITTED {
            self.server.executed -= 1;
        }
        Outcome::refused(refusal)
    }
}
// END SOLUTION
