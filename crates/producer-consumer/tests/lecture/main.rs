//! What the lecture claims, asserted from outside: each example is a program, and here is what it must print.
//! Nothing forks inside this test process, which has threads.
//!
//! A claim about a mechanism that this machine lacks is listed as ignored, with the reason in its name.

mod claims;
mod library;
mod machine;
mod program;
mod readme;
mod run;

use libtest_mimic::{Arguments, Trial};
use machine::Needs;
use std::process::ExitCode;

fn main() -> ExitCode {
    let trials: Vec<Trial> = claims::trials()
        .into_iter()
        .chain(library::trials())
        .chain(program::trials())
        .chain(readme::trials())
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A test of a mechanism that not every machine has: where it is missing, it is listed as ignored, with the reason.
fn trial_if(needs: Needs, name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    match needs.missing() {
        None => trial(name, test),
        // Whoever asks for ignored tests is told the reason, and gets no pass.
        Some(reason) => Trial::test(format!("{name} (skipped: {reason})"), move || Err(reason.into()))
            .with_ignored_flag(true),
    }
}

/// A test that fails by panicking.
fn trial(name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}
