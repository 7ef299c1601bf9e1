//! The reference answers the same specification as the students: the lab's, and no other.
#[path = "../../../labs/02-producer-consumer/tests/spec/mod.rs"]
mod spec;
