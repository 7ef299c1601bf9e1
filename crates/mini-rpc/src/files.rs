//! The file-system interface as a remote one: `open` gives a handle, `read` takes it. A handle is a number that means
//! something only to the server that gave it, and only on the connection on which it was given: a [`Shelf`] lives as
//! long as its connection, and closes its files when it is dropped.

use crate::client_stub::{CallError, ClientStub};
use crate::export::{Export, Method, Refusal};
use crate::pack::Packer;
use crate::unpack::Unpacker;
use nix::fcntl::OFlag;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// Opens a log for reading.
pub const OPEN: Method = Method { number: 1, signature: "open(name: text) -> u16" };
/// Reads on; fewer bytes than asked for mean: that is all for now. None means the end.
pub const READ: Method = Method { number: 2, signature: "read(handle: u16, count: u8) -> bytes" };
/// Gives a handle back.
pub const CLOSE: Method = Method { number: 3, signature: "close(handle: u16) -> ()" };
/// What a shelf exports.
pub const METHODS: &[Method] = &[OPEN, READ, CLOSE];

/// The logs in one folder, and those of them that one connection has open.
#[derive(Debug)]
pub struct Shelf {
    folder: PathBuf,
    open: BTreeMap<u16, File>,
    last: u16,
}

impl Shelf {
    /// The files of this folder.
    #[must_use]
    pub fn of(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), open: BTreeMap::new(), last: 0 }
    }

    fn open(&mut self, name: &str) -> Result<u16, Refusal> {
        // A name, not a path: a client must not walk out of the folder.
        if name.contains('/') || name.starts_with('.') || name.is_empty() {
            return Err(Refusal::because(format!("{name:?} is no name of a log")));
        }
        let mut free = (1..=u16::MAX).map(|step| self.last.wrapping_add(step));
        let handle = free.find(|handle| *handle != 0 && !self.open.contains_key(handle));
        let handle = handle.ok_or_else(|| Refusal::because("too many handles"))?;
        // No link that leads elsewhere, and nothing that could wait (a FIFO): only regular files.
        let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
        let file = File::options().read(true).custom_flags(flags.bits()).open(self.folder.join(name));
        let file = file.map_err(|error| Refusal::because(format!("open {name}: {error}")))?;
        if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            return Err(Refusal::because(format!("{name} is no file")));
        }
        self.last = handle;
        self.open.insert(handle, file);
        Ok(handle)
    }

    fn read(&mut self, handle: u16, count: u8) -> Result<Vec<u8>, Refusal> {
        let file = self.open.get_mut(&handle).ok_or_else(|| no_handle(handle))?;
        let mut bytes = Vec::new();
        file.take(count.into())
            .read_to_end(&mut bytes)
            .map_err(|error| Refusal::because(format!("read: {error}")))?;
        Ok(bytes)
    }

    fn close(&mut self, handle: u16) -> Result<(), Refusal> {
        self.open.remove(&handle).map(drop).ok_or_else(|| no_handle(handle))
    }
}

fn no_handle(handle: u16) -> Refusal {
    Refusal::because(format!("no handle {handle} on this connection"))
}

impl Export for Shelf {
    fn methods(&self) -> &'static [Method] {
        METHODS
    }

    fn perform(&mut self, method: u8, mut arguments: Unpacker<'_>) -> Result<Vec<u8>, Refusal> {
        match method {
            1 => {
                let name = arguments.text()?;
                arguments.finish()?;
                Ok(Packer::new().u16(self.open(name)?).done())
            }
            2 => {
                let (handle, count) = (arguments.u16()?, arguments.u8()?);
                arguments.finish()?;
                Ok(Packer::new().bytes(&self.read(handle, count)?)?.done())
            }
            3 => {
                let handle = arguments.u16()?;
                arguments.finish()?;
                self.close(handle).map(|()| Packer::new().done())
            }
            other => Err(Refusal::no_method(other)),
        }
    }
}

/// The client's stub of this interface.
#[derive(Debug)]
pub struct Files<S>(pub ClientStub<S>);

impl<S: Read + Write> Files<S> {
    /// As `open(2)`, but at the server.
    ///
    /// # Errors
    /// [`CallError`]
    pub fn open(&mut self, name: &str) -> Result<u16, CallError> {
        let result = self.0.call(OPEN.number, &Packer::new().text(name)?.done())?;
        let mut result = Unpacker::new(&result);
        let handle = result.u16()?;
        result.finish()?;
        Ok(handle)
    }

    /// As `read(2)`. The caller's buffer is here and the server cannot write into it: the bytes come in the return.
    ///
    /// # Errors
    /// [`CallError`]
    pub fn read(&mut self, handle: u16, count: u8) -> Result<Vec<u8>, CallError> {
        let result = self.0.call(READ.number, &Packer::new().u16(handle).u8(count).done())?;
        let mut result = Unpacker::new(&result);
        let bytes = result.bytes()?.to_vec();
        result.finish()?;
        Ok(bytes)
    }

    /// As `close(2)`.
    ///
    /// # Errors
    /// [`CallError`]
    pub fn close(&mut self, handle: u16) -> Result<(), CallError> {
        let result = self.0.call(CLOSE.number, &Packer::new().u16(handle).done())?;
        Ok(Unpacker::new(&result).finish()?)
    }
}
