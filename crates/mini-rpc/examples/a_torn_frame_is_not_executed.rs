//! Claim: a frame whose end is missing is an error and is never executed; a stream that ends between two frames is not.
//!
//! The sender dies at each place inside its frame. Only the whole frame is a call.
//!
//! Usage: cargo run -q -p mini-rpc --example a_torn_frame_is_not_executed
//! See also: the module `stream`

use anyhow::Result;
use mini_rpc::frame::Message;
use mini_rpc::pack::Packer;
use mini_rpc::server_stub::serve;
use mini_rpc::thermometer::{House, WARM};
use std::io::{Read, Write};

fn main() -> Result<()> {
    let body = Packer::new().u8(WARM.number).text("hall")?.i16(5).done();
    let frame = Message::call(7, 1, body).to_frame()?;
    for length in 0..=frame.len() {
        let mut house = House::with(&[("hall", 180)]);
        let ended = serve(OneSided(&frame[..length]), &mut house);
        let ended = ended.map_or_else(|error| error.to_string(), |()| "a good end".to_owned());
        if [0, 1, 9, 10, 17, 18].contains(&length) {
            println!("{length} of {} bytes: executed {}, {ended}", frame.len(), house.executed);
        }
        assert_eq!(house.executed, usize::from(length == frame.len()));
    }
    Ok(())
}

/// A client that has sent these bytes and is gone; what it would be told goes nowhere.
struct OneSided<'a>(&'a [u8]);

impl Read for OneSided<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for OneSided<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
