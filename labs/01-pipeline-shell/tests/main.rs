//! The specification of `psh`. The milestones are listed in `spec/mod.rs`.
mod spec;
