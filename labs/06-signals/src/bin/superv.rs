//! `superv`: reads its arguments and hands over to the library. This file is given.

use std::process::ExitCode;

use lab06_signals::failure::say;
use lab06_signals::options::{self, SUPERV_USAGE};

fn main() -> ExitCode {
    match options::superv(std::env::args_os().skip(1)) {
        Some(options) => ExitCode::from(lab06_signals::superv(&options)),
        None => {
            say(SUPERV_USAGE);
            ExitCode::from(2)
        }
    }
}
