//! Claim: a stream keeps no boundaries; the length in the header finds the frames again, however they were cut.
//!
//! Two frames are sent in one piece, in two pieces cut at each place, and byte by byte. The receiver gets the same two
//! messages each time. A receiver that takes one read for one frame gets them right in one of these ways only.
//!
//! Usage: cargo run -q -p mini-rpc --example a_stream_cuts_frames_anywhere
//! See also: the module `stream`, `recv(2)`

use anyhow::{Context, Result, ensure};
use mini_rpc::frame::Message;
use mini_rpc::stream::{self, NoFrame};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

fn main() -> Result<()> {
    let calls = [Message::call(7, 1, b"\x01\x04hall".to_vec()), Message::call(7, 2, b"\x00".to_vec())];
    let bytes = [calls[0].to_frame()?, calls[1].to_frame()?].concat();
    println!("two frames, {} bytes", bytes.len());
    let (mut left, mut right) = UnixStream::pair().context("make a connection")?;

    left.write_all(&bytes).context("send")?;
    let mut one_read = [0; 1024];
    let count = right.read(&mut one_read).context("read once")?;
    println!("one read: {count} bytes: {}", Message::from_frame(&one_read[..count]).expect_err("two frames"));

    let mut same = 0;
    for place in 0..=bytes.len() {
        let mut pieces = bytes[..place].chain(&bytes[place..]); // Its reads end at the cut.
        same += usize::from(both(&mut pieces)? == calls);
    }
    println!("cut in two at each place: {same} times the same two messages");
    ensure!(both(&mut Single(&bytes))? == calls, "the same messages");
    println!("byte by byte: the same");
    Ok(())
}

fn both(from: &mut impl Read) -> Result<[Message; 2]> {
    let messages = [
        Message::from_frame(&stream::receive(&mut *from)?)?,
        Message::from_frame(&stream::receive(&mut *from)?)?,
    ];
    ensure!(matches!(stream::receive(from), Err(NoFrame::End)), "nothing is left");
    Ok(messages)
}

/// Gives one byte a read.
struct Single<'a>(&'a [u8]);

impl Read for Single<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let one = buffer.len().min(1);
        self.0.read(&mut buffer[..one])
    }
}
