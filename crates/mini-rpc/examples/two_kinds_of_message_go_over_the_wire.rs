//! Claim: there are two kinds of message, call and return; both carry the number of the call.
//!
//! Each byte is shown with its place in the frame and the name of its field. Nothing else goes over the wire: no name of
//! a procedure, no types, no address. What the bytes mean is agreed.
//!
//! Usage: cargo run -q -p mini-rpc --example two_kinds_of_message_go_over_the_wire
//! See also: the modules `frame` and `dump`

use anyhow::Result;
use mini_rpc::dump;
use mini_rpc::frame::Message;
use mini_rpc::pack::Packer;
use mini_rpc::server_stub::answer_frame;
use mini_rpc::thermometer::{House, METHODS, WARM};

fn main() -> Result<()> {
    let mut house = House::with(&[("hall", 180)]);
    for (number, room) in [(1, "hall"), (2, "attic")] {
        let body = Packer::new().u8(WARM.number).text(room)?.i16(-25).done();
        let frame = Message::call(7, number, body).to_frame()?;
        print!("{}", dump::call(&frame, METHODS)?);
        print!("{}", dump::answer(&answer_frame(&frame, &mut house)?, &WARM)?);
    }
    Ok(())
}
