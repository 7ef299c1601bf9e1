//! Reads the memory of a thread that stands still in our hands.

use nix::sys::ptrace;
use nix::unistd::Pid;

/// No name is shown beyond so many bytes.
const STRING: usize = 256;
/// No list of arguments is read beyond so many.
const LIST: usize = 64;

/// The word at `address` of `tid`; 0 if it cannot be read.
#[must_use]
pub fn peek(tid: i32, address: u64) -> u64 {
    word(tid, address).unwrap_or(0)
}

/// The word at `address`; `None` if it cannot be read.
fn word(tid: i32, address: u64) -> Option<u64> {
    let address = address as ptrace::AddressType;
    ptrace::read(Pid::from_raw(tid), address).ok().map(i64::cast_unsigned)
}

/// The two `int`s at `address`, as pipe(2) and socketpair(2) write them.
pub(crate) fn pair(tid: i32, address: u64) -> Option<[i32; 2]> {
    let bytes = word(tid, address)?.to_ne_bytes();
    let int = |at: usize| i32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    Some([int(0), int(4)])
}

/// The text at `address`, up to its NUL.
pub(crate) fn string(tid: i32, address: u64) -> String {
    let mut bytes = Vec::new();
    for place in (0..STRING as u64).step_by(8) {
        let Some(word) = address.checked_add(place).and_then(|address| word(tid, address)) else { break };
        let word = word.to_ne_bytes();
        let end = word.iter().position(|&byte| byte == 0);
        bytes.extend_from_slice(&word[..end.unwrap_or(word.len())]);
        if end.is_some() {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The texts of a list that ends with a null pointer, such as `argv`.
pub(crate) fn strings(tid: i32, address: u64) -> Vec<String> {
    let places = (0..LIST as u64).map_while(|n| address.checked_add(n * 8));
    let pointers = places.map_while(|place| word(tid, place)).take_while(|&pointer| pointer != 0);
    pointers.map(|pointer| string(tid, pointer)).collect()
}
