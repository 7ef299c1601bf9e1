//! `grader`: checks one lab for a student, grades a class for a teacher, keeps the course true for its
//! authors.
//!
//! The map, from the pure core (text in, text out, no I/O) to the rim:
//!
//! | module | holds |
//! |---|---|
//! | [`manifest`] | pure: `lab.toml`, its types and its rules |
//! | [`outcome`] | pure: what the referee said, judged into a verdict and points |
//! | [`score`] | pure: a class and what its checks gave, added up |
//! | [`text`] | pure: a student's output made safe to print |
//! | [`workspace`] | where the root, the labs and the solutions are |
//! | [`exit`] | the exit statuses, and the errors that carry one |
//! | [`cli`] | the commands and their help |
//! | `check`, `referee`, `compile` | a student's loop: build once, one referee process a check |
//! | `intake`, `seed`, `build`, `grade`, `journal`, `sample`, `report` | a teacher's run: a class, in the sandbox |
//! | `verify`, `mutants`, `handout`, `doctor`, `ci` | an author's gates |

pub mod build;
pub mod check;
pub mod cli;
pub mod compile;
pub mod exit;
pub mod family;
pub mod grade;
pub mod intake;
pub mod interrupt;
pub mod journal;
pub mod manifest;
pub mod outcome;
pub mod patch;
pub mod pool;
pub mod referee;
pub mod report;
pub mod sample;
pub mod score;
pub mod seed;
pub mod show;
pub mod slowness;
pub mod spec_text;
pub mod starter;
pub mod suite;
pub mod text;
pub mod workspace;
