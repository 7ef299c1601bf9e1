//! The interface of this lecture, three times: the trait that a caller sees, the procedures themselves ([`House`]), and
//! the two stubs between them. A program that takes `&mut impl Thermometer` cannot tell a house from a stub.
//!
//! Temperatures are tenths of a degree Celsius: 215 is 21.5 degrees.

use crate::client_stub::{CallError, ClientStub};
use crate::export::{Export, Method, Refusal};
use crate::pack::Packer;
use crate::unpack::Unpacker;
use std::collections::BTreeMap;
use std::io::{Read, Write};

/// Tells the temperature of a room.
pub const TEMPERATURE: Method = Method { number: 1, signature: "temperature(room: text) -> i16" };
/// Sets the temperature of a room. Twice is the same as once: it is *idempotent*.
pub const SET: Method = Method { number: 2, signature: "set(room: text, tenths: i16) -> ()" };
/// Makes a room warmer, and tells how warm it is now. Twice is *not* the same as once.
pub const WARM: Method = Method { number: 3, signature: "warm(room: text, by: i16) -> i16" };
/// What a thermometer exports.
pub const METHODS: &[Method] = &[TEMPERATURE, SET, WARM];

/// What a caller sees.
pub trait Thermometer {
    /// What can go wrong: less for a local house than for one behind a wire.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Tenths of a degree.
    ///
    /// # Errors
    /// When there is no such room, or the call fails.
    fn temperature(&mut self, room: &str) -> Result<i16, Self::Error>;

    /// Sets a room, which is made if need be.
    ///
    /// # Errors
    /// When the call fails.
    fn set(&mut self, room: &str, tenths: i16) -> Result<(), Self::Error>;

    /// Adds to a room; gives the new temperature.
    ///
    /// # Errors
    /// When there is no such room, it would be too hot for 16 bits, or the call fails.
    fn warm(&mut self, room: &str, by: i16) -> Result<i16, Self::Error>;
}

/// The procedures: they know nothing of messages.
#[derive(Clone, Debug, Default)]
pub struct House {
    rooms: BTreeMap<String, i16>,
    /// How many procedures were executed, the refused ones too.
    pub executed: usize,
}

impl House {
    /// A house with these rooms.
    #[must_use]
    pub fn with(rooms: &[(&str, i16)]) -> Self {
        let owned = rooms.iter().map(|(room, tenths)| ((*room).to_owned(), *tenths));
        Self { rooms: owned.collect(), executed: 0 }
    }

    fn room(&mut self, room: &str) -> Result<&mut i16, Refusal> {
        self.executed += 1;
        self.rooms.get_mut(room).ok_or_else(|| Refusal::because(format!("no room {room}")))
    }
}

impl Thermometer for House {
    type Error = Refusal;

    fn temperature(&mut self, room: &str) -> Result<i16, Refusal> {
        self.room(room).copied()
    }

    fn set(&mut self, room: &str, tenths: i16) -> Result<(), Refusal> {
        self.executed += 1;
        self.rooms.insert(room.to_owned(), tenths);
        Ok(())
    }

    fn warm(&mut self, room: &str, by: i16) -> Result<i16, Refusal> {
        let now = self.room(room)?;
        *now = now.checked_add(by).ok_or_else(|| Refusal::because("no thermometer goes so far"))?;
        Ok(*now)
    }
}

/// The server's stub: unpack, call, pack.
impl Export for House {
    fn methods(&self) -> &'static [Method] {
        METHODS
    }

    fn perform(&mut self, method: u8, mut arguments: Unpacker<'_>) -> Result<Vec<u8>, Refusal> {
        match method {
            1 => {
                let room = arguments.text()?;
                arguments.finish()?;
                Ok(Packer::new().i16(self.temperature(room)?).done())
            }
            2 => {
                let (room, tenths) = (arguments.text()?, arguments.i16()?);
                arguments.finish()?;
                self.set(room, tenths).map(|()| Packer::new().done())
            }
            3 => {
                let (room, by) = (arguments.text()?, arguments.i16()?);
                arguments.finish()?;
                Ok(Packer::new().i16(self.warm(room, by)?).done())
            }
            other => Err(Refusal::no_method(other)),
        }
    }
}

/// The client's stub: pack, send and wait, unpack.
impl<S: Read + Write> Thermometer for ClientStub<S> {
    type Error = CallError;

    fn temperature(&mut self, room: &str) -> Result<i16, CallError> {
        let arguments = Packer::new().text(room)?.done();
        unpack_i16(&self.call(TEMPERATURE.number, &arguments)?)
    }

    fn set(&mut self, room: &str, tenths: i16) -> Result<(), CallError> {
        let arguments = Packer::new().text(room)?.i16(tenths).done();
        let result = self.call(SET.number, &arguments)?;
        Ok(Unpacker::new(&result).finish()?)
    }

    fn warm(&mut self, room: &str, by: i16) -> Result<i16, CallError> {
        let arguments = Packer::new().text(room)?.i16(by).done();
        unpack_i16(&self.call(WARM.number, &arguments)?)
    }
}

fn unpack_i16(result: &[u8]) -> Result<i16, CallError> {
    let mut result = Unpacker::new(result);
    let value = result.i16()?;
    result.finish()?;
    Ok(value)
}
