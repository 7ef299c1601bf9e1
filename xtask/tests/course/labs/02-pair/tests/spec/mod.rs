//! The milestones.

mod m1_count;
mod m2_add;
