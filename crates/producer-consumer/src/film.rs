//! The film: a file of frames, and the picture in each.
//!
//! A stored frame begins with its number; each byte of its picture is the number's lowest byte, inverted. Decoding
//! inverts it back. A picture that was torn or mixed on its way shows more than one colour.

use crate::buffer::{SLOT, Slot};
use anyhow::{Context, Result};
use nix::sys::memfd::{MFdFlags, memfd_create};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Bytes before the picture: the frame's number.
const HEAD: usize = 4;

/// memfd_create—Makes a film of frames 1 to `frames`, in a file that has no name and vanishes with its descriptors.
///
/// # Errors
/// When there is no memory for it.
pub fn make(frames: u32) -> Result<File> {
    let film = File::from(memfd_create("film", MFdFlags::MFD_CLOEXEC).context("make a file for the film")?);
    for number in 1..=frames {
        film.write_all_at(&stored(number), place(number)).context("write the film")?;
    }
    Ok(film)
}

/// pread—Reads one stored frame.
///
/// # Errors
/// When the film is shorter.
pub fn read(film: &File, number: u32) -> Result<Slot> {
    let mut slot = [0; SLOT];
    film.read_exact_at(&mut slot, place(number)).with_context(|| format!("read frame {number}"))?;
    Ok(slot)
}

/// Decodes a stored frame.
#[must_use]
pub fn decode(stored: &Slot) -> Slot {
    let mut shown = *stored;
    shown[HEAD..].iter_mut().for_each(|byte| *byte = !*byte);
    shown
}

/// The number of a frame, stored or decoded.
#[must_use]
pub fn number(frame: &Slot) -> u32 {
    u32::from_le_bytes([frame[0], frame[1], frame[2], frame[3]])
}

/// Whether a decoded frame has the one colour that its number says.
#[must_use]
pub fn is_whole(frame: &Slot) -> bool {
    frame[HEAD..].iter().all(|byte| *byte == frame[0])
}

fn stored(number: u32) -> Slot {
    let head = number.to_le_bytes();
    let mut slot = [!head[0]; SLOT];
    slot[..HEAD].copy_from_slice(&head);
    slot
}

fn place(number: u32) -> u64 {
    u64::from(number - 1) * SLOT as u64
}
