//! Who has the same code as somebody else: a report for a teacher's eyes, and no proof.
//!
//! | module | holds |
//! |---|---|
//! | [`lexer`], [`normal`] | pure: a source as tokens without names, numbers, texts, comments and layout |
//! | [`fingerprint`] | pure: winnowing |
//! | [`class`] | pure: what a member has that nobody was given, and the pairs that share it |
//! | [`region`] | pure: where two members are equal, as lines |
//! | [`page`], [`csv`] | pure: `similar.html` and `similar.csv` |
//! | [`given`] | what everybody was given: the lab, its lecture, `ipc-kit` |
//! | [`jplag`] | the same class as folders for JPlag |
//! | [`summary`] | what `similar.csv` says, for the pages of grades |
//! | [`command`] | `cargo xtask similar`, and what `grade` calls |

pub mod class;
pub mod command;
pub mod csv;
pub mod fingerprint;
pub mod given;
pub mod jplag;
pub mod lexer;
pub mod normal;
pub mod page;
pub mod region;
pub mod summary;

/// The report for people, in a folder of grades or beside [`CSV`].
pub const HTML: &str = "similar.html";
/// The same for programs.
pub const CSV: &str = "similar.csv";

/// A pair is shown if so much of one member's own work is found at the other, in percent.
pub const THRESHOLD: u32 = 25;
/// A pair is also shown if so many tokens in one place are equal, however much is different elsewhere. About 50 lines.
pub const LONG: usize = 400;
/// A pair that shares fewer fingerprints than this is never shown: a short program has little room to differ. About 30 lines.
pub const FEWEST: u32 = 40;
/// Of so many pairs of a lab the matches are looked for. The others have only their numbers, so that a class in which everybody
/// has one answer takes no longer.
pub const MATCHED: usize = 200;
/// So many pairs of a lab are shown side by side, of those that have a row. The CSV has all.
pub const SHOWN: usize = 20;
