//! `grader`: checks one lab for a student, grades a class for a teacher, keeps the course true for its
//! authors.
//!
//! The map, from the pure core (text in, text out, no I/O) to the rim:
//!
//! | module | holds |
//! |---|---|
//! | [`manifest`] | pure: `lab.toml`, its types and its rules |
//! | [`outcome`] | pure: what the referee said, judged into a verdict and points |
//! | [`starter`] | pure: solution text to starter text |
//! | [`patch`] | pure: a mutant's header, and its diff applied to texts in memory |
//! | [`readme`], [`hints`] | pure: what is generated in READMEs, and what is read from them |
//! | [`spec_text`] | pure: a check's doc comment and line |
//! | [`progress`] | pure: what is remembered of a student's work; `progress::store` keeps it on disk |
//! | [`score`] | pure: a class and what its checks gave, added up |
//! | [`policy`] | pure, but for its rim: from raw points to the grade that counts |
//! | [`causes`] | pure: which known bug a pattern of failures looks like |
//! | [`page`] | pure: the frame of every page |
//! | [`text`], [`prose`] | pure: a student's output made safe to print; prose fitted to a width |
//! | [`sources`] | a student's files, read as the grader reads them |
//! | [`pristine`] | a lab's files as they were given, wherever they come from |
//! | [`workspace`] | where the root, the labs and the solutions are |
//! | [`exit`] | the exit statuses, and the errors that carry one |
//! | [`cli`] | the commands and their help |
//! | [`check`], `suite`, `scratch`, `referee`, `compile`, `family` | a student's loop: build once, one referee process a check |
//! | [`watch`] | the same again at each save: a pure plan, state and screen, and the loop around them |
//! | [`trace`] | a program's life, recorded and drawn |
//! | [`mod@bench`] | what is measured by `crates/bench`, built in release |
//! | `intake`, `seed`, `build`, `grade`, `journal`, `sample`, `report` | a teacher's run: a class, in the sandbox |
//! | [`autograder`], [`fill`] | what platforms run, and the sheets they export, filled |
//! | [`similar`] | pure, but for its rim: who has the same code, as a report beside the grades |
//! | [`autopsy`] | why a program hangs |
//! | [`verify`], [`flake`], `stage`, `starters`, `readmes`, `handout`, [`class`], [`speed`], `doctor`, `ci` | an author's gates |

pub mod autograder;
pub mod autopsy;
pub mod bar;
pub mod bench;
pub mod build;
pub mod catalogue;
pub mod causes;
pub mod check;
pub mod ci;
pub mod claims;
pub mod class;
pub mod cli;
pub mod compile;
pub mod doctor;
pub mod exit;
pub mod explain;
pub mod family;
pub mod files;
pub mod fill;
pub mod flake;
pub mod grade;
pub mod handout;
pub mod hint;
pub mod hints;
pub mod intake;
pub mod interrupt;
pub mod journal;
pub mod list;
pub mod manifest;
pub mod merge;
pub mod mutants;
pub mod outcome;
pub mod page;
pub mod patch;
pub mod policy;
pub mod pool;
pub mod pristine;
pub mod progress;
pub mod prose;
pub mod readme;
pub mod readmes;
pub mod referee;
pub mod report;
pub mod reset;
pub mod sample;
pub mod score;
pub mod scratch;
pub mod seed;
pub mod show;
pub mod similar;
pub mod slowness;
pub mod sources;
pub mod spec_text;
pub mod speed;
pub mod stage;
pub mod starter;
pub mod starters;
pub mod submit;
pub mod suite;
pub mod text;
pub mod trace;
pub mod verify;
pub mod watch;
pub mod workspace;
