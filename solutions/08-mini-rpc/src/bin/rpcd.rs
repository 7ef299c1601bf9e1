//! `rpcd`: reads its arguments and hands over to the library. This file is given.

use std::process::ExitCode;

use sol08_mini_rpc::options::{self, RPCD_USAGE};
use sol08_mini_rpc::{complain, serve};

fn main() -> ExitCode {
    match options::rpcd(std::env::args_os().skip(1)) {
        Some(options) => ExitCode::from(serve(&options)),
        None => {
            complain(RPCD_USAGE);
            ExitCode::from(2)
        }
    }
}
