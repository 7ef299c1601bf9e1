//! `filec`: reads its arguments and hands over to the library. This file is given.

use std::process::ExitCode;

use sol03_client_server::options::{self, FILEC_USAGE};
use sol03_client_server::{ask, complain};

fn main() -> ExitCode {
    match options::filec(std::env::args_os().skip(1)) {
        Some(options) => ExitCode::from(ask(options)),
        None => {
            complain(FILEC_USAGE);
            ExitCode::from(2)
        }
    }
}
