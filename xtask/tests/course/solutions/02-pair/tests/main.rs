//! The specification.

#[path = "../../../labs/02-pair/tests/spec/mod.rs"]
mod spec;
