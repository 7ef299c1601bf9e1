//! Claim: text needs an agreed encoding, and its length counts bytes, not characters.
//!
//! "Küche" has five characters and six bytes in UTF-8. In Latin-1 it has five bytes, and they are no UTF-8: the receiver
//! refuses them instead of guessing.
//!
//! Usage: cargo run -q -p mini-rpc --example a_text_has_an_encoding_and_a_length_in_bytes
//! See also: `utf-8(7)`

use anyhow::Result;
use mini_rpc::pack::Packer;
use mini_rpc::unpack::Unpacker;

fn main() -> Result<()> {
    let room = "Küche";
    println!("{} characters, {} bytes", room.chars().count(), room.len());
    let packed = Packer::new().text(room)?.i16(215).done();
    println!("UTF-8:   {packed:02x?}");
    let mut rest = Unpacker::new(&packed);
    println!("unpacked: {:?}, {}", rest.text()?, rest.i16()?);

    let counts_characters = [&[5], room.as_bytes()].concat();
    let mut rest = Unpacker::new(&counts_characters);
    println!("length counted in characters: {:?}, and {:?}", rest.text()?, rest.finish());

    let latin_1 = [&[5], b"K\xfcche".as_slice()].concat();
    println!("Latin-1: {latin_1:02x?}: {:?}", Unpacker::new(&latin_1).text());
    Ok(())
}
