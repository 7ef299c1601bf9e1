//! Measures the programs of the labs beside real peers and beside what the machine can do at best. It shows figures
//! and never gives points: points come from checks, which need no clock.
//!
//! A program is a black box here, too: a lab's module drives it through the lab's contract and nothing else.
//!
//! | module | holds |
//! |---|---|
//! | [`numbers`] | pure: spreads, ratios, percentiles |
//! | [`experiment`] | what can be measured, and what comes out |
//! | [`rounds`] | interleaved rounds between brackets; pure but for the closures that it calls |
//! | [`ranking`] | pure: who is clearly better than whom |
//! | [`before`] | the rankings of the run before |
//! | [`chart`], [`table`], [`report`] | pure: pictures and tables, for a terminal and as a page |
//! | [`machine`], [`phys`] | the cores at this moment, and what the machine can do at best |
//! | [`process`], [`count`] | programs under a watchdog; their system calls, counted |
//! | `pace` | how much work makes a measurement |
//! | [`contender`], [`harness`] | who is measured, and what stands around a run |
//! | [`interrupt`] | Ctrl-C |
//! | [`labs`] | a module for each lab |
//! | [`limits`], [`mechanisms`] | `bench phys` and `bench mechanisms` |
//! | [`cli`] | the arguments |

pub mod before;
pub mod chart;
pub mod cli;
pub mod contender;
pub mod count;
pub mod experiment;
#[cfg(test)]
mod golden;
pub mod harness;
pub mod interrupt;
pub mod labs;
pub mod limits;
pub mod machine;
pub mod mechanisms;
pub mod numbers;
mod pace;
pub mod phys;
pub mod process;
pub mod ranking;
pub mod report;
pub mod rounds;
pub mod table;
