//! The specification of `pool`. The milestones are listed in `spec/mod.rs`.
mod spec;
