//! Controlled faults for a program nobody has read, by ptrace(2).

mod calls;
mod fault;
mod tracer;

pub(crate) use fault::Report;
pub use fault::{Family, Fault, When};
pub(crate) use tracer::start;
