//! The reference answers the same specification as the students: the lab's, and no other.
#[path = "../../../labs/05-divide-conquer/tests/spec/mod.rs"]
mod spec;
