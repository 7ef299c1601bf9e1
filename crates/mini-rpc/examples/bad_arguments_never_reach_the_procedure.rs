//! Claim: the server's stub unpacks all arguments and refuses what does not fit, before the procedure is called.
//!
//! Too short, too long, not UTF-8, no such method: each gives an answer with a reason, the procedure was not executed, and
//! the conversation goes on.
//!
//! Usage: cargo run -q -p mini-rpc --example bad_arguments_never_reach_the_procedure
//! See also: the module `unpack`

use anyhow::Result;
use mini_rpc::background;
use mini_rpc::client_stub::{CallError, ClientStub};
use mini_rpc::frame::Message;
use mini_rpc::server_stub::answer;
use mini_rpc::thermometer::{House, Thermometer};

fn main() -> Result<()> {
    let bad: [(&str, &[u8]); 6] = [
        ("no method", b""),
        ("no arguments", b"\x03"),
        ("length beyond the end", b"\x03\xffhall\x00\x05"),
        ("one byte too many", b"\x03\x04hall\x00\x05!"),
        ("not UTF-8", b"\x03\x01\xff\x00\x05"),
        ("method 99", b"\x63"),
    ];
    let mut house = House::with(&[("hall", 180)]);
    for (name, body) in bad {
        let message = answer(&Message::call(7, 1, body.to_vec()), &mut house);
        println!("{name}: {} {}", message.body[0], String::from_utf8_lossy(&message.body[1..]));
    }
    println!("executed: {}", house.executed);

    let (_server, wire) = background::server(house)?;
    let mut stub = ClientStub::new(wire, 7);
    let refused = matches!(stub.call(3, b"\xff"), Err(CallError::Refused(_)));
    println!("over a wire: refused: {refused}; the next call: {}", stub.temperature("hall")?);
    Ok(())
}
