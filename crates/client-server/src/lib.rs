#![doc = include_str!("../README.md")]

pub mod address;
pub mod asleep;
pub mod background;
pub mod book;
pub mod connect;
pub mod connection;
pub mod helper;
pub mod line;
pub mod listen;
pub mod pass;
pub mod peer;
pub mod poll;
pub mod sequential;
pub mod sigpipe;
pub mod socket_file;
pub mod stream;
