//! What every case stands on: names that carry the token, children, gates, and looks at a sibling.
#![allow(unsafe_code, reason = "fork(2), and closing a child's copies of descriptors")]

use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pipe, read, write};

/// The variable that names everything a case makes, so that its starter can sweep.
pub(crate) const TOKEN: &str = "AUTOPSY_TOKEN";

/// The word in the name of every object of this run.
pub(crate) fn token() -> String {
    std::env::var(TOKEN).unwrap_or_else(|_| format!("autopsy-cases-{}", std::process::id()))
}

/// A file of this run. To be asked before the first fork: without a token the name holds the pid.
pub(crate) fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("{}-{name}", token()))
}

/// A name for shared memory, a semaphore or a queue of this run.
pub(crate) fn object(name: &str) -> String {
    format!("/{}-{name}", token())
}

/// The System V key of this run: FNV-1a of the token, never `IPC_PRIVATE`.
pub(crate) fn key() -> i32 {
    let hash = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(16_777_619);
    (token().bytes().fold(2_166_136_261, hash) | 1).cast_signed()
}

/// Gives this process the name it has in the report.
pub(crate) fn rename(name: &str) -> Result<()> {
    let name = CString::new(name).context("name the process")?;
    prctl::set_name(&name).context("name the process")
}

/// Forks a child called `name` that closes its copies of `closes`, does `body` and ends.
pub(crate) fn child(name: &str, closes: &[&dyn AsRawFd], body: impl FnOnce() -> Result<()>) -> Result<Pid> {
    // SAFETY: no case has a second thread when it forks, so the child may call anything.
    match unsafe { fork() }.context("fork")? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            let ended = rename(name).and_then(|()| {
                lose(closes);
                body()
            });
            if let Err(error) = &ended {
                eprintln!("autopsy-cases: {name}: {error:#}");
            }
            // SAFETY: ends this process; nothing is touched.
            unsafe { libc::_exit(i32::from(ended.is_err())) }
        }
    }
}

/// Closes this process's copies of descriptors whose owners never run: only for a forked child, which ends by `_exit`.
pub(crate) fn lose(descriptors: &[&dyn AsRawFd]) {
    for descriptor in descriptors {
        // SAFETY: the number is open, and its owner's destructor does not run in this process.
        unsafe { libc::close(descriptor.as_raw_fd()) };
    }
}

/// Becomes another program. The descriptors that were made without `O_CLOEXEC` go along.
pub(crate) fn exec(argv: &[&str]) -> Result<()> {
    let argv: Vec<CString> =
        argv.iter().map(|text| CString::new(*text)).collect::<Result<_, _>>().context("write a command")?;
    match nix::unistd::execvp(&argv[0], &argv).context("execute a program")? {}
}

/// Reads until the end of file.
pub(crate) fn drain(from: impl AsFd) -> Result<()> {
    let mut bytes = [0; 4096];
    while read(from.as_fd(), &mut bytes).context("read to the end")? > 0 {}
    Ok(())
}

/// One read of at most `count` bytes.
pub(crate) fn take(from: impl AsFd, count: usize) -> Result<usize> {
    read(from.as_fd(), &mut vec![0; count]).context("read")
}

/// Writes `count` bytes, however often it takes.
pub(crate) fn pour(to: impl AsFd, count: usize) -> Result<()> {
    let bytes = vec![b'x'; count];
    let mut done = 0;
    while done < count {
        done += write(to.as_fd(), &bytes[done..]).context("write")?;
    }
    Ok(())
}

/// Waits for every child.
pub(crate) fn wait_all() -> Result<()> {
    loop {
        match waitpid(None, None) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(Errno::ECHILD) => return Ok(()),
            Err(error) => return Err(error).context("wait for the children"),
        }
    }
}

/// Waits for one child.
pub(crate) fn wait_for(pid: Pid) -> Result<()> {
    waitpid(pid, None).context("wait for a child").map(drop)
}

/// Waits for SIGTERM, as daemons do; it does not come.
pub(crate) fn pause() -> Result<()> {
    crate::signals::catch(nix::sys::signal::Signal::SIGTERM)?;
    nix::unistd::pause();
    Ok(())
}

/// A gate between a child and its parent: opened once, passed once, then gone without a trace.
pub(crate) struct Gate {
    read: OwnedFd,
    write: OwnedFd,
}

impl Gate {
    pub(crate) fn new() -> Result<Self> {
        let (read, write) = pipe().context("make a gate")?;
        Ok(Self { read, write })
    }

    /// In the child that others wait for.
    pub(crate) fn open(&self) -> Result<()> {
        write(&self.write, b"!").context("open a gate")?;
        lose(&[&self.read, &self.write]);
        Ok(())
    }

    /// In a child that must not hold it.
    pub(crate) fn forget(&self) {
        lose(&[&self.read, &self.write]);
    }

    /// In the parent.
    pub(crate) fn pass(self) -> Result<()> {
        drop(self.write);
        ensure!(take(&self.read, 1)? == 1, "the child ended before it opened the gate");
        Ok(())
    }
}

/// Waits until a child sleeps in one of these system calls. Its state alone would not do: it sleeps for moments
/// elsewhere too, for instance while a page is loaded.
pub(crate) fn asleep_in(pid: Pid, calls: &[libc::c_long]) -> Result<()> {
    loop {
        let now = std::fs::read_to_string(format!("/proc/{pid}/syscall")).context("look at a child")?;
        let number = now.split(' ').next().and_then(|word| word.trim().parse().ok());
        if number.is_some_and(|number| calls.contains(&number)) && state(pid)? == 'S' {
            return Ok(());
        }
        look_again();
    }
}

/// Waits until a child is in this state (`T`: stopped, `Z`: a zombie).
pub(crate) fn in_state(pid: Pid, wanted: char) -> Result<()> {
    while state(pid)? != wanted {
        look_again();
    }
    Ok(())
}

fn state(pid: Pid) -> Result<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("look at a child")?;
    match stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next()) {
        Some(state) => Ok(state),
        None => bail!("pid {pid} has no state"),
    }
}

/// A pause between two looks. It decides nothing: what is waited for is looked at before and after.
fn look_again() {
    std::thread::park_timeout(Duration::from_millis(1));
}

/// Says that a program that never comes to rest has begun.
pub(crate) fn ready() -> Result<()> {
    write(std::io::stdout(), b"ready\n").context("say that it has begun").map(drop)
}

/// A descriptor that is readable when the process has ended.
pub(crate) fn pidfd(pid: Pid) -> Result<OwnedFd> {
    use std::os::fd::FromRawFd;
    // SAFETY: takes no pointer.
    let number = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
    ensure!(number >= 0, "open a pidfd: {}", std::io::Error::last_os_error());
    // SAFETY: the kernel has just made it for us, and nobody else knows its number.
    Ok(unsafe { OwnedFd::from_raw_fd(i32::try_from(number)?) })
}
