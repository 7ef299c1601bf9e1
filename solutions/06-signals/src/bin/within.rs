//! `within`: reads its arguments and hands over to the library. This file is given.

use std::process::ExitCode;

use sol06_signals::failure::say;
use sol06_signals::options::{self, WITHIN_USAGE};

fn main() -> ExitCode {
    match options::within(std::env::args_os().skip(1)) {
        Some(options) => ExitCode::from(sol06_signals::within(&options)),
        None => {
            say(WITHIN_USAGE);
            ExitCode::from(2)
        }
    }
}
