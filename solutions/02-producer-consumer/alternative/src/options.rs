//! The words of the command line, and their limits.

use crate::target::Target;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// What prodcon is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Sends records.
    Produce(Produce),
    /// Takes records and prints a line for each.
    Consume(Consume),
    /// Removes a queue.
    Remove(Target),
    /// Copies standard input to standard output by two processes.
    Copy,
    /// Producers and consumers on one buffer.
    Run(Run),
    /// Prints whole words.
    Print(Print),
    /// Joins two sockets.
    Relay(PathBuf, PathBuf),
    /// Frames into a FIFO.
    Play(Play),
}

/// `produce`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Produce {
    /// The producer's number.
    pub id: u16,
    /// How many data records.
    pub count: u32,
    /// Bytes of payload, the sequence number included.
    pub size: usize,
    /// Where they go.
    pub to: Target,
    /// Their type.
    pub type_: u8,
    /// How many messages a queue holds that is made.
    pub capacity: u8,
    /// A record of kind 1 follows.
    pub end: bool,
    /// Never wait.
    pub try_: bool,
}

/// `consume`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consume {
    /// Where the records come from: one source, or two that may be polled.
    pub from: Vec<Target>,
    /// How many data records at most.
    pub max: Option<u32>,
    /// Only records of this type.
    pub type_: Option<u8>,
    /// Never wait.
    pub try_: bool,
}

/// `run`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// How many producers.
    pub producers: u16,
    /// How many consumers.
    pub consumers: u16,
    /// How many records of each producer.
    pub count: u32,
    /// Bytes of payload.
    pub size: usize,
    /// How many records may be put and not yet printed; `None`: as many as the kernel takes.
    pub capacity: Option<u8>,
    /// Tell each put on standard error.
    pub log: bool,
}

/// `print`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Print {
    /// The word of each process.
    pub words: Vec<OsString>,
    /// How often each prints its word.
    pub times: u32,
    /// Without a lock.
    pub racy: bool,
}

/// `play`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Play {
    /// How many frames.
    pub frames: u32,
    /// How many of them may wait.
    pub depth: usize,
    /// Which one is dropped if more would have to wait.
    pub drop: Drop,
    /// The FIFO they go to.
    pub output: PathBuf,
}

/// Which frame is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drop {
    /// None: the clock waits.
    None,
    /// The one that has waited longest.
    Oldest,
    /// The new one.
    Newest,
}

/// The payload of the longest record that a queue takes: a message of 8192 bytes, less the header.
const MOST_IN_QUEUE: u64 = 8184;
/// The payload of the longest record that is written to a pipe in one piece: `PIPE_BUF`, less the header.
const MOST_IN_PIECE: u64 = 4088;

/// Reads the arguments; an error is the line that tells the right usage.
///
/// # Errors
/// Wrong usage.
pub fn parse(words: Vec<OsString>) -> Result<Command, String> {
    let (name, rest) = words.split_first().ok_or_else(|| usage(""))?;
    let name = name.to_str().unwrap_or_default();
    command(name, rest).ok_or_else(|| usage(name))
}

fn command(name: &str, words: &[OsString]) -> Option<Command> {
    match name {
        "produce" => produce(&mut Words::new(words, &["--end", "--try"])?).map(Command::Produce),
        "consume" => consume(&mut Words::new(words, &["--try"])?).map(Command::Consume),
        "run" => run(&mut Words::new(words, &["--log"])?).map(Command::Run),
        "print" => print(&mut Words::new(words, &["--racy"])?).map(Command::Print),
        "play" => play(&mut Words::new(words, &[])?).map(Command::Play),
        "copy" => words.is_empty().then_some(Command::Copy),
        "rm" => match words {
            [target] => Target::parse(target).filter(Target::is_queue).map(Command::Remove),
            _ => None,
        },
        "relay" => match words {
            [a, b] if !a.is_empty() && !b.is_empty() => Some(Command::Relay(a.into(), b.into())),
            _ => None,
        },
        _ => None,
    }
}

fn produce(words: &mut Words) -> Option<Produce> {
    let to = Target::parse(&words.text("--to")?)?;
    let most = if to.is_queue() { MOST_IN_QUEUE } else { 65_536 };
    if words.has("--capacity") && !matches!(to, Target::Posix(_)) {
        return None;
    }
    let produce = Produce {
        id: words.number("--id", 0..=65_535)?.try_into().ok()?,
        count: words.number("--count", 0..=u64::from(u32::MAX))?.try_into().ok()?,
        size: words.number("--size", 4..=most)?.try_into().ok()?,
        type_: words.number_or("--type", 0..=255, 0)?.try_into().ok()?,
        capacity: words.number_or("--capacity", 1..=10, 10)?.try_into().ok()?,
        end: words.flag("--end"),
        try_: words.flag("--try"),
        to,
    };
    words.is_used().then_some(produce)
}

fn consume(words: &mut Words) -> Option<Consume> {
    let mut from = vec![Target::parse(&words.text("--from")?)?];
    if let Some(second) = words.take("--from") {
        from.push(Target::parse(&second)?);
    }
    let is_system_v = |target: &Target| matches!(target, Target::SystemV(_));
    if words.has("--type") && !from.iter().all(is_system_v) {
        return None;
    }
    let consume = Consume {
        max: words.optional("--max", 0..=u64::from(u32::MAX))?.map(|max| max as u32),
        type_: words.optional("--type", 0..=255)?.map(|type_| type_ as u8),
        try_: words.flag("--try"),
        from,
    };
    let is_plain = consume.max.is_none() && consume.type_.is_none() && !consume.try_;
    let can_be_polled = !consume.from.iter().any(is_system_v);
    (words.is_used() && (consume.from.len() == 1 || is_plain && can_be_polled)).then_some(consume)
}

fn run(words: &mut Words) -> Option<Run> {
    let run = Run {
        producers: words.number("-p", 1..=64)?.try_into().ok()?,
        consumers: words.number("-c", 1..=64)?.try_into().ok()?,
        count: words.number("-n", 0..=1_000_000)?.try_into().ok()?,
        size: words.number_or("--size", 4..=MOST_IN_PIECE, 64)?.try_into().ok()?,
        capacity: words.optional("--capacity", 0..=16)?.map(|capacity| capacity as u8),
        log: words.flag("--log"),
    };
    words.is_used().then_some(run)
}

fn print(words: &mut Words) -> Option<Print> {
    let processes: usize = words.number("-p", 1..=64)?.try_into().ok()?;
    let print = Print {
        times: words.number("-k", 0..=1_000_000)?.try_into().ok()?,
        racy: words.flag("--racy"),
        words: std::mem::take(&mut words.plain),
    };
    let all_fit = print.words.iter().all(|word| (1..=65_536).contains(&word.len()));
    (words.is_used() && print.words.len() == processes && all_fit).then_some(print)
}

fn play(words: &mut Words) -> Option<Play> {
    let play = Play {
        frames: words.number("--frames", 0..=1_000_000)?.try_into().ok()?,
        depth: words.number("--depth", 1..=1024)?.try_into().ok()?,
        drop: match words.text("--drop")?.to_str()? {
            "none" => Drop::None,
            "oldest" => Drop::Oldest,
            "newest" => Drop::Newest,
            _ => return None,
        },
        output: words.plain.pop().filter(|path| !path.is_empty())?.into(),
    };
    words.is_used().then_some(play)
}

/// The one line for wrong usage of this subcommand.
fn usage(name: &str) -> String {
    let rest = match name {
        "produce" => {
            "produce --id I --count N --size B --to T [--type K] [--capacity K] [--end] [--try]  \
             (T: - fifo:PATH mq:/NAME sysv:FILE)"
        }
        "consume" => {
            "consume --from T [--from T] [--max M] [--type K] [--try]  (T: - fifo:PATH mq:/NAME sysv:FILE)"
        }
        "rm" => "rm mq:/NAME | rm sysv:FILE",
        "copy" => "copy",
        "run" => "run -p P -c C -n N [--size B] [--capacity K] [--log]",
        "print" => "print -p P -k K [--racy] W1 .. WP",
        "relay" => "relay A B",
        "play" => "play --frames N --depth D --drop none|oldest|newest FIFO_OUT",
        _ => "produce|consume|rm|copy|run|print|relay|play ...",
    };
    format!("usage: prodcon {rest}")
}

/// The words after a subcommand: options with a value, options without, and plain words.
struct Words {
    values: BTreeMap<String, Vec<OsString>>,
    flags: Vec<String>,
    plain: Vec<OsString>,
}

impl Words {
    /// Sorts the words; `flags` are the options without a value. `None` if a value is missing.
    fn new(words: &[OsString], flags: &[&str]) -> Option<Self> {
        let mut sorted = Self { values: BTreeMap::new(), flags: Vec::new(), plain: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.to_str().filter(|text| text.starts_with('-')) {
                None => sorted.plain.push(word.clone()),
                Some(flag) if flags.contains(&flag) => sorted.flags.push(flag.to_owned()),
                Some(name) => sorted.values.entry(name.to_owned()).or_default().push(words.next()?.clone()),
            }
        }
        Some(sorted)
    }

    /// The first value of this option that was not taken yet.
    fn take(&mut self, name: &str) -> Option<OsString> {
        let values = self.values.get_mut(name)?;
        let first = values.remove(0);
        if values.is_empty() {
            self.values.remove(name);
        }
        Some(first)
    }

    fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    fn text(&mut self, name: &str) -> Option<OsString> {
        self.take(name)
    }

    fn number(&mut self, name: &str, limits: RangeInclusive<u64>) -> Option<u64> {
        self.take(name).as_deref().and_then(decimal).filter(|number| limits.contains(number))
    }

    /// `Some(None)` if the option is not there, `None` if it is wrong.
    #[expect(clippy::option_option, reason = "absent and wrong are two things")]
    fn optional(&mut self, name: &str, limits: RangeInclusive<u64>) -> Option<Option<u64>> {
        if self.has(name) { self.number(name, limits).map(Some) } else { Some(None) }
    }

    fn number_or(&mut self, name: &str, limits: RangeInclusive<u64>, otherwise: u64) -> Option<u64> {
        self.optional(name, limits).map(|number| number.unwrap_or(otherwise))
    }

    fn flag(&mut self, name: &str) -> bool {
        let place = self.flags.iter().position(|flag| flag == name);
        place.map(|place| self.flags.remove(place)).is_some()
    }

    /// Whether each word had its use: an option given twice, or an unknown one, is still there.
    fn is_used(&self) -> bool {
        self.values.is_empty() && self.flags.is_empty() && self.plain.is_empty()
    }
}

/// Digits only: no sign, no blank.
fn decimal(text: &OsStr) -> Option<u64> {
    let text = text.to_str()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}
