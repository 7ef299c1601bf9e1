//! Runs checks of one lab against given programs, several at once: one referee process a check. Used for a
//! student's `check` and for an author's `verify`, which looks at many programs in one run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use sandbox::protocol::{Config, Verdict};

use crate::compile::Built;
use crate::family::Family;
use crate::manifest::Check;
use crate::outcome::{Asked, CheckOutcome, RefereeEnd, judge};
use crate::pool;
use crate::referee::{Cases, Referee};
use crate::scratch::Scratch;

/// The watchdogs of `testkit` end a case after 60 seconds at most; the runner's own must never be first.
const CASE: Duration = Duration::from_secs(60);
const MARGIN: Duration = Duration::from_secs(30);

/// How many lines of a referee's log follow a grader error.
const LOG_LINES: usize = 12;

/// A specification and the programs it shall look at.
#[derive(Debug)]
pub struct Suite<'a> {
    /// The specification and the helper programs.
    pub built: &'a Built,
    /// Its cases, from `--list`.
    pub cases: &'a Cases,
    /// The seed of all random challenges.
    pub seed: u64,
    /// In percent, see `slowness`.
    pub slowness: u32,
    /// How many checks at once.
    pub jobs: usize,
}

/// One check of one set of programs.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// The programs under test by contract name.
    pub programs: &'a BTreeMap<String, PathBuf>,
    /// What is to be checked.
    pub check: &'a Check,
}

impl Suite<'_> {
    /// Runs `tasks`; `done` hears of each as it ends, with its place in the list. After Ctrl-C the rest is
    /// missing.
    ///
    /// # Errors
    /// When there is no place for the checks' private folders.
    pub fn run(
        &self,
        family: &Family,
        tasks: &[Task<'_>],
        mut done: impl FnMut(usize, CheckOutcome),
    ) -> anyhow::Result<()> {
        let scratch = Scratch::new()?;
        let helpers = scratch.path().join("helpers");
        self.built.install_helpers(&helpers)?;
        let spec = self.built.spec()?;
        let config = Config {
            helpers: Some(helpers),
            scratch: Some(scratch.path().to_owned()),
            seed: Some(self.seed),
            slowness: Some(self.slowness),
            ..Config::default()
        };
        let work = |task: &Task<'_>| {
            let config = Config { programs: task.programs.clone(), ..config.clone() };
            self.check(family, spec, &config, task.check)
        };
        pool::each(self.jobs, tasks, work, &mut done);
        family.sweep();
        let place = scratch.path().to_owned();
        if let Err(error) = scratch.close() {
            anstream::eprintln!("warning: cannot remove {}: {error}", place.display());
        }
        Ok(())
    }

    fn check(&self, family: &Family, spec: &Path, config: &Config, check: &Check) -> CheckOutcome {
        let cases = self.cases.get(&check.name).map_or(&[][..], Vec::as_slice);
        let asked = Asked { check: &check.name, max: check.points, cases, seed: self.seed };
        let log = match tempfile::NamedTempFile::new() {
            Ok(log) => log.into_temp_path(),
            Err(error) => {
                let end = RefereeEnd::Broken(format!("make a log file: {error}"));
                return judge(asked, &[], &end, 0);
            }
        };
        let patience = (CASE * u32::try_from(cases.len()).unwrap_or(u32::MAX) + MARGIN) * self.slowness / 100;
        let heard = Referee { spec, config, cases, log: log.to_path_buf(), patience }.run(family);
        let millis = u64::try_from(heard.took.as_millis()).unwrap_or(u64::MAX);
        let mut outcome = judge(asked, &heard.records, &heard.end, millis);
        if outcome.verdict == Verdict::GraderError && heard.records.len() < cases.len() {
            outcome.text.push_str(&tail(&log));
        }
        outcome
    }
}

fn tail(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let shown = &lines[lines.len().saturating_sub(LOG_LINES)..];
    shown.iter().map(|line| format!("\n| {line}")).collect()
}

/// A new seed, short enough to be typed again.
///
/// # Errors
/// When the kernel's random numbers cannot be read.
pub fn new_seed() -> anyhow::Result<u64> {
    use std::io::Read as _;
    let mut bytes = [0; 8];
    let mut urandom = fs::File::open("/dev/urandom").context("open /dev/urandom")?;
    urandom.read_exact(&mut bytes).context("read /dev/urandom")?;
    Ok(u64::from_ne_bytes(bytes) % 1_000_000_000)
}
