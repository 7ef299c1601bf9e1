//! `superv`: reads its arguments and hands over to the library. This file is given.

use std::process::ExitCode;

use sol06_signals::failure::say;
use sol06_signals::options::{self, SUPERV_USAGE};

fn main() -> ExitCode {
    match options::superv(std::env::args_os().skip(1)) {
        Some(options) => ExitCode::from(sol06_signals::superv(&options)),
        None => {
            say(SUPERV_USAGE);
            ExitCode::from(2)
        }
    }
}
