//! `ranks SCRIPT`: one rank of a world that does what a script says. This file is given.

use std::process::ExitCode;

use sol05_divide_conquer::{complain, play, script};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(script), None) = (arguments.next(), arguments.next()) else {
        complain(script::USAGE);
        return ExitCode::from(2);
    };
    ExitCode::from(play::run(script.as_ref()))
}
