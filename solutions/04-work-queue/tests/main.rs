//! The reference answers the same specification as the students: the lab's, and no other.
#[path = "../../../labs/04-work-queue/tests/spec/mod.rs"]
mod spec;
