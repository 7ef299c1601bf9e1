//! Milestone 2.

use testkit::{Room, bin};

/// One line with the sum.
#[test]
fn it_adds_what_it_reads() {
    let room = Room::new();
    room.command(bin!("add")).stdin("20\n22\n").run().code(0).stdout("42\n");
}
