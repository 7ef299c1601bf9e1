//! `flushd`: reads its arguments and hands over to the library. This file is given.

use std::process::ExitCode;

use lab06_signals::failure::say;
use lab06_signals::options::{self, FLUSHD_USAGE};

fn main() -> ExitCode {
    match options::flushd(std::env::args_os().skip(1)) {
        Some(options) => ExitCode::from(lab06_signals::flushd(&options)),
        None => {
            say(FLUSHD_USAGE);
            ExitCode::from(2)
        }
    }
}
