//! Says hello, then copies its input.

pub fn run() -> u8 {
    todo!("M1: say hello")
}
