#![doc = include_str!("../README.md")]

pub mod asleep;
pub mod both_ways;
pub mod buffer;
pub mod fifo;
pub mod fill;
pub mod film;
pub mod framing;
pub mod lock;
pub mod metronome;
pub mod player;
pub mod policy;
pub mod posix_queue;
pub mod process;
pub mod rendezvous;
pub mod story;
pub mod system_v;
