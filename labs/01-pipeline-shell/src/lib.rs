//! The pipeline shell.
