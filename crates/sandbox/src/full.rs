//! Level `full`: namespaces. The helper stays outside as guard; its child is process 1 of the sandbox.

use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::{ForkResult, Pid, chdir, dup2_stderr, dup2_stdout, fexecve, pipe2, sethostname};

use crate::cgroup::Membership;
use crate::helper::{Never, Woke, wait_for_either};
use crate::identity::{self, Mapping};
use crate::order::{Message, Order, Status};
use crate::protocol::{CONFIG_VAR, Config, Confine};
use crate::spec::{Job, Spec};
use crate::{network, supervise, sys, tree};

/// Makes the namespaces, starts process 1 and stands guard until it has ended.
pub(crate) fn run(order: &Order, status: &Status, control: OwnedFd, group: Membership) -> Result<()> {
    let mapping = order.slot_uid.map_or(Mapping::Namespace, Mapping::Slot);
    let mut flags = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWCGROUP;
    if mapping == Mapping::Namespace {
        flags |= CloneFlags::CLONE_NEWUSER;
    }
    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    unshare(flags).context("unshare")?;
    if mapping == Mapping::Namespace {
        identity::write_maps(0, uid, gid)?;
    }
    sethostname("sandbox").context("set the host name")?;
    let (alive, guard) = pipe2(OFlag::O_CLOEXEC).context("make the guard's pipe")?;
    match sys::fork_alone().context("fork process 1")? {
        ForkResult::Child => {
            drop(guard);
            drop(control);
            let joined = group.join(status);
            drop(group);
            let error = match joined.and_then(|()| first_process(order, status, &alive, mapping)) {
                Ok(never) => match never {},
                Err(error) => format!("{error:#}"),
            };
            // If even the pipe is gone, nobody is left to be told.
            let told = status.send(&Message::Failed(error));
            sys::exit_now(if told.is_ok() { 1 } else { 2 });
        }
        ForkResult::Parent { child } => {
            drop(group);
            stand_guard(child, status, &control)
        }
    }
}

/// Kills process 1 when the parent says so. Its death kills all others, and it is not over before they are.
fn stand_guard(child: Pid, status: &Status, control: &OwnedFd) -> Result<()> {
    let pidfd = sys::pidfd_open(child).context("open process 1's pidfd")?;
    leave_the_output()?;
    if wait_for_either(&pidfd, control)? == Woke::Stop {
        match sys::pidfd_kill(pidfd.as_fd()) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(error) => return Err(error).context("kill process 1"),
        }
    }
    let (_, end, _) = sys::wait4(child).context("wait for process 1")?;
    status.send(&Message::First(end))
}

/// Lets go of the output pipes, so that their readers see the end when the others have ended.
pub(crate) fn leave_the_output() -> Result<()> {
    let null =
        open("/dev/null", OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty()).context("open /dev/null")?;
    dup2_stdout(&null).context("leave standard output")?;
    dup2_stderr(&null).context("leave standard error")
}

/// Process 1: builds the world, gives up its rights, does the job.
fn first_process(order: &Order, status: &Status, alive: &OwnedFd, mapping: Mapping) -> Result<Never> {
    die_with_the_guard(alive)?;
    let spec = &order.spec;
    // Opened while the host's tree is there and we may still read it.
    let referee = match &spec.job {
        Job::Referee { exe, .. } => Some(open_referee(exe)?),
        Job::Exec { .. } => None,
    };
    tree::build(spec, mapping, status)?;
    network::loopback(status)?;
    tree::seal_sysctls(mapping, status)?;
    identity::drop_everything(mapping)?;
    // setresuid clears both.
    prctl::set_dumpable(false).context("stop being dumpable")?;
    die_with_the_guard(alive)?;
    if sys::landlock_abi() < crate::landlock_rules::ABI_WITH_SCOPES {
        status
            .send(&Message::Note("landlock: this kernel has no scopes (they need Linux 6.12)".to_owned()))?;
    }
    match (&spec.job, referee) {
        (Job::Exec { argv, cwd }, _) => {
            let end = supervise::run(spec, argv, cwd, status)?;
            sys::exit_now(end)
        }
        (Job::Referee { args, cwd, config, .. }, Some(exe)) => become_referee(order, args, cwd, config, &exe),
        (Job::Referee { .. }, None) => unreachable!("opened above"),
    }
}

/// Arms the parent-death signal; ends if the guard died before that.
fn die_with_the_guard(alive: &OwnedFd) -> Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL).context("arm the parent-death signal")?;
    let mut fds = [PollFd::new(alive.as_fd(), PollFlags::POLLIN)];
    let gone = poll(&mut fds, PollTimeout::ZERO).context("look for the guard")?;
    ensure!(gone == 0, "the guard has gone");
    Ok(())
}

/// Opens the referee's file so that it can be executed without a name.
pub(crate) fn open_referee(exe: &Path) -> Result<OwnedFd> {
    open(exe, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())
        .with_context(|| format!("open the referee {}", exe.display()))
}

fn become_referee(
    order: &Order,
    args: &[String],
    cwd: &Path,
    config: &Config,
    exe: &OwnedFd,
) -> Result<Never> {
    let config =
        Config { confine: Confine::Full, limits: order.spec.limits.program.clone(), ..config.clone() };
    exec_referee(&order.spec, order.verdict, args, cwd, config, exe)
}

/// Turns this process into the referee. The verdict pipe is the only descriptor it inherits beside 0, 1, 2.
pub(crate) fn exec_referee(
    spec: &Spec,
    verdict: RawFd,
    args: &[String],
    cwd: &Path,
    mut config: Config,
    exe: &OwnedFd,
) -> Result<Never> {
    chdir(cwd).with_context(|| format!("enter {}", cwd.display()))?;
    sys::keep_over_exec(verdict).context("keep the verdict pipe")?;
    config.verdict_fd = Some(verdict);
    let config = serde_json::to_string(&config).context("encode the referee's config")?;
    let argv = strings(std::iter::once("referee").chain(args.iter().map(String::as_str)))?;
    let pairs = spec.env.iter().map(|(name, value)| format!("{name}={value}"));
    let env = strings(pairs.chain([format!("{CONFIG_VAR}={config}")]))?;
    match fexecve(exe, &argv, &env).context("execute the referee")? {}
}

/// C strings for `execve(2)`.
pub(crate) fn strings(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Vec<CString>> {
    texts.into_iter().map(|text| CString::new(text.as_ref()).context("NUL byte in an argument")).collect()
}
