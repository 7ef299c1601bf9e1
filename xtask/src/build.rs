//! Builds one submission in the sandbox.
