//! `within`: reads its arguments and hands over to the library. This file is given.

use std::process::ExitCode;

use lab06_signals::failure::say;
use lab06_signals::options::{self, WITHIN_USAGE};

fn main() -> ExitCode {
    match options::within(std::env::args_os().skip(1)) {
        Some(options) => ExitCode::from(lab06_signals::within(&options)),
        None => {
            say(WITHIN_USAGE);
            ExitCode::from(2)
        }
    }
}
