//! The read-only build seed: dependencies, no lab.
