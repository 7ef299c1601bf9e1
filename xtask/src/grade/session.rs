//! One grading session: it owns the seed, the compiled specification and the helper programs, and can then
//! build and check any number of members, from several threads.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use sandbox::protocol::{Config, Verdict};
use sandbox::{Bind, End, Job, Level, Limits, Outcome, Spec, Tmpfs};
use tempfile::TempDir;

use crate::build::{self, Built};
use crate::compile::{self, Wanted};
use crate::exit::{Exit, bad_input, stop};
use crate::intake::Files;
use crate::intake::walk::{self, Kind};
use crate::manifest::Check;
use crate::outcome::{Asked, CheckOutcome, RefereeEnd, judge};
use crate::referee::{self, Cases};
use crate::seed::Seed;
use crate::text::printable;
use crate::workspace::{Lab, Workspace};
use crate::{check, slowness};

/// Where things are inside a run sandbox.
const PROGRAMS: &str = "/programs";
const HELPERS: &str = "/helpers";
const SCRATCH: &str = "/scratch";

/// `testkit`'s own watchdog ends a case after 10 seconds of processor time; the sandbox's must never be first, on a
/// busy machine either.
const CASE: Duration = Duration::from_secs(60);
const MARGIN: Duration = Duration::from_secs(30);

/// How much of a check's text is kept.
const TEXT_LINES: usize = 40;
const TEXT_BYTES: usize = 6000;
/// The same of what stands behind it: a line of 200 stages that hangs has as many processes.
const DETAIL_LINES: usize = 300;
const DETAIL_BYTES: usize = 24_000;

/// Seed, specification, helpers: everything that is made once for a class.
#[derive(Debug)]
pub struct Session {
    /// The lab.
    pub lab: Lab,
    /// The level every sandbox runs at.
    pub level: Level,
    /// The seed of all random challenges.
    pub seed: u64,
    build_seed: Seed,
    spec: PathBuf,
    cases: Cases,
    given: Files,
    slowness: u32,
    folder: TempDir,
}

/// A member's programs on disk, removed with the value.
#[derive(Debug)]
pub struct Programs {
    folder: TempDir,
    names: Vec<String>,
}

impl Session {
    /// Prepares a class: makes the seed if there is none, builds specification and helpers (outside of any
    /// sandbox: they are the course's own).
    ///
    /// # Errors
    /// When something of the course does not compile or `lab.toml` does not fit the specification.
    pub fn open(workspace: &Workspace, lab: Lab, level: Level, seed: u64) -> Result<Self> {
        let state = workspace.state_dir();
        fs::create_dir_all(&state).with_context(|| format!("create {}", state.display()))?;
        let folder =
            tempfile::Builder::new().prefix(&format!("run-{}-", std::process::id())).tempdir_in(&state);
        let folder = folder.context("create the session's folder")?;
        // As for the seeds: a slot's user must get through, and nobody needs to list it.
        mode(folder.path(), 0o711)?;
        let package = lab.manifest.package();
        let wanted = Wanted { package: &package, programs: &lab.manifest.programs, ..Wanted::default() };
        let built = compile::build(workspace, wanted)?;
        let cases = referee::list(built.spec()?)?;
        check::agree(workspace, &lab, &cases)?;
        let spec = folder.path().join("spec");
        // A copy: somebody who builds during a long run must not change the judge.
        fs::copy(built.spec()?, &spec).context("copy the specification")?;
        let helpers = folder.path().join("helpers");
        install_helpers(built.helpers.as_deref(), &helpers)?;
        let build_seed = Seed::open(workspace, &lab, level)?;
        let given = own_files(&lab)?;
        let slowness = slowness::measure();
        Ok(Self { lab, level, seed, build_seed, spec, cases, given, slowness, folder })
    }

    /// Builds a member's editable files on a clean lab, in the sandbox with this number (no other may run with it).
    /// `Err(text)` inside: the member does not compile.
    ///
    /// # Errors
    /// When the grader fails.
    pub fn build(&self, slot: u32, files: &Files) -> Result<Result<Programs, String>> {
        let place = |name: &str| tempfile::Builder::new().prefix(name).tempdir_in(self.folder.path());
        let sources = place("member-").context("create a folder for the submission")?;
        build::lay_out(sources.path(), &self.build_seed, &self.given, files)?;
        let names = self.lab.manifest.programs.clone();
        let built = build::build(&self.build_seed, sources.path(), &names, self.level, slot)?;
        let programs = match built {
            Built::Programs(programs) => programs,
            Built::Refused(text) => return Ok(Err(text)),
        };
        let folder = place("programs-").context("create a folder for the programs")?;
        mode(folder.path(), 0o755)?;
        for (name, bytes) in programs {
            let path = folder.path().join(name);
            sandbox::while_nobody_forks(|| fs::write(&path, bytes))
                .with_context(|| format!("write {}", path.display()))?;
            mode(&path, 0o755)?;
        }
        Ok(Ok(Programs { folder, names }))
    }

    /// Runs one check against a member's programs.
    #[must_use]
    pub fn run(&self, slot: u32, programs: &Programs, check: &Check) -> CheckOutcome {
        let cases = self.cases.get(&check.name).map_or(&[][..], Vec::as_slice);
        let outcome = sandbox::run(&self.spec_of(slot, programs, cases));
        let millis = u64::try_from(outcome.usage.wall.as_millis()).unwrap_or(u64::MAX);
        let asked = Asked { check: &check.name, max: check.points, cases, seed: self.seed };
        let mut judged = match &outcome.garbled {
            Some(why) => judge(asked, &[], &RefereeEnd::Broken(why.clone()), millis),
            None => judge(asked, &outcome.records, &self.end_of(&outcome), millis),
        };
        if judged.verdict == Verdict::GraderError {
            let log = printable(&outcome.stderr.text(), 12, 2000);
            judged.text.extend(log.lines().map(|line| format!("\n| {line}")));
        }
        judged.text = printable(&judged.text, TEXT_LINES, TEXT_BYTES);
        judged.detail = printable(&judged.detail, DETAIL_LINES, DETAIL_BYTES);
        judged
    }

    fn spec_of(&self, slot: u32, programs: &Programs, cases: &[String]) -> Spec {
        let path = |name: &String| (name.clone(), Path::new(PROGRAMS).join(name));
        let config = Config {
            programs: programs.names.iter().map(path).collect::<BTreeMap<_, _>>(),
            helpers: Some(HELPERS.into()),
            scratch: Some(SCRATCH.into()),
            seed: Some(self.seed),
            slowness: Some(self.slowness),
            ..Config::default()
        };
        let names = cases.iter().map(|case| format!("{}{case}", referee::ROOT));
        let flags = ["--exact", "--test-threads=1", "--nocapture"].map(str::to_owned);
        let mut spec = Spec::new(Job::Referee {
            exe: self.spec.clone(),
            args: names.chain(flags).collect(),
            cwd: SCRATCH.into(),
            config: Box::new(config),
        });
        spec.level = Some(self.level);
        spec.slot = slot;
        spec.ro = vec![
            Bind::new(programs.folder.path(), PROGRAMS),
            Bind::new(self.folder.path().join("helpers"), HELPERS),
        ];
        spec.tmpfs = vec![Tmpfs::new(SCRATCH, 128)];
        spec.limits = self.limits(cases.len());
        spec
    }

    fn limits(&self, cases: usize) -> Limits {
        let limits = self.lab.manifest.limits;
        let mut of_check = Limits::check();
        of_check.wall = (CASE * u32::try_from(cases).unwrap_or(1) + MARGIN) * self.slowness / 100;
        of_check.memory = u64::from(limits.memory_mib) << 20;
        of_check.program.processes = u64::from(limits.processes);
        of_check.program.memfd = limits.memfd;
        of_check.program.descriptors = limits.descriptors.into();
        of_check.program.scopes = limits.scopes;
        of_check
    }

    fn end_of(&self, outcome: &Outcome) -> RefereeEnd {
        match &outcome.end {
            End::Exited(status) => RefereeEnd::Exited(*status),
            End::Signaled(signal) => RefereeEnd::Signaled(*signal),
            End::TimedOut => RefereeEnd::Watchdog,
            End::OutputLimit => RefereeEnd::Limit("it printed more than 8 MiB".to_owned()),
            End::MemoryLimit => RefereeEnd::Limit(format!(
                "it used more than {} MiB of memory",
                self.lab.manifest.limits.memory_mib
            )),
            End::Cancelled => RefereeEnd::Broken("interrupted".to_owned()),
            End::SetupFailed(why) => RefereeEnd::Broken(format!("make the sandbox: {why}")),
        }
    }
}

/// The strongest level that works here, or the one asked for.
///
/// # Errors
/// When none works, or `none` was not allowed.
pub fn level(asked: Option<Level>, is_trusted: bool) -> Result<(Level, Vec<String>)> {
    if asked == Some(Level::None) && !is_trusted {
        return Err(stop(
            Exit::Usage,
            "without a sandbox a submission can do whatever you can; --level none needs --trust-submissions",
        ));
    }
    let argv = vec!["/bin/true".to_owned()];
    let mut spec = Spec::new(Job::Exec { argv, cwd: "/".into() });
    spec.level = asked;
    let outcome = sandbox::run(&spec);
    match &outcome.end {
        End::Exited(0) => Ok((outcome.level, outcome.notes)),
        End::SetupFailed(_) if asked.is_none() && is_trusted => {
            Ok((Level::None, vec!["no sandbox works here; the submissions were trusted".to_owned()]))
        }
        End::SetupFailed(why) => Err(bad_input(format!(
            "no sandbox: {why}; `cargo xtask doctor` says what helps, --trust-submissions does without"
        ))),
        end => Err(bad_input(format!("the sandbox cannot run /bin/true: {end:?}"))),
    }
}

/// Removes folders of sessions that were killed. Best effort: at worst they take up space.
pub(super) fn remove_stale(state: &Path) {
    for entry in fs::read_dir(state).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name.strip_prefix("run-").and_then(|rest| rest.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Only the helper programs, not the folder cargo keeps them in: that one holds everything.
fn install_helpers(from: Option<&Path>, to: &Path) -> Result<()> {
    let helper = from.context("find the helper programs: cargo built none")?.join("testkit-helper");
    fs::create_dir(to).context("create the folder of helper programs")?;
    let status = Command::new(&helper).arg("install").arg(to).stdin(Stdio::null()).status();
    let status = status.with_context(|| format!("run {}", helper.display()))?;
    ensure!(status.success(), "install the helper programs: {status}");
    mode(to, 0o755)
}

/// The lab's own sources: what a submission does not bring, it gets from here.
fn own_files(lab: &Lab) -> Result<Files> {
    let listed = walk::list(&lab.dir).with_context(|| format!("list {}", lab.dir.display()))?.0;
    let is_source = |name: &str| name.starts_with("src/") || lab.manifest.is_editable(name);
    let sources = listed.into_iter().filter(|entry| entry.kind == Kind::File && is_source(&entry.name));
    let read = |entry: walk::Entry| {
        let bytes = fs::read(lab.dir.join(&entry.path)).with_context(|| format!("read {}", entry.name))?;
        Ok((entry.name, bytes))
    };
    sources.map(read).collect()
}

fn mode(path: &Path, mode: u32) -> Result<()> {
    fs::set_permissions(path, PermissionsExt::from_mode(mode))
        .with_context(|| format!("set the mode of {}", path.display()))
}
