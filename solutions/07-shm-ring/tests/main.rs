//! The reference answers the same specification as the students: the lab's, and no other.
#[path = "../../../labs/07-shm-ring/tests/spec/mod.rs"]
mod spec;
