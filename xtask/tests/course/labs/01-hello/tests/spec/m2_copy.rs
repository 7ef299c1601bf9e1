//! Milestone 2.

use testkit::{Room, bin};

/// What comes in goes out.
#[test]
fn it_repeats_its_input() {
    let room = Room::new();
    let lines = room.lines(3);
    let expected = format!("hello\n{lines}");
    room.command(bin!("hello")).stdin(lines).run().code(0).stdout(expected);
}
