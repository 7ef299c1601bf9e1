//! `prodcon`: reads its arguments and hands over to the library.
//!
//! This file is given. What each subcommand takes stands in `options.rs`.

use lab02_producer_consumer::{options, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    match options::parse(std::env::args_os().skip(1).collect()) {
        Ok(command) => ExitCode::from(run(command)),
        Err(usage) => {
            // With nowhere to complain to, the status alone must do.
            let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{usage}\n").as_bytes());
            ExitCode::from(2)
        }
    }
}
