//! Claim: the same four bytes are two numbers: the byte order must be agreed. This wire has the most significant first.
//!
//! Both machines work, and nothing fails: the number is only wrong. x86 and most ARM machines store the least significant
//! byte first; the internet's protocols send the most significant first.
//!
//! Usage: cargo run -q -p mini-rpc --example byte_order_makes_another_number
//! See also: `byteorder(3)` (htons, ntohs), `endian(3)`

use mini_rpc::pack::Packer;

fn main() {
    let number: u32 = 2_026;
    let (big, little) = (number.to_be_bytes(), number.to_le_bytes());
    println!("{number} most significant first:  {big:02x?}");
    println!("{number} least significant first: {little:02x?}");
    println!("written the one way, read the other: {}", u32::from_le_bytes(big));
    println!("0x01010101 does not show the bug: {}", u32::from_le_bytes(0x0101_0101_u32.to_be_bytes()));

    let degrees = Packer::new().i16(-25).done();
    println!("-25 on this wire: {degrees:02x?}");
    println!("read the other way: {}", i16::from_le_bytes([degrees[0], degrees[1]]));
}
