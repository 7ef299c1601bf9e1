//! Claim: a frame of a version that the receiver does not know is refused with an answer, and not misread: the header has
//! the same layout in all versions.
//!
//! The client learns what the server speaks, and goes on with that over the same connection.
//!
//! Usage: cargo run -q -p mini-rpc --example a_newer_version_is_refused_in_words
//! See also: the type `frame::BadFrame`

use anyhow::{Context, Result};
use mini_rpc::client_stub::unpack_outcome;
use mini_rpc::frame::{Message, VERSION};
use mini_rpc::thermometer::House;
use mini_rpc::{background, stream};

fn main() -> Result<()> {
    let (_server, mut wire) = background::server(House::with(&[("hall", 180)]))?;
    let call = Message::call(7, 1, b"\x01\x04hall".to_vec());
    for version in [VERSION + 1, VERSION] {
        stream::send(&mut wire, &call.to_frame_of_version(version)?).context("send the call")?;
        let answer = Message::from_frame(&stream::receive(&mut wire)?)?;
        print!("version {version}, call {}: ", answer.number);
        match unpack_outcome(&answer.body) {
            Ok(result) => println!("{result:02x?}"),
            Err(error) => println!("{error}"),
        }
    }
    Ok(())
}
