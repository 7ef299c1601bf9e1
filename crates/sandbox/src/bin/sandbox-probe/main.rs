//! Attacks, one a sub-command, for the sandbox's own tests: `sandbox-probe ATTACK [ARG]`.
//!
//! Each says on standard output, in a word or two, how far it got: the refusing `errno`, or a number reached. Each is
//! bounded by a count and by alarm(2), so that it does no harm where nothing stops it. Those that would anyway
//! refuse to start unless their own limit is set.

mod forge;
mod memory;
mod outside;
mod processes;
mod raw;
mod storage;

use std::process::ExitCode;

use anyhow::{Result, bail};

/// Seconds after which an attack that nobody stopped ends itself.
const OWN_LIMIT: u32 = 15;

fn main() -> ExitCode {
    nix::unistd::alarm::set(OWN_LIMIT);
    let args: Vec<String> = std::env::args().skip(1).collect();
    let arg = args.get(1).map_or("", String::as_str);
    match attack(args.first().map_or("", String::as_str), arg) {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("failed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The table of attacks.
fn attack(name: &str, arg: &str) -> Result<String> {
    match name {
        "fork_bomb" => processes::fork_bomb(),
        "small_bomb" => processes::small_bomb(),
        "thread_bomb" => processes::thread_bomb(),
        "ignore_everything" => processes::ignore_everything(),
        "kill_all" => processes::kill_all(),
        "kill_init" => processes::kill_init(),
        "kill" => processes::kill_one(arg),
        "daemon" => processes::daemon(),
        "raise" => processes::raise(arg),
        "spin" => processes::spin(),
        "raise_limits" => processes::raise_limits(),
        "one_process" => memory::one_process(arg),
        "many_processes" => memory::many_processes(arg),
        "memfd" => memory::memfd(arg),
        "memfd_in_flight" => memory::memfd_in_flight(arg),
        "sysv" => memory::sysv(),
        "sysv_detached" => memory::sysv_detached(arg),
        "fill" => storage::fill(arg),
        "inodes" => storage::inodes(arg),
        "flood" => storage::flood(),
        "big_file" => storage::big_file(arg),
        "leak" => storage::leak(arg),
        "make" => storage::make(arg),
        "write" => storage::write(arg),
        "read" => storage::read(arg),
        "list" => storage::list(arg),
        "leave" => storage::leave(arg),
        "open_init" => outside::open_init(),
        "descriptors" => outside::descriptors(),
        "environment" => outside::environment(),
        "tcp" => outside::tcp(arg),
        "abstract" => outside::abstract_socket(arg),
        "own_loopback" => outside::own_loopback(),
        "terminal" => outside::terminal(),
        "queue" => outside::queue(),
        "remount" => raw::remount(),
        "namespaces" => raw::namespaces(),
        "meddle" => raw::meddle(),
        "kernel" => raw::kernel(),
        "families" => raw::families(),
        "x32" => raw::x32(),
        "typing" => raw::typing(),
        "trace" => raw::trace(arg),
        "device" => raw::device(),
        _ => forge::attack(name).unwrap_or_else(|| bail!("no attack is called {name:?}")),
    }
}

/// `ok`, or the refusing errno's name.
fn word<T>(result: Result<T, nix::errno::Errno>) -> String {
    result.map_or_else(|errno| format!("{errno:?}"), |_| "ok".to_owned())
}

/// The same for std's errors.
fn io_word<T>(result: std::io::Result<T>) -> String {
    let errno = |error: std::io::Error| nix::errno::Errno::from_raw(error.raw_os_error().unwrap_or(0));
    word(result.map_err(errno))
}
