//! The reference answers the same specification as the students: the lab's, and no other.
#[path = "../../../labs/01-pipeline-shell/tests/spec/mod.rs"]
mod spec;
