//! `cargo xtask`: parses the arguments, calls the library, ends with a documented exit status.

use std::panic::{self, PanicHookInfo};
use std::process::ExitCode;

use grader::exit::Exit;

/// How the standard library begins when `println!` cannot print.
const UNPRINTED: &str = "failed printing to stdout: ";

fn main() -> ExitCode {
    // The sandbox re-executes this program as its helper; everything else comes after.
    if let Some(code) = sandbox::init_main() {
        return code;
    }
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| match unprinted(info) {
        // `xtask list | head`: nobody reads any more, which is no error.
        Some(why) if why.starts_with("Broken pipe") => {}
        Some(why) => anstream::eprintln!("error: write to standard output: {why}"),
        None => usual(info),
    }));
    // Only a standard output that cannot be written ends here; any other panic goes on.
    let done = panic::catch_unwind(grader::cli::main);
    sandbox::remove_groups();
    match done {
        Ok(code) => code,
        Err(payload) => {
            match payload.downcast_ref::<String>().and_then(|text| text.strip_prefix(UNPRINTED)) {
                Some(why) if why.starts_with("Broken pipe") => Exit::Done.into(),
                Some(_) => Exit::BadInput.into(),
                None => panic::resume_unwind(payload),
            }
        }
    }
}

fn unprinted<'a>(info: &'a PanicHookInfo<'_>) -> Option<&'a str> {
    let why = info.payload_as_str()?.strip_prefix(UNPRINTED)?;
    why.split(" (os error").next()
}
