//! pipeline-shell.
