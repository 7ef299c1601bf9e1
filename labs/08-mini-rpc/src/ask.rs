//! The client: what shall be called, and what is printed.

use crate::options::ClientOptions;

/// Makes the calls, and returns the exit status.
#[must_use]
pub fn run(options: &ClientOptions) -> u8 {
    todo!("M1: connect, send the call, wait for its answer, print the result; M7: many calls")
}
