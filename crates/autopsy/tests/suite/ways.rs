//! The ways a case is read: as whom, from where, with how much permission.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use sandbox::{Bind, End, Job, Spec};

use crate::READER;
use crate::house::House;
use crate::order::{Answer, Order};

/// `nobody` on every Linux system.
const NOBODY: u32 = 65_534;

/// New namespaces of every kind that matters; the command becomes their first process.
const UNSHARE: [&str; 11] = [
    "unshare",
    "--user",
    "--map-root-user",
    "--pid",
    "--fork",
    "--kill-child",
    "--ipc",
    "--net",
    "--mount",
    "--mount-proc",
    "--",
];

/// How a case is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By the user who runs the tests.
    User,
    /// By an ordinary user, when root runs the tests.
    Nobody,
    /// Reader and case in new namespaces.
    Inside,
    /// Only the case in new namespaces.
    Outside,
    /// By the referee of a sandbox, at the best level of this machine.
    Sandbox,
    /// As if `/proc/PID/syscall` were refused.
    Refused,
}

impl Way {
    pub(crate) const ALL: [Self; 6] =
        [Self::User, Self::Nobody, Self::Inside, Self::Outside, Self::Sandbox, Self::Refused];

    /// The first half of a trial's name.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::User => "the_user_is_told",
            Self::Nobody => "nobody_is_told",
            Self::Inside => "a_reader_inside_the_namespaces_is_told",
            Self::Outside => "a_reader_outside_the_namespaces_is_told",
            Self::Sandbox => "a_referee_in_the_sandbox_is_told",
            Self::Refused => "a_reader_without_permission_is_told",
        }
    }

    /// Why it cannot be tried here, if it cannot.
    pub(crate) fn missing(self) -> Option<String> {
        match self {
            Self::User | Self::Refused => None,
            Self::Nobody => {
                let root = nix::unistd::geteuid().is_root();
                (!root).then(|| "the tests were started by an ordinary user".to_owned())
            }
            Self::Inside | Self::Outside => {
                let tried =
                    Command::new(UNSHARE[0]).args(&UNSHARE[1..]).arg("true").stderr(Stdio::null()).status();
                let works = tried.is_ok_and(|status| status.success());
                (!works).then(|| "this machine forbids new namespaces".to_owned())
            }
            Self::Sandbox => {
                let level = sandbox::probe().level;
                (level == sandbox::Level::None).then(|| "this machine allows no sandbox".to_owned())
            }
        }
    }
}

/// Has the order done. The answer is the reader's; nothing of it is judged here.
pub(crate) fn ask(house: &House, way: Way, order: &Order) -> Result<Answer> {
    if way == Way::Sandbox {
        return ask_in_sandbox(house, order);
    }
    let (said, complained) =
        (tempfile::tempfile().context("make a file")?, tempfile::tempfile().context("make a file")?);
    let status = start(house, way, order, &said, &complained)?.wait().context("wait for the reader")?;
    let (said, complained) = (text(said)?, text(complained)?);
    let line = said.lines().last().unwrap_or_default();
    serde_json::from_str(line)
        .with_context(|| format!("the reader gave no answer: {status}: {said}{complained}"))
}

/// All that was written to a file. A pipe would stay open as long as a stray process holds it.
fn text(mut file: File) -> Result<String> {
    file.rewind().context("read what the reader said")?;
    let mut text = String::new();
    file.read_to_string(&mut text).context("read what the reader said")?;
    Ok(text)
}

/// Starts a reader.
pub(crate) fn start(house: &House, way: Way, order: &Order, said: &File, complained: &File) -> Result<Child> {
    let mut order = order.clone();
    let mut line: Vec<String> = Vec::new();
    match way {
        Way::Inside => line.extend(UNSHARE.map(str::to_owned)),
        Way::Outside => {
            order.before.extend(UNSHARE.map(str::to_owned));
            // The first process of a namespace is special, so it is not the case.
            order.before.extend(["sh", "-c", "\"$0\" \"$@\"; exit 1"].map(str::to_owned));
        }
        Way::Refused => order.refused = true,
        Way::User | Way::Nobody | Way::Sandbox => {}
    }
    line.push(house.suite().to_str().context("name this program")?.to_owned());
    line.push(READER.to_owned());
    line.push(serde_json::to_string(&order).context("encode the order")?);
    let mut command = Command::new(&line[0]);
    command.args(&line[1..]).stdin(Stdio::null()).current_dir("/");
    command.stdout(said.try_clone().context("share a file")?);
    command.stderr(complained.try_clone().context("share a file")?);
    command.env("AUTOPSY_TOKEN", &order.token);
    if way == Way::Nobody {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.spawn().context("start the reader")
}

/// The reader as the referee of a sandbox.
fn ask_in_sandbox(house: &House, order: &Order) -> Result<Answer> {
    static SLOT: AtomicU32 = AtomicU32::new(300);
    let mut order = order.clone();
    order.program = "/cases/autopsy-cases".into();
    order.temp = "/tmp".into();
    let job = Job::Referee {
        exe: house.suite(),
        args: vec![READER.to_owned(), serde_json::to_string(&order).context("encode the order")?],
        cwd: "/tmp".into(),
        config: Box::default(),
    };
    let mut spec = Spec::new(job);
    spec.slot = SLOT.fetch_add(1, Ordering::Relaxed);
    spec.ro = vec![Bind::new(house.cases(), "/cases/autopsy-cases")];
    // A watchdog: every wait inside ends by an event.
    spec.limits.wall = Duration::from_secs(300);
    let outcome = sandbox::run(&spec);
    let heard = || {
        format!("{:?} {:?} {} {}", outcome.end, outcome.notes, outcome.stdout.text(), outcome.stderr.text())
    };
    ensure!(outcome.end == End::Exited(0), "the sandbox ended with {}", heard());
    let record =
        outcome.records.first().with_context(|| format!("the referee gave no answer: {}", heard()))?;
    serde_json::from_str(&record.text).context("read the referee's answer")
}
