//! The milestones.

mod m1_say;
mod m2_copy;
