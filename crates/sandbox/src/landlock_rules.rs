//! The Landlock rulesets of an unread program.
//!
//! Every ruleset makes a *domain*: what is inside may not trace, or read the memory and descriptors of, what is
//! outside. At level `full` the ruleset holds scopes only (file rules would break `mq_open`); at level `reduced` it
//! holds the file rules that stand in for a file tree of its own.

use std::os::fd::OwnedFd;
use std::path::PathBuf;

use anyhow::{Context, Result};
use landlock::{
    ABI, Access, AccessFs, BitFlags, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, Scope,
    path_beneath_rules,
};

use crate::protocol::{Config, Confine};
use crate::sys;

/// The first ABI that can forbid signals and abstract sockets across a domain's border (Linux 6.12).
pub(crate) const ABI_WITH_SCOPES: i64 = 6;

/// What an ordinary program reads to start.
const SYSTEM: &[&str] = &["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/proc"];
/// Devices that are harmless to write, and terminals.
const DEVICES: &[&str] = &[
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/pts",
];

/// The ruleset for `config`, as a descriptor for `landlock_restrict_self(2)`; `None` if this kernel has no
/// Landlock.
pub(crate) fn ruleset(config: &Config) -> Result<Option<OwnedFd>> {
    let abi = sys::landlock_abi();
    if abi == 0 {
        return Ok(None);
    }
    let scopes = config.limits.scopes && abi >= ABI_WITH_SCOPES;
    let created = match config.confine {
        Confine::None => return Ok(None),
        Confine::Reduced => with_files(config, scopes)?,
        Confine::Full if scopes => {
            with_scopes(Ruleset::default())?.create().context("make the Landlock rules")?
        }
        Confine::Full => border_only()?,
    };
    Ok(created.into())
}

fn with_scopes(ruleset: Ruleset) -> Result<Ruleset> {
    let scopes: BitFlags<Scope> = Scope::Signal | Scope::AbstractUnixSocket;
    ruleset.scope(scopes).context("ask for Landlock scopes")
}

/// A domain that forbids nothing by itself: it handles renames between folders (or the kernel would refuse
/// them) and allows them everywhere.
fn border_only() -> Result<RulesetCreated> {
    Ruleset::default()
        .handle_access(AccessFs::Refer | AccessFs::MakeBlock)
        .context("ask for a Landlock rule")?
        .create()
        .context("make the Landlock rules")?
        .add_rules(path_beneath_rules(["/"], AccessFs::Refer))
        .context("allow renames")
}

fn with_files(config: &Config, scopes: bool) -> Result<RulesetCreated> {
    // V5 is the last ABI with a new right on files that this crate version names; older kernels take what they know.
    let all = AccessFs::from_all(ABI::V5);
    let read = AccessFs::from_read(ABI::V5);
    let mut ruleset = Ruleset::default().handle_access(all).context("ask for Landlock file rules")?;
    if scopes {
        ruleset = with_scopes(ruleset)?;
    }
    let readable = SYSTEM.iter().map(PathBuf::from).chain(config.readable.iter().cloned());
    let writable = config.writable.iter().chain(&config.scratch).cloned();
    let shared = ["/dev/shm", "/dev/mqueue"].map(PathBuf::from);
    let device = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::ReadDir | AccessFs::IoctlDev;
    ruleset
        .create()
        .context("make the Landlock rules")?
        .add_rules(path_beneath_rules(readable, read))
        .context("allow reading")?
        .add_rules(path_beneath_rules(writable.chain(shared), all))
        .context("allow writing")?
        .add_rules(path_beneath_rules(DEVICES, device))
        .context("allow devices")
}
