//! The specification of `dnc` and `mpirun`. The milestones are listed in `spec/mod.rs`.
mod spec;
