//! `rpcc`: reads its arguments and hands over to the library. This file is given.

use std::process::ExitCode;

use sol08_mini_rpc::options::{self, RPCC_USAGE};
use sol08_mini_rpc::{ask, complain};

fn main() -> ExitCode {
    match options::rpcc(std::env::args_os().skip(1)) {
        Some(options) => ExitCode::from(ask(&options)),
        None => {
            complain(RPCC_USAGE);
            ExitCode::from(2)
        }
    }
}
