//! Follows a tree of processes by ptrace(2), and records its life.
//!
//! Two layers. The lower one is what every tracer needs: [`attach`] takes hold of a program at its first
//! instruction, [`stops`] gives one decoded stop after the other, [`calls`] knows system calls by name,
//! [`memory`] reads what an argument points to. A fault injector can stand on it, too.
//!
//! The upper one, [`record`], makes a [`Recording`]: plain data that says which processes there were, what
//! they called and in which order, and who held which end of which pipe from when to when. It knows nothing
//! of labs, and draws nothing.

mod attach;
pub mod calls;
mod decode;
mod descriptors;
mod holdings;
pub mod memory;
mod model;
mod record;
mod session;
pub mod stops;
mod threads;

pub use attach::{Refused, attach};
pub use model::{
    Call, Does, End, Event, GaveUp, Hold, Image, Kind, Moment, Object, Patience, Process, Recording, Side,
    Status, Use, What, signal_name,
};
pub use record::{Audience, Members, record};
