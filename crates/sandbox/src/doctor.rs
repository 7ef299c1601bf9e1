//! Which level works here, found out by doing: a program is run at each level, and what fails is reported with the
//! step, the system's reason and the fix. No version number is read.

use std::path::Path;

use anyhow::{Context, Result};
use nix::unistd::{Uid, geteuid, mkdtemp};

use crate::cgroup::{MemoryGuard, memory_guard};
use crate::identity::FIRST_SLOT;
use crate::outcome::{End, Outcome};
use crate::run::run_at;
use crate::spec::{Bind, Job, Level, Spec};
use crate::{landlock_rules, sys};

/// What this machine can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doctor {
    /// The strongest level that works.
    pub level: Level,
    /// One line a fact, in the order to be shown.
    pub findings: Vec<Finding>,
}

/// One line of the doctor's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at: `level full`.
    pub what: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found: `ok`, or the failing step and the system's reason.
    pub found: String,
    /// What to do about it. Empty if nothing is to be done.
    pub fix: String,
}

impl Finding {
    fn new(what: &str, ok: bool, found: impl Into<String>, fix: &str) -> Self {
        let fix = if ok { "" } else { fix };
        Self { what: what.to_owned(), ok, found: found.into(), fix: fix.to_owned() }
    }
}

/// Runs a program at each level and reports what worked, and for what did not, the step, the system's reason
/// and the fix. Like [`run`](crate::run), it needs a caller that begins with [`init_main`](crate::init_main).
#[must_use]
pub fn probe() -> Doctor {
    let full = try_level(Level::Full);
    let reduced = try_level(Level::Reduced);
    let level = match (&full, &reduced) {
        (Ok(_), _) => Level::Full,
        (_, Ok(_)) => Level::Reduced,
        _ => Level::None,
    };
    let mut findings = vec![
        level_finding("level full", full.as_ref(), fix_for_full),
        level_finding(
            "level reduced",
            reduced.as_ref(),
            |_| "use Linux 5.13 or newer with Landlock and seccomp",
        ),
        landlock(),
    ];
    if let Ok(outcome) = &full {
        findings.push(overlay(outcome));
        findings.extend(other_notes(outcome));
    }
    findings.push(memory(&memory_guard(), geteuid()));
    findings.push(Finding::new("running as", true, running_as(geteuid()), ""));
    Doctor { level, findings }
}

/// Runs `true` with an overlay at `level`; the error is the failing step.
fn try_level(level: Level) -> Result<Outcome, String> {
    let outcome = overlaid_true(level).map_err(|error| format!("{error:#}"))?;
    match &outcome.end {
        End::Exited(0) => Ok(outcome),
        End::SetupFailed(reason) => Err(reason.clone()),
        other => Err(format!("/usr/bin/true ended with {other:?}")),
    }
}

fn overlaid_true(level: Level) -> Result<Outcome> {
    let folder = mkdtemp(&std::env::temp_dir().join("ipc-labs-doctor-XXXXXX")).context("make a folder")?;
    let mut spec = Spec::new(Job::Exec { argv: vec!["/usr/bin/true".to_owned()], cwd: "/".into() });
    spec.overlay = vec![Bind::new(&folder, "/overlay")];
    let outcome = run_at(&spec, level);
    std::fs::remove_dir(&folder).context("remove the folder")?;
    Ok(outcome)
}

fn level_finding(what: &str, tried: Result<&Outcome, &String>, fix: fn(&str) -> &str) -> Finding {
    match tried {
        Ok(_) => Finding::new(what, true, "ok", ""),
        Err(reason) => Finding::new(what, false, reason, fix(reason)),
    }
}

/// The usual causes, by failing step.
fn fix_for_full(reason: &str) -> &'static str {
    if reason.starts_with("unshare: ENOSPC") {
        "sudo sysctl -w user.max_user_namespaces=15000"
    } else if reason.starts_with("unshare")
        && Path::new("/proc/sys/kernel/unprivileged_userns_clone").exists()
    {
        "sudo sysctl -w kernel.unprivileged_userns_clone=1, or start with sudo"
    } else if reason.starts_with("unshare") {
        "in a container: start it with --privileged, or accept the level reduced; else start with sudo"
    } else if reason.starts_with("write uid_map")
        || reason.starts_with("write setgroups")
        || denied_mount(reason)
    {
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (AppArmor), or start with sudo"
    } else if reason.starts_with("mount proc") || reason.starts_with("mount /proc") {
        "in a container: start it with --privileged (a masked /proc cannot be mounted again), or accept reduced"
    } else {
        "start with sudo, or accept the level reduced"
    }
}

fn denied_mount(reason: &str) -> bool {
    reason.starts_with("make mounts private") || reason.starts_with("set the host name")
}

fn landlock() -> Finding {
    let abi = sys::landlock_abi();
    let ok = abi >= landlock_rules::ABI_WITH_SCOPES;
    let found = format!("ABI {abi} (scopes need {})", landlock_rules::ABI_WITH_SCOPES);
    Finding::new("landlock", ok, found, "use Linux 6.12 or newer, with landlock in the kernel's lsm= list")
}

fn overlay(outcome: &Outcome) -> Finding {
    let refused = outcome.notes.iter().find(|note| note.starts_with("overlay"));
    let found = refused.map_or("ok", |note| note.as_str());
    Finding::new(
        "overlay",
        refused.is_none(),
        found,
        "nothing need be done: each build copies the seed, 0.1 s more",
    )
}

fn other_notes(outcome: &Outcome) -> Vec<Finding> {
    let notes =
        outcome.notes.iter().filter(|note| !note.starts_with("overlay") && !note.starts_with("landlock"));
    notes.map(|note| Finding::new("weaker than wished", false, note.as_str(), "use a newer kernel")).collect()
}

/// A watchdog alone is a fault that can be repaired: memory that is in no resident set is not seen by it.
fn memory(guard: &MemoryGuard, uid: Uid) -> Finding {
    let fix = if uid.is_root() {
        "start with systemd-run --scope -p Delegate=yes (cgroup v2)"
    } else {
        "start with systemd-run --user --scope -p Delegate=yes (cgroup v2), or with sudo"
    };
    let why = guard.missing.as_ref().map_or(String::new(), |why| format!("; no cgroup: {why}"));
    let found = format!("{}{why}; memfd_create refused", guard.word);
    Finding::new("memory limit", guard.missing.is_none(), found, fix)
}

fn running_as(uid: Uid) -> String {
    if uid.is_root() {
        format!("root; programs run as uid {FIRST_SLOT} and up, one for each slot")
    } else {
        format!("uid {uid}; programs run as uid 1000 of their own user namespace")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_guard_is_named_and_so_is_what_would_help() {
        let guard = |missing: Option<&str>| MemoryGuard {
            word: "watchdog, 50 ms".to_owned(),
            missing: missing.map(str::to_owned),
        };
        let weak = memory(&guard(Some("not delegated")), Uid::from_raw(1000));
        assert!(!weak.ok && weak.fix.contains("--user --scope -p Delegate=yes"), "{weak:?}");
        assert!(weak.found.contains("no cgroup: not delegated"), "{weak:?}");
        assert!(!memory(&guard(Some("x")), Uid::from_raw(0)).fix.contains("--user"));
        let strong = memory(&guard(None), Uid::from_raw(0));
        assert!(strong.ok && strong.fix.is_empty(), "{strong:?}");
    }

    #[test]
    fn each_known_failure_has_its_own_fix() {
        let cases = [
            ("unshare: ENOSPC: No space left on device", "max_user_namespaces"),
            ("write uid_map: Permission denied (os error 13)", "apparmor"),
            ("make mounts private: EACCES: Permission denied", "apparmor"),
            ("mount /proc: EPERM: Operation not permitted", "--privileged"),
        ];
        for (reason, fix) in cases {
            assert!(fix_for_full(reason).contains(fix), "{reason} -> {}", fix_for_full(reason));
        }
    }
}
