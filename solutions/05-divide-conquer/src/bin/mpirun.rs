//! `mpirun`: reads its arguments and hands over to the library. This file is given.

use std::process::ExitCode;

use sol05_divide_conquer::options::{self, MPIRUN_USAGE};
use sol05_divide_conquer::{complain, mpirun};

fn main() -> ExitCode {
    match options::mpirun(std::env::args_os().skip(1)) {
        Some(options) => ExitCode::from(mpirun(&options)),
        None => {
            complain(MPIRUN_USAGE);
            ExitCode::from(2)
        }
    }
}
