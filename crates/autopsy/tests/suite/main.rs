//! The proof that `autopsy` tells the truth: every program of `autopsy-cases`, read in several ways, compared with
//! `tests/cases.toml`; and correct slow programs that must never be called stuck.
//!
//! One file is three programs. As a test it makes the trials; as `suite __reader ORDER` it starts one case, reads it and
//! answers; and the sandbox executes it again as its helper. So it has a `main` of its own.

mod alive;
mod house;
mod look;
mod normal;
mod order;
mod reader;
mod readme;
mod rewrite;
mod roles;
mod specimen;
mod table;
mod told;
mod ways;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// The first argument that makes this file a reader.
const READER: &str = "__reader";

fn main() -> ExitCode {
    if let Some(code) = sandbox::init_main() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|first| first == READER) {
        return reader::main(arguments.get(2).map_or("", String::as_str));
    }
    let arguments = Arguments::from_args();
    let house = match house::House::new() {
        Ok(house) => std::sync::Arc::new(house),
        Err(error) => {
            eprintln!("suite: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let mut trials: Vec<Trial> = told::trials(&house);
    trials.extend(alive::trials(&house));
    trials.extend(roles::trials(&house));
    trials.extend(readme::trials());
    trials.extend(house::trials(&house));
    let done = libtest_mimic::run(&arguments, trials);
    sandbox::remove_groups();
    match rewrite::write() {
        Ok(()) => done.exit_code(),
        Err(error) => {
            eprintln!("suite: {error:#}");
            ExitCode::FAILURE
        }
    }
}
