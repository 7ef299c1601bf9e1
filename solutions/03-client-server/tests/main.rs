//! The reference answers the same specification as the students: the lab's, and no other.
#[path = "../../../labs/03-client-server/tests/spec/mod.rs"]
mod spec;
