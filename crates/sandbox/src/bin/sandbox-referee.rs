//! A small referee for the sandbox's own tests: three checks, each a random product asked of the program `student`.
//!
//! It stands where a compiled specification stands in the course, and uses the same parts: the protocol, the shield and
//! the confinement.
#![allow(unsafe_code, reason = "the hook between fork and exec")]

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use sandbox::Confinement;
use sandbox::protocol::{CONFIG_VAR, Config, Record, Verdict};

/// How long a program may think about a product, in milliseconds.
const PATIENCE: u16 = 1500;

fn main() -> ExitCode {
    match referee() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sandbox-referee: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn referee() -> Result<()> {
    let config = std::env::var(CONFIG_VAR).context("read the config")?;
    let config: Config = serde_json::from_str(&config).context("read the config")?;
    sandbox::shield(config.verdict_fd)?;
    let verdict = config.verdict_fd.context("find the verdict pipe")?;
    // SAFETY: the sandbox has opened it for us, and nobody else in this process uses it.
    let mut verdict = File::from(unsafe { OwnedFd::from_raw_fd(verdict) });
    let student = config.programs.get("student").context("find the program under test")?;
    let confinement = Arc::new(Confinement::new(&config)?);
    for number in 0..3 {
        let passed = check(student, &confinement)?;
        let record = Record {
            test: format!("check_{number}"),
            verdict: if passed { Verdict::Pass } else { Verdict::Fail },
            text: String::new(),
            detail: String::new(),
            seed: 1,
        };
        let mut line = serde_json::to_vec(&record).context("encode a verdict")?;
        line.push(b'\n');
        verdict.write_all(&line).context("write a verdict")?;
    }
    Ok(())
}

/// Asks one product. The attack's name is the referee's first argument.
fn check(student: &Path, confinement: &Arc<Confinement>) -> Result<bool> {
    let [a, b] = random()?;
    let mut child = start(student, confinement)?;
    // A hostile program may have ended by now; of an honest one we must be able to see everything.
    if std::env::args().nth(1).as_deref() == Some("honest") {
        inspect(Pid::from_raw(child.id().cast_signed()))?;
    }
    let mut stdin = child.stdin.take().context("take standard input")?;
    // A program that has ended already is no fault of ours.
    let asked = writeln!(stdin, "{a} {b}");
    drop(stdin);
    let answer = if asked.is_ok() { answer(&mut child)? } else { String::new() };
    let pid = Pid::from_raw(child.id().cast_signed());
    kill(pid, Signal::SIGKILL).context("end the program")?;
    child.wait().context("wait for the program")?;
    Ok(answer.trim() == (a * b).to_string())
}

/// Looks at a program as specifications do: its descriptors, maps and counters, and by ptrace(2).
fn inspect(pid: Pid) -> Result<()> {
    for name in ["maps", "io", "syscall", "environ", "status"] {
        std::fs::read(format!("/proc/{pid}/{name}")).with_context(|| format!("read its {name}"))?;
    }
    let descriptors =
        || std::fs::read_dir(format!("/proc/{pid}/fd")).context("list its descriptors").map(Iterator::count);
    // While it is being loaded it has now one library open, now another; when it waits for its question, none.
    let stat = || std::fs::read_to_string(format!("/proc/{pid}/stat")).context("read its state");
    for _ in 0..PATIENCE {
        if stat()?.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('S')) && descriptors()? == 3 {
            break;
        }
        poll(&mut [], PollTimeout::from(1_u8)).context("wait for the loader")?;
    }
    ensure!(descriptors()? == 3, "the program keeps {} descriptors", descriptors()?);
    ptrace::seize(pid, ptrace::Options::empty()).context("seize it")?;
    ptrace::interrupt(pid).context("interrupt it")?;
    waitpid(pid, Some(WaitPidFlag::__WALL)).context("wait for its stop")?;
    ptrace::detach(pid, None).context("let it go")
}

fn start(student: &Path, confinement: &Arc<Confinement>) -> Result<Child> {
    let attack = std::env::args().nth(1).context("find the attack's name")?;
    let mut command = Command::new(student);
    command.arg(attack).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let confinement = Arc::clone(confinement);
    let hook = move || {
        nix::unistd::setsid()?;
        confinement.apply().map_err(Into::into)
    };
    // SAFETY: setsid and `apply` make system calls only.
    unsafe { command.pre_exec(hook) };
    command.spawn().context("start the program")
}

/// The first bytes it prints, or nothing if it is not ready in time.
fn answer(child: &mut Child) -> Result<String> {
    let mut stdout = child.stdout.take().context("take standard output")?;
    let mut ready = [PollFd::new(stdout.as_fd(), PollFlags::POLLIN)];
    if poll(&mut ready, PollTimeout::from(PATIENCE)).context("wait for an answer")? == 0 {
        return Ok(String::new());
    }
    let mut bytes = [0; 4096];
    let count = stdout.read(&mut bytes).context("read an answer")?;
    Ok(String::from_utf8_lossy(&bytes[..count]).into_owned())
}

fn random() -> Result<[u64; 2]> {
    let mut bytes = [0; 8];
    File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .context("read random bytes")?;
    let (a, b) = bytes.split_at(4);
    let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |sum, byte| sum * 256 + u64::from(*byte));
    Ok([number(a), number(b)])
}
