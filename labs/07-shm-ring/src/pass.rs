//! A ring without a name: memory that travels over a socket, and cannot be cut short. memfd_create(2), fcntl(2)
//! `F_ADD_SEALS`, unix(7) `SCM_RIGHTS`.
#![allow(unsafe_code, reason = "descriptors that arrive as numbers become owned")]

use std::path::Path;

use crate::failure::Failure;
use crate::options::Shape;

/// `ring send`: waits for a client, gives it a ring without a name, and pushes standard input.
///
/// # Errors
/// The socket or the memory cannot be made; or as `push`.
pub fn send(path: &Path, shape: Shape) -> Result<(), Failure> {
    todo!("M9: make it, seal it, pass it on, push")
}

/// `ring recv`: gets a ring over a socket, and pops from it.
///
/// # Errors
/// Nobody is there (3); what came is no sealed ring (4); or as `pop`.
pub fn receive(path: &Path, count: Option<u64>) -> Result<(), Failure> {
    todo!("M9: get it, look at its seals, pop")
}
