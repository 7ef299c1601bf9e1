//! One line for each finished check, append-only.
