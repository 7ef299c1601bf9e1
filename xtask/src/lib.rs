//! The runner.
pub mod intake;
