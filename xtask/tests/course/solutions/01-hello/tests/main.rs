//! The specification.

#[path = "../../../labs/01-hello/tests/spec/mod.rs"]
mod spec;
