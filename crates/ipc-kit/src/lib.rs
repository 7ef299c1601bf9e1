//! ipc-kit.
