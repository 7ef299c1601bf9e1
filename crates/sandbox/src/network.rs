//! The sandbox's own loopback: 127.0.0.1 and ::1, and nothing else.

use anyhow::Result;

use crate::order::{Message, Status};
use crate::sys;

/// Brings `lo` up. Where that is refused, labs with TCP fail, but nothing is less safe: only a note.
pub(crate) fn loopback(status: &Status) -> Result<()> {
    match sys::loopback_up() {
        Ok(()) => Ok(()),
        Err(error) => status.send(&Message::Note(format!("loopback: {error}; no TCP inside"))),
    }
}
