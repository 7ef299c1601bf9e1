//! Claim: a receiver checks the length against its own limit when it has the header: it neither waits for the body nor
//! makes room for it.
//!
//! The length field could say 65535, in other protocols four billion. Whoever believes it lets a stranger decide how
//! much memory to take and how long to wait.
//!
//! Usage: cargo run -q -p mini-rpc --example a_length_is_checked_before_it_is_believed
//! See also: the module `stream`

use anyhow::Result;
use mini_rpc::frame::{BODY_LIMIT, HEADER, Message};
use mini_rpc::stream;

fn main() -> Result<()> {
    let largest = Message::call(7, 1, vec![0; BODY_LIMIT]).to_frame()?;
    println!("body of {BODY_LIMIT}: a frame of {} bytes", largest.len());
    let beyond = Message::call(7, 1, vec![0; BODY_LIMIT + 1]).to_frame();
    println!("body of {}: not packed: {}", BODY_LIMIT + 1, beyond.expect_err("beyond the limit"));

    for length in [513_u16, 65_535] {
        let mut header = largest[..HEADER].to_vec();
        header[..2].copy_from_slice(&length.to_be_bytes());
        let sent = [header, vec![0; 1000]].concat();
        let mut rest = sent.as_slice();
        let error = stream::receive(&mut rest).expect_err("beyond the limit");
        println!("a header says {length}: {error}; read: {} bytes", sent.len() - rest.len());
    }
    Ok(())
}
