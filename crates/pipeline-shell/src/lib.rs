#![doc = include_str!("../README.md")]

pub mod asleep;
pub mod chain;
pub mod exec;
pub mod fork;
pub mod pipe;
pub mod sigpipe;
pub mod spawn;
pub mod status;
