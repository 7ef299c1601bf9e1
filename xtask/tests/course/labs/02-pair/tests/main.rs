//! The specification.

mod spec;
