//! The specification of `prodcon`. The milestones are listed in `spec/mod.rs`.
mod spec;
