//! The specification of `sigcount`, `within`, `superv` and `flushd`. The milestones are listed in `spec/mod.rs`.
mod spec;
