//! Compares psh with dash on what both understand: same standard output, same status, same files left behind.
//!
//! Not compared, because psh's contract decides otherwise than dash: standard error; the status after a failing
//! redirection or `cd` (psh 1, dash 2); a `$(..)` in a stage that reads its standard input (psh's own, in dash the
//! stage's); a backslash printed by `echo` (dash's builtin interprets it); programs
//! that read the script's own standard input (dash reads ahead).
//!
//! Without dash in PATH each test says so and ends.

mod lines;
mod random;
mod scripts;
mod shared;
mod two;
