//! Claim: no retry means at most once, retry means at least once; once exactly needs an effect that knows its task.
//!
//! A worker dies before its effect, or after the effect and before its answer. To the boss both look the same: no
//! answer. The effect here is a line in a file; it is counted. The third boss retries too, but the effect is a file with
//! the task's number in its name, which can be made only once. (An e-mail is sent as often as it is sent.)
//!
//! Usage: cargo run -q -p work-queue --example a_retry_may_do_the_work_twice
//! See also: `open(2)` (O_APPEND, O_EXCL)

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, raise};
use std::fs::File;
use std::io::Write;
use std::path::Path;

#[derive(Clone, Copy, PartialEq)]
enum Death {
    BeforeTheEffect,
    AfterTheEffect,
    Never,
}

fn main() -> Result<()> {
    let deaths = [Death::BeforeTheEffect, Death::AfterTheEffect, Death::Never];
    println!("effects, if the worker dies   before   after   never");
    for (policy, attempts, effect) in [
        ("no retry", 1, append as fn(&Path) -> Result<()>),
        ("retry", 2, append),
        ("retry, named effect", 2, make_once),
    ] {
        let times: Vec<usize> =
            deaths.iter().map(|death| effects(attempts, *death, effect)).collect::<Result<_>>()?;
        println!("{policy:<27} {:8} {:7} {:7}", times[0], times[1], times[2]);
    }
    Ok(())
}

/// How often the effect of one task is there in the end. The worker dies in the first attempt only.
fn effects(attempts: usize, death: Death, effect: fn(&Path) -> Result<()>) -> Result<usize> {
    let folder = tempfile::tempdir().context("make a folder")?;
    for attempt in 1..=attempts {
        let dies = |when| if attempt == 1 && death == when { raise(Signal::SIGKILL) } else { Ok(()) };
        let work = || -> Result<()> {
            dies(Death::BeforeTheEffect)?;
            effect(folder.path())?;
            dies(Death::AfterTheEffect)?;
            Ok(())
        };
        let worker = ipc_kit::run_in_child(|| u8::from(work().is_err())).context("start a worker")?;
        let end = ipc_kit::wait_for(worker).context("wait for the worker")?;
        // The end of the worker is its answer: 0 for done.
        if ipc_kit::exit_code(end) == Some(0) {
            break;
        }
    }
    let files = std::fs::read_dir(folder.path()).context("look for effects")?;
    files.map(|file| Ok(std::fs::read_to_string(file?.path())?.lines().count())).sum()
}

fn append(folder: &Path) -> Result<()> {
    let log = File::options().append(true).create(true).open(folder.join("log"));
    log.context("open the log")?.write_all(b"task 7 was done\n").context("write the effect")
}

/// The name is the commit: link gives the finished draft its name, and fails if that exists.
fn make_once(folder: &Path) -> Result<()> {
    let draft = folder.join("draft");
    std::fs::write(&draft, "task 7 was done\n").context("write the draft")?;
    match std::fs::hard_link(&draft, folder.join("task-7")) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(error).context("commit");
        }
        // An earlier attempt has done it.
        _ => {}
    }
    std::fs::remove_file(&draft).context("remove the draft's name")
}
