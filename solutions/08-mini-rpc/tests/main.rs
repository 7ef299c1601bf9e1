//! The reference answers the same specification as the students: the lab's, and no other.
#[path = "../../../labs/08-mini-rpc/tests/spec/mod.rs"]
mod spec;
