//! `sigcount`: reads its arguments and hands over to the library. This file is given.

use std::process::ExitCode;

use lab06_signals::failure::say;
use lab06_signals::options::{self, SIGCOUNT_USAGE};

fn main() -> ExitCode {
    match options::sigcount(std::env::args_os().skip(1)) {
        Some(options) => ExitCode::from(lab06_signals::sigcount(&options)),
        None => {
            say(SIGCOUNT_USAGE);
            ExitCode::from(2)
        }
    }
}
