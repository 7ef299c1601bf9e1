//! Claim: each signal has a default action: end, stop, go on, or nothing.
//!
//! Found out by sending each to a child that has said nothing about it.
//!
//! Usage: cargo run -q -p signals --example each_signal_has_a_default_action
//! See also: `signal(7)` (Standard signals); `cargo run -q -p signals -- table` shows the numbers of this machine

use anyhow::Result;
use nix::sys::signal::Signal;
use signals::default::{self, Default};
use signals::number::Number;
use std::collections::BTreeMap;

const SIGNALS: [Signal; 22] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGILL,
    Signal::SIGABRT,
    Signal::SIGFPE,
    Signal::SIGKILL,
    Signal::SIGSEGV,
    Signal::SIGPIPE,
    Signal::SIGALRM,
    Signal::SIGTERM,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGXCPU,
    Signal::SIGSTOP,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
    Signal::SIGCHLD,
    Signal::SIGURG,
    Signal::SIGWINCH,
    Signal::SIGCONT,
];

fn main() -> Result<()> {
    let mut found: BTreeMap<Default, Vec<String>> = BTreeMap::new();
    for signal in SIGNALS {
        // Without "SIG", so that a row fits.
        found.entry(default::measure(signal)?).or_default().push(signal.as_str()[3..].to_owned());
    }
    for (default, names) in found {
        println!("{default:<9}  {}", names.join(" "));
    }
    println!("SIGRTMIN   {}", default::measure(Number::realtime(0))?);
    Ok(())
}
