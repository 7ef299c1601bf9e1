//! `psh`: reads its arguments and hands over to the library.
//!
//! This file is given. Usage: `psh [--via-files] [--explain] [-c TEXT]`.

use sol01_pipeline_shell::{Options, run};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

const USAGE: &[u8] = b"usage: psh [--via-files] [--explain] [-c TEXT]\n";

fn main() -> ExitCode {
    match options(std::env::args_os().skip(1)) {
        Some(options) => ExitCode::from(run(options)),
        None => {
            // With nowhere to complain to, the status alone must do.
            let _ = std::io::stderr().write_all(USAGE);
            ExitCode::from(2)
        }
    }
}

/// Reads the arguments; `None` means wrong usage.
fn options(mut arguments: impl Iterator<Item = OsString>) -> Option<Options> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--via-files") => options.via_files = true,
            Some("--explain") => options.explain = true,
            Some("-c") if options.text.is_none() => options.text = Some(arguments.next()?.into_vec()),
            _ => return None,
        }
    }
    Some(options)
}
