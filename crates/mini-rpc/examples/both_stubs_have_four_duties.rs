//! Claim: the client's stub packs, sends, waits and unpacks; the server's receives, unpacks, calls, packs and sends.
//!
//! Each step is written out here, in two processes. The library's stubs do the same in `client_stub.rs`,
//! `server_stub.rs` and `thermometer.rs`.
//!
//! Usage: cargo run -q -p mini-rpc --example both_stubs_have_four_duties
//! See also: the module `frame`

use anyhow::{Context, Result, ensure};
use mini_rpc::asleep::{self, Call};
use mini_rpc::background;
use mini_rpc::client_stub::unpack_outcome;
use mini_rpc::frame::Message;
use mini_rpc::pack::Packer;
use mini_rpc::server_stub::pack_outcome;
use mini_rpc::stream;
use mini_rpc::thermometer::{House, Thermometer, WARM};
use mini_rpc::unpack::Unpacker;

fn main() -> Result<()> {
    let (server, mut wire) = background::connected(|mut wire| {
        let frame = stream::receive(&mut wire)?;
        println!("server receives {} bytes", frame.len());
        let call = Message::from_frame(&frame)?;
        let mut body = Unpacker::new(&call.body);
        let (method, room, by) = (body.u8()?, body.text()?, body.i16()?);
        body.finish()?;
        println!("server unpacks  method {method}, room {room:?}, by {by}");
        let outcome = House::with(&[("hall", 180)]).warm(room, by);
        println!("server calls    warm({room:?}, {by}) = {outcome:?}");
        let body = pack_outcome(outcome.map(|tenths| Packer::new().i16(tenths).done()));
        println!("server packs    {body:02x?}");
        let frame = call.answer(body).to_frame()?;
        println!("server sends    {} bytes", frame.len());
        stream::send(&mut wire, &frame).context("send the return")
    })?;
    asleep::until(server.pid(), Call::Receive)?;

    let body = Packer::new().u8(WARM.number).text("hall")?.i16(35).done();
    println!("client packs    {body:02x?}");
    let frame = Message::call(7, 1, body).to_frame()?;
    println!("client sends    {} bytes", frame.len());
    stream::send(&mut wire, &frame).context("send the call")?;
    let answer = Message::from_frame(&stream::receive(&mut wire)?)?; // It waits here.
    ensure!(server.wait()? == 0, "the server ends well");
    println!("client waited   for the return to call {}", answer.number);
    println!("client unpacks  {}", Unpacker::new(&unpack_outcome(&answer.body)?).i16()?);
    Ok(())
}
