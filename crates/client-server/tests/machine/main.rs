//! Claims that need something of the machine: where it is missing, the test is skipped by name, with the reason.

#[path = "../lecture/run.rs"]
#[allow(dead_code, reason = "this test runs examples only")]
mod run;

use libtest_mimic::{Arguments, Failed, Trial};
use std::net::{TcpListener, ToSocketAddrs};
use std::process::ExitCode;

fn main() -> ExitCode {
    let ipv6 = TcpListener::bind("[::1]:0").map(drop);
    let localhost =
        ("localhost", 0).to_socket_addrs().map(|mut found| found.any(|address| address.is_ipv4()));
    let localhost =
        localhost.and_then(|found| if found { Ok(()) } else { Err(std::io::Error::other("no IPv4")) });
    let tests = vec![
        trial(
            "ipv6_speaks_the_same_protocol",
            ipv6.map_err(|error| format!("no IPv6: {error}")),
            &["IPv6: ok red", "the client's own address: ::1"],
        ),
        trial(
            "localhost_stands_for_several_addresses",
            localhost.map_err(|error| format!("localhost has no address: {error}")),
            &["every address of localhost is loopback: true", "one of them answered: true"],
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), tests).exit_code()
}

/// The example of that name prints exactly `lines`, or is skipped: the reason stands before its name.
fn trial(name: &'static str, here: Result<(), String>, lines: &'static [&str]) -> Trial {
    let test = Trial::test(name, move || -> Result<(), Failed> {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        run::example(name).success().stdout(text).stderr("");
        Ok(())
    });
    match here {
        Ok(()) => test,
        Err(reason) => test.with_kind(reason).with_ignored_flag(true),
    }
}
