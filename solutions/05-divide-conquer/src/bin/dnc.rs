//! `dnc`: reads its arguments and hands over to the library. This file is given.

use std::process::ExitCode;

use sol05_divide_conquer::options::{self, DNC_USAGE};
use sol05_divide_conquer::{complain, dnc};

fn main() -> ExitCode {
    match options::dnc(std::env::args_os().skip(1)) {
        Some(options) => ExitCode::from(dnc(&options)),
        None => {
            complain(DNC_USAGE);
            ExitCode::from(2)
        }
    }
}
