//! Confines one unread program between `fork` and `exec`.
//!
//! [`Confinement::new`] does all that needs memory before the fork; [`Confinement::apply`] makes only
//! system calls, so it may run in the child of a process with threads.

use std::fmt;
use std::os::fd::{AsFd, OwnedFd};

use anyhow::Result;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::prctl;
use nix::sys::resource::{Resource, rlim_t, setrlimit};
use nix::sys::stat::Mode;
use nix::unistd::{getuid, write};

use crate::protocol::{Config, Confine, ProgramLimits};
use crate::{landlock_rules, proc, seccomp, sys};

/// Everything a child needs to give up its rights, prepared beforehand.
pub struct Confinement {
    /// `false`: a student's own program, nothing is changed.
    active: bool,
    limits: Vec<(Resource, rlim_t)>,
    landlock: Option<OwnedFd>,
    filters: Vec<Vec<libc::sock_filter>>,
}

impl fmt::Debug for Confinement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Confinement")
            .field("active", &self.active)
            .field("limits", &self.limits)
            .field("landlock", &self.landlock)
            .field("filters", &self.filters.iter().map(Vec::len).collect::<Vec<_>>())
            .finish()
    }
}

impl Confinement {
    /// Prepares what `config` asks for (`confine`, `limits`, `readable`, `writable`, `scratch`). Under
    /// [`Confine::None`], [`apply`](Self::apply) does nothing.
    ///
    /// # Errors
    /// If this kernel cannot do what is asked.
    pub fn new(config: &Config) -> Result<Self> {
        if config.confine == Confine::None {
            return Ok(Self { active: false, limits: Vec::new(), landlock: None, filters: Vec::new() });
        }
        // Without a user namespace or a uid of its own, the user's other processes count too. Root will become a
        // slot's user, who has none.
        let shared = config.confine == Confine::Reduced && !getuid().is_root();
        let others = if shared { proc::threads_of_this_user() } else { 0 };
        let mut limits = resource_limits(&config.limits);
        limits.push((Resource::RLIMIT_NPROC, config.limits.processes + others));
        Ok(Self {
            active: true,
            limits,
            landlock: landlock_rules::ruleset(config)?,
            filters: seccomp::filters(&config.limits)?,
        })
    }

    /// Resource limits alone, without a count of processes: level `none`.
    pub(crate) fn limits_only(limits: &ProgramLimits) -> Self {
        Self { active: true, limits: resource_limits(limits), landlock: None, filters: Vec::new() }
    }

    /// Gives up the calling process's rights, for ever.
    ///
    /// To be called in a forked child, shortly before `exec`: after `setsid`, `chdir`, `PTRACE_TRACEME` and
    /// the opening of files, and before descriptors above 2 are closed (it uses one). Limits of the caller's own come
    /// after it: here soft and hard limit are set. Sets: every signal to
    /// its default and unblocked, dumpable, `oom_score_adj` 1000, resource limits, `no_new_privs`, Landlock,
    /// seccomp. Async-signal-safe: no allocation, no lock.
    ///
    /// # Errors
    /// The first refused step's `errno`. The caller must then `_exit`, not go on.
    pub fn apply(&self) -> Result<(), Errno> {
        if !self.active {
            return Ok(());
        }
        sys::default_signals();
        sys::unblock_signals()?;
        // A process that is not dumpable may not write its own files in /proc.
        prctl::set_dumpable(true)?;
        first_victim()?;
        for (resource, value) in &self.limits {
            limit(*resource, *value)?;
        }
        prctl::set_no_new_privs()?;
        if let Some(ruleset) = &self.landlock {
            sys::landlock_restrict(ruleset.as_fd())?;
        }
        self.filters.iter().try_for_each(|filter| sys::install_filter(filter))
    }
}

fn resource_limits(limits: &ProgramLimits) -> Vec<(Resource, rlim_t)> {
    let mut all = vec![
        (Resource::RLIMIT_FSIZE, limits.file_size),
        (Resource::RLIMIT_NOFILE, limits.descriptors),
        (Resource::RLIMIT_CPU, limits.cpu_seconds),
        (Resource::RLIMIT_MSGQUEUE, limits.queue_bytes),
        (Resource::RLIMIT_CORE, 0),
    ];
    all.extend(limits.address_space.map(|bytes| (Resource::RLIMIT_AS, bytes)));
    all
}

/// Lowers a limit; where the hard limit is lower already, it stays. Async-signal-safe.
fn limit(resource: Resource, value: rlim_t) -> Result<(), Errno> {
    match setrlimit(resource, value, value) {
        Err(Errno::EPERM) => {
            let (_, hard) = nix::sys::resource::getrlimit(resource)?;
            setrlimit(resource, hard.min(value), hard.min(value))
        }
        other => other,
    }
}

/// Makes this process, not the referee, the one that dies when memory runs out. Async-signal-safe.
fn first_victim() -> Result<(), Errno> {
    let file = open(c"/proc/self/oom_score_adj", OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    write(&file, b"1000").map(drop)
}
