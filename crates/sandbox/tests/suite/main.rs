//! The sandbox against its attackers: attack x level x user.
//!
//! Every test runs the sandbox as whoever runs the tests. Started by root, that is the mode without user namespaces,
//! and `everything_holds_for_an_ordinary_user_too` runs the whole suite once more as `nobody`; started by
//! an ordinary user, the rows for root are skipped, by name.

mod attacks;
mod builds;
mod doctor;
mod ends;
mod fallbacks;
mod forgeries;
mod groups;
mod harness;
mod reduced;
mod users;
