//! `ci`: all that continuous integration runs besides the tests, in one command, so that there is no second
//! script to keep in step.

use std::env;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Context as _;

use crate::compile::cargo;
use crate::exit::Exit;
use crate::workspace::Workspace;

/// One gate: a name and cargo's arguments.
const STEPS: [(&str, &[&str]); 7] = [
    ("format", &["fmt", "--all", "--check"]),
    ("lints", &["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    // `test = false` hides the labs' specifications from `--all-targets`.
    (
        "lints of specifications",
        &["clippy", "--quiet", "-p", "lab[0-9]*", "--test", "spec", "--", "-D", "warnings"],
    ),
    // A workspace of its own.
    ("format of peers", &["fmt", "--manifest-path", "crates/bench-peers/Cargo.toml", "--check"]),
    (
        "lints of peers",
        &[
            "clippy",
            "--quiet",
            "--locked",
            "--manifest-path",
            "crates/bench-peers/Cargo.toml",
            "--target-dir",
            "target/bench-peers",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
    ),
    ("documentation", &["doc", "--quiet", "--workspace", "--no-deps"]),
    ("licences and advisories", &["deny", "--log-level", "error", "check"]),
];

/// Gates of our own, as arguments of this program.
const OWN: [(&str, &[&str]); 3] = [
    ("starters", &["starters", "--check"]),
    ("READMEs", &["readmes", "--check"]),
    ("invariants", &["verify"]),
];

/// Runs every gate, also after one has failed.
///
/// # Errors
/// When a gate cannot be started.
pub fn run(workspace: &Workspace) -> anyhow::Result<Exit> {
    let mut failed = Vec::new();
    for (name, args) in STEPS {
        if args[0] == "deny" && !has_deny(workspace) {
            anstream::println!("skipped {name}: cargo-deny is not installed (cargo install cargo-deny)");
            continue;
        }
        let mut command = cargo(workspace);
        command.args(args).env("RUSTDOCFLAGS", "-D warnings");
        gate(name, &mut command, &mut failed)?;
    }
    let program = env::current_exe().context("find this program")?;
    for (name, args) in OWN {
        gate(name, Command::new(&program).args(args).current_dir(&workspace.root), &mut failed)?;
    }
    if failed.is_empty() {
        anstream::println!("all gates passed");
        return Ok(Exit::Done);
    }
    anstream::println!("failed: {}", failed.join(", "));
    Ok(Exit::SomeFailed)
}

fn gate(name: &'static str, command: &mut Command, failed: &mut Vec<&'static str>) -> anyhow::Result<()> {
    anstream::println!("== {name}");
    let start = Instant::now();
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("start gate {name}"))?;
    let seconds = start.elapsed().as_secs_f32();
    anstream::println!("== {name}: {} in {seconds:.1} s", if status.success() { "passed" } else { "FAILED" });
    if !status.success() {
        failed.push(name);
    }
    Ok(())
}

fn has_deny(workspace: &Workspace) -> bool {
    let probe =
        cargo(workspace).args(["deny", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
}
