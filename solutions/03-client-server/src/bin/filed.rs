//! `filed`: reads its arguments and hands over to the library. This file is given.

use std::process::ExitCode;

use sol03_client_server::options::{self, FILED_USAGE};
use sol03_client_server::{complain, serve};

fn main() -> ExitCode {
    match options::filed(std::env::args_os().skip(1)) {
        Some(options) => ExitCode::from(serve(options)),
        None => {
            complain(FILED_USAGE);
            ExitCode::from(2)
        }
    }
}
