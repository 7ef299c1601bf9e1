//! Milestone 1.

use testkit::{Room, bin};

/// Three lines.
#[test]
fn it_counts_to_three() {
    let room = Room::new();
    room.command(bin!("count")).run().code(0).stdout("1\n2\n3\n");
}
