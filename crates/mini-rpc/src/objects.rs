//! Remote objects: alarms that ring above a limit. The object stays at the server; the client has a *proxy* with a
//! *reference*, a number. A method of the proxy is a call whose first argument is the reference. Where procedures are
//! grouped by object like this, one speaks of remote method invocation (RMI); who finds objects by name is a broker.

use crate::client_stub::{CallError, ClientStub};
use crate::export::{Export, Method, Refusal};
use crate::pack::Packer;
use crate::unpack::Unpacker;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Finds the object of that name, or makes it.
pub const FIND: Method = Method { number: 1, signature: "find(name: text) -> u16" };
/// Sets the limit.
pub const SET_LIMIT: Method = Method { number: 2, signature: "set_limit(alarm: u16, limit: i16) -> ()" };
/// Whether the alarm rings at that temperature.
pub const RINGS: Method = Method { number: 3, signature: "rings(alarm: u16, tenths: i16) -> u8" };
/// Gives a reference back.
pub const RELEASE: Method = Method { number: 4, signature: "release(alarm: u16) -> ()" };
/// What the alarms export.
pub const METHODS: &[Method] = &[FIND, SET_LIMIT, RINGS, RELEASE];

#[derive(Debug, Clone)]
struct Alarm {
    name: String,
    limit: i16,
    references: usize,
}

/// All objects of a server.
#[derive(Clone, Debug, Default)]
pub struct Store(Arc<Mutex<Alarms>>);

#[derive(Debug, Default)]
struct Alarms {
    by_reference: BTreeMap<u16, Alarm>,
    last: u16,
}

impl Store {
    /// How many objects live.
    #[must_use]
    pub fn living(&self) -> usize {
        self.lock().by_reference.len()
    }

    /// What one connection may do with them.
    #[must_use]
    pub fn session(&self) -> Session {
        Session { store: self.clone(), held: Vec::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Alarms> {
        // Nothing in here panics half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection's references. They are released when it ends, however it ends.
#[derive(Debug)]
pub struct Session {
    store: Store,
    held: Vec<u16>,
}

impl Session {
    fn find(&mut self, name: &str) -> Result<u16, Refusal> {
        let mut alarms = self.store.lock();
        let known = alarms.by_reference.iter_mut().find(|(_, alarm)| alarm.name == name);
        let reference = if let Some((reference, alarm)) = known {
            alarm.references += 1;
            *reference
        } else {
            // A number is never used twice: an old reference must not mean a new object.
            let reference =
                alarms.last.checked_add(1).ok_or_else(|| Refusal::because("no references left"))?;
            alarms.last = reference;
            alarms.by_reference.insert(reference, Alarm { name: name.to_owned(), limit: 300, references: 1 });
            reference
        };
        self.held.push(reference);
        Ok(reference)
    }

    /// Does something with an object that this connection has found.
    fn with<T>(&self, reference: u16, body: impl FnOnce(&mut Alarm) -> T) -> Result<T, Refusal> {
        let mut alarms = self.store.lock();
        let alarm = alarms.by_reference.get_mut(&reference).filter(|_| self.held.contains(&reference));
        alarm.map(body).ok_or_else(|| Refusal::because(format!("no alarm {reference} on this connection")))
    }

    fn release(&mut self, reference: u16) -> Result<(), Refusal> {
        let left = self.with(reference, |alarm| {
            alarm.references -= 1;
            alarm.references
        })?;
        if left == 0 {
            self.store.lock().by_reference.remove(&reference);
        }
        self.held.remove(self.held.iter().position(|held| *held == reference).expect("it was found above"));
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        while let Some(reference) = self.held.last().copied() {
            self.release(reference).expect("what is held lives");
        }
    }
}

impl Export for Session {
    fn methods(&self) -> &'static [Method] {
        METHODS
    }

    fn perform(&mut self, method: u8, mut arguments: Unpacker<'_>) -> Result<Vec<u8>, Refusal> {
        match method {
            1 => {
                let name = arguments.text()?;
                arguments.finish()?;
                Ok(Packer::new().u16(self.find(name)?).done())
            }
            2 => {
                let (alarm, limit) = (arguments.u16()?, arguments.i16()?);
                arguments.finish()?;
                self.with(alarm, |alarm| alarm.limit = limit).map(|()| Packer::new().done())
            }
            3 => {
                let (alarm, tenths) = (arguments.u16()?, arguments.i16()?);
                arguments.finish()?;
                let rings = self.with(alarm, |alarm| tenths > alarm.limit)?;
                Ok(Packer::new().u8(rings.into()).done())
            }
            4 => {
                let alarm = arguments.u16()?;
                arguments.finish()?;
                self.release(alarm).map(|()| Packer::new().done())
            }
            other => Err(Refusal::no_method(other)),
        }
    }
}

/// The client's end of a remote object. Dropping it releases the reference.
#[derive(Debug)]
pub struct Proxy<'a, S: Read + Write> {
    stub: &'a RefCell<ClientStub<S>>,
    /// What the server calls it.
    pub reference: u16,
}

impl<'a, S: Read + Write> Proxy<'a, S> {
    /// The object of that name.
    ///
    /// # Errors
    /// [`CallError`]
    pub fn find(stub: &'a RefCell<ClientStub<S>>, name: &str) -> Result<Self, CallError> {
        let result = stub.borrow_mut().call(FIND.number, &Packer::new().text(name)?.done())?;
        let mut result = Unpacker::new(&result);
        let reference = result.u16()?;
        result.finish()?;
        Ok(Self { stub, reference })
    }

    /// Sets the limit, at the server.
    ///
    /// # Errors
    /// [`CallError`]
    pub fn set_limit(&self, limit: i16) -> Result<(), CallError> {
        let arguments = Packer::new().u16(self.reference).i16(limit).done();
        let result = self.stub.borrow_mut().call(SET_LIMIT.number, &arguments)?;
        Ok(Unpacker::new(&result).finish()?)
    }

    /// Whether the alarm rings.
    ///
    /// # Errors
    /// [`CallError`]
    pub fn rings(&self, tenths: i16) -> Result<bool, CallError> {
        let arguments = Packer::new().u16(self.reference).i16(tenths).done();
        let result = self.stub.borrow_mut().call(RINGS.number, &arguments)?;
        let mut result = Unpacker::new(&result);
        let rings = result.u8()?;
        result.finish()?;
        Ok(rings != 0)
    }
}

impl<S: Read + Write> Drop for Proxy<'_, S> {
    fn drop(&mut self) {
        // If the call fails the connection is broken, and the server releases all of it by itself.
        let _ = self.stub.borrow_mut().call(RELEASE.number, &Packer::new().u16(self.reference).done());
    }
}
