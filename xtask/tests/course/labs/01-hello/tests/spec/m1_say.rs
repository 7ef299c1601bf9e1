//! Milestone 1.

use testkit::{Room, bin};

/// The first line is the greeting.
#[test]
fn it_says_hello() {
    let room = Room::new();
    room.command(bin!("hello")).run().stdout("hello\n");
}

/// Status 0 means success.
#[test]
fn it_ends_with_zero() {
    let room = Room::new();
    room.command(bin!("hello")).run().code(0);
}
