#![doc = include_str!("../README.md")]

pub mod action;
pub mod arrival;
pub mod asleep;
pub mod child;
pub mod copy;
pub mod default;
pub mod end;
pub mod look;
pub mod number;
pub mod self_pipe;
pub mod send;
pub mod set;
pub mod tally;
