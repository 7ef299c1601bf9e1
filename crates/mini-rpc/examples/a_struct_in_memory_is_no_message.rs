//! Claim: the bytes of a struct in memory are no wire format: sizes, gaps and order are the compiler's and the machine's.
//!
//! Three fields of 4 bytes take 6 bytes in memory: each begins at a multiple of its own size, and so does the next struct
//! in a row. The gaps hold whatever was in memory before: sending them may tell secrets.
//!
//! Usage: cargo run -q -p mini-rpc --example a_struct_in_memory_is_no_message
//! See also: the Rust reference, "Type layout"

use mini_rpc::pack::Packer;

/// Laid out as a C compiler would: each field at a multiple of its alignment.
#[repr(C)]
struct AsInC {
    room: u8,
    tenths: i16,
    is_on: u8,
}

fn main() {
    let value = AsInC { room: 1, tenths: -25, is_on: 1 };
    println!("fields: {} bytes", 1 + 2 + 1);
    println!("struct in C's order: {} bytes", size_of::<AsInC>());
    println!("tenths begins at byte {}, not 1", std::mem::offset_of!(AsInC, tenths));
    let packed = Packer::new().u8(value.room).i16(value.tenths).u8(value.is_on).done();
    println!("packed one by one: {packed:02x?}, {} bytes", packed.len());
    println!("usize on a machine of 64 bits: {} bytes", size_of::<usize>());
}
