//! Claims that need something of the machine: where it is missing, the test is skipped by name, with the reason.

#[path = "../lecture/run.rs"]
#[allow(dead_code, reason = "this test runs examples only")]
mod run;

use libtest_mimic::{Arguments, Failed, Trial};
use nix::sys::statfs::{TMPFS_MAGIC, statfs};
use shm_ring::map::{Mapping, Sharing};
use std::process::ExitCode;

fn main() -> ExitCode {
    let tests = vec![
        trial(
            "writes_reach_the_disk_later",
            disk(),
            &[
                "mapped, nothing stored: 0 KiB dirty",
                "stored: the page becomes dirty: true",
                "after msync: 0 KiB dirty",
            ],
        ),
        trial(
            "locked_pages_are_seen_in_smaps",
            lock(),
            &[
                "mapped:      0 of 16 KiB in memory, 0 locked",
                "after mlock: 16 of 16 KiB in memory, 16 locked",
                "in a child:  0 locked",
            ],
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), tests).exit_code()
}

/// A folder for temporary files that lies in memory has no disk to write to.
fn disk() -> Result<(), String> {
    let folder = std::env::temp_dir();
    let found = statfs(&folder).map_err(|error| format!("no folder {}: {error}", folder.display()))?;
    if found.filesystem_type() == TMPFS_MAGIC { Err("TMPDIR is in memory".into()) } else { Ok(()) }
}

/// The limit RLIMIT_MEMLOCK may be 0, and pages may be larger than 4 KiB.
fn lock() -> Result<(), String> {
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten();
    if page != Some(4096) {
        return Err(format!("a page has {page:?} bytes"));
    }
    let memory = Mapping::anonymous(16 << 10, Sharing::Shared).map_err(|error| format!("{error:#}"))?;
    memory.lock_in_memory().map_err(|error| format!("{error:#}"))
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
