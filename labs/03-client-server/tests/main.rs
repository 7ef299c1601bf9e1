//! The specification of `filed` and `filec`. The milestones are listed in `spec/mod.rs`.
mod spec;
