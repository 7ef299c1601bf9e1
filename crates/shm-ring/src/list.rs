//! A linked list in a segment. A link is an *offset* from the segment's beginning, so it is right at every address.
//!
//! ```text
//!     offset 0  offset of the first node      offset 8  where the next new node goes
//!     a node:   offset of the next node (0: it is the last), value
//! ```
//!
//! A link is also a number from somebody else, who may have a bug. So each one is checked before it is followed.

use std::fmt;
use std::sync::atomic::Ordering;

use anyhow::{Result, ensure};

use crate::map::Mapping;

/// The offset of the offset of the first node.
pub const FIRST: usize = 0;
const FREE: usize = 8;
const NODES: usize = 16;
/// How many bytes a node takes.
pub const NODE: usize = 16;

/// Why a list cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// A link leads to where no node can be: out of the segment, or between two words.
    Link(u64),
    /// More nodes than the segment has room for: the list bites its own tail.
    Circle,
}

impl fmt::Display for Broken {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Link(offset) => write!(out, "a link leads to offset {offset}, where no node can be"),
            Self::Circle => write!(out, "the list is a circle"),
        }
    }
}

impl std::error::Error for Broken {}

/// Puts a value in front of the list, and gives the offset of its node. One process writes, and nobody reads
/// meanwhile.
///
/// # Errors
/// When the segment is full, or its count of used bytes is nonsense.
pub fn push_front(memory: &Mapping, value: u64) -> Result<usize> {
    let free = memory.long(FREE).load(Ordering::Relaxed);
    // Zero: nobody has used the segment yet.
    let node = if free == 0 { NODES } else { usize::try_from(free)? };
    let places = memory.find_long(node).zip(node.checked_add(8).and_then(|offset| memory.find_long(offset)));
    ensure!(node >= NODES && places.is_some(), "no room for a node at offset {node}");
    let (next, content) = places.expect("asked in the line before");
    next.store(memory.long(FIRST).load(Ordering::Relaxed), Ordering::Relaxed);
    content.store(value, Ordering::Relaxed);
    memory.long(FREE).store((node + NODE) as u64, Ordering::Relaxed);
    // Release: whoever finds this link (Acquire in `values`) finds a whole node behind it.
    memory.long(FIRST).store(node as u64, Ordering::Release);
    Ok(node)
}

/// All values, from the first node to the last.
///
/// # Errors
/// When a link is wrong.
pub fn values(memory: &Mapping) -> Result<Vec<u64>, Broken> {
    let most = memory.length() / NODE;
    let mut values = Vec::new();
    // Acquire: meets the Release in `push_front`. The links behind the first were stored before it.
    let mut link = memory.long(FIRST).load(Ordering::Acquire);
    while link != 0 {
        if values.len() == most {
            return Err(Broken::Circle);
        }
        let (next, value) = node_at(memory, link).ok_or(Broken::Link(link))?;
        values.push(value);
        link = next;
    }
    Ok(values)
}

fn node_at(memory: &Mapping, link: u64) -> Option<(u64, u64)> {
    let offset = usize::try_from(link).ok().filter(|offset| *offset >= NODES)?;
    let next = memory.find_long(offset)?;
    let value = memory.find_long(offset.checked_add(8)?)?;
    Some((next.load(Ordering::Relaxed), value.load(Ordering::Relaxed)))
}
