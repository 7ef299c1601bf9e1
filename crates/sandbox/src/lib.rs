//! Builds and runs programs nobody has read.

pub mod protocol;
