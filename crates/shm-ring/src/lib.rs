#![doc = include_str!("../README.md")]

pub mod asleep;
pub mod board;
pub mod calls;
pub mod child;
pub mod futex;
pub mod gate;
pub mod list;
pub mod litmus;
pub mod lock;
pub mod mailbox;
pub mod map;
pub mod meeting;
pub mod memfd;
mod page;
pub mod pass;
pub mod segment;
pub mod semaphore;
pub mod smaps;
