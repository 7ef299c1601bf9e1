//! The specification of `rpcd` and `rpcc`. The milestones are listed in `spec/mod.rs`.
mod spec;
