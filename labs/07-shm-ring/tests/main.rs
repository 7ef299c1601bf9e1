//! The specification of `ring`. The milestones are listed in `spec/mod.rs`.
mod spec;
