//! A sample class made from solutions, starters and mutants.
