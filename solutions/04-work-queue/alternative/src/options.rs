//! What the command line of `pool` asks for. Given: `main.rs` hands it over, so keep its shape.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Said when the arguments are wrong.
pub const USAGE: &str = "usage: pool run -n N [--mode fork|pool] [--queue Q] [--retries R] [--lease-ms L] \
     [--journal FILE] | pool serve --unix PATH (-n N | --stages NAME:N,...) [--queue Q] [--retries R] \
     | pool serve --tcp HOST:PORT --root DIR -n N";

/// More workers are not asked for.
const MOST_WORKERS: u64 = 1000;
/// More stages are not asked for.
const MOST_STAGES: usize = 8;

/// One of the three ways to run `pool`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Options {
    /// `pool run`.
    Run(Run),
    /// `pool serve --unix`.
    Lines(Lines),
    /// `pool serve --tcp`.
    Web(Web),
}

/// `pool run`: tasks from standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// `-n`: how many workers.
    pub workers: usize,
    /// `--mode`.
    pub mode: Mode,
    /// `--queue`: room for tasks that wait.
    pub queue: usize,
    /// `--retries`: how often a task is tried again.
    pub retries: u32,
    /// `--lease-ms`: how long an attempt may take.
    pub lease: Option<Duration>,
    /// `--journal`.
    pub journal: Option<PathBuf>,
}

/// How long a worker lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// For one attempt at one task.
    Fork,
    /// Until the input has ended.
    Pool,
}

/// `pool serve --unix`: task lines from clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// `--unix`: the socket's name.
    pub path: PathBuf,
    /// `--stages`, or one stage without a name.
    pub stages: Vec<Stage>,
    /// `--queue`: room for waiting tasks, of each client and between stages.
    pub queue: usize,
    /// `--retries`.
    pub retries: u32,
}

/// A group of workers that do one part of each task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its name; empty without `--stages`.
    pub name: String,
    /// How many workers.
    pub workers: usize,
}

/// `pool serve --tcp`: files over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Web {
    /// `--tcp`: where to listen.
    pub address: SocketAddr,
    /// `--root`: the folder that is served.
    pub root: PathBuf,
    /// `-n`.
    pub workers: usize,
}

impl Options {
    /// Reads the arguments after the program's name; `None` is wrong usage.
    pub fn parse(mut arguments: impl Iterator<Item = OsString>) -> Option<Options> {
        let verb = arguments.next()?;
        let mut given = Given::default();
        while let Some(name) = arguments.next() {
            given.put(name.into_string().ok()?, arguments.next()?)?;
        }
        let options = match verb.to_str()? {
            "run" => Options::Run(given.run()?),
            "serve" if given.has("--tcp") => Options::Web(given.web()?),
            "serve" => Options::Lines(given.lines()?),
            _ => return None,
        };
        // What is left belongs to another form.
        given.0.is_empty().then_some(options)
    }
}

/// Options and their values, as they were given. Each is taken once.
#[derive(Default)]
struct Given(Vec<(String, OsString)>);

impl Given {
    fn put(&mut self, name: String, value: OsString) -> Option<()> {
        let is_new = !self.has(&name);
        self.0.push((name, value));
        is_new.then_some(())
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(given, _)| given == name)
    }

    fn take(&mut self, name: &str) -> Option<OsString> {
        let place = self.0.iter().position(|(given, _)| given == name)?;
        Some(self.0.swap_remove(place).1)
    }

    /// A number in this range, or `default` where the option is not given.
    fn number(&mut self, name: &str, (least, most): (u64, u64), default: Option<u64>) -> Option<u64> {
        let Some(text) = self.take(name) else { return default };
        number(text.to_str()?, least, most)
    }

    fn workers(&mut self) -> Option<usize> {
        self.number("-n", (1, MOST_WORKERS), None)?.try_into().ok()
    }

    fn queue(&mut self, workers: usize) -> Option<usize> {
        self.number("--queue", (0, 1_000_000), Some(2 * workers as u64))?.try_into().ok()
    }

    fn retries(&mut self) -> Option<u32> {
        self.number("--retries", (0, 1000), Some(2))?.try_into().ok()
    }

    fn run(&mut self) -> Option<Run> {
        let workers = self.workers()?;
        let mode = match self.take("--mode") {
            None => Mode::Pool,
            Some(mode) if mode == "pool" => Mode::Pool,
            Some(mode) if mode == "fork" => Mode::Fork,
            Some(_) => return None,
        };
        let (queue, retries) = (self.queue(workers)?, self.retries()?);
        // Without the option there is no lease: 0 stands for that.
        let lease = self.number("--lease-ms", (1, 86_400_000), Some(0))?;
        let lease = (lease > 0).then(|| Duration::from_millis(lease));
        let journal = self.take("--journal").map(PathBuf::from);
        Some(Run { workers, mode, queue, retries, lease, journal })
    }

    fn lines(&mut self) -> Option<Lines> {
        let path = self.take("--unix")?.into();
        let stages = match self.take("--stages") {
            Some(text) => stages(text.to_str()?)?,
            None => vec![Stage { name: String::new(), workers: self.workers()? }],
        };
        let (queue, retries) = (self.queue(stages.first()?.workers)?, self.retries()?);
        Some(Lines { path, stages, queue, retries })
    }

    fn web(&mut self) -> Option<Web> {
        let address = self.take("--tcp")?.to_str()?.parse().ok()?;
        Some(Web { address, root: self.take("--root")?.into(), workers: self.workers()? })
    }
}

/// A decimal number without a sign, in this range.
fn number(text: &str, least: u64, most: u64) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_plain)?;
    (least..=most).contains(&number).then_some(number)
}

/// `NAME:N,NAME:N`.
fn stages(text: &str) -> Option<Vec<Stage>> {
    let stage = |part: &str| {
        let (name, workers) = part.split_once(':')?;
        let fits = (1..=16).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase());
        let workers = number(workers, 1, MOST_WORKERS)?.try_into().ok()?;
        fits.then(|| Stage { name: name.to_owned(), workers })
    };
    let stages: Vec<Stage> = text.split(',').map(stage).collect::<Option<_>>()?;
    let names: std::collections::BTreeSet<_> = stages.iter().map(|stage| &stage.name).collect();
    (stages.len() <= MOST_STAGES && names.len() == stages.len()).then_some(stages)
}
