//! What the four programs are told on their command lines. Complete; nothing to do here.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use crate::names::Sig;

/// What sigcount prints if it is called wrongly.
pub const SIGCOUNT_USAGE: &str = "usage: sigcount [--catch LIST] [--ignore LIST] [--file FILE] | \
                                  sigcount --send PID NAME [VALUE [COUNT]]";
/// What within prints if it is called wrongly.
pub const WITHIN_USAGE: &str = "usage: within [-k MS] MS CMD [ARG]..";
/// What superv prints if it is called wrongly.
pub const SUPERV_USAGE: &str = "usage: superv FILE";
/// What flushd prints if it is called wrongly.
pub const FLUSHD_USAGE: &str = "usage: flushd [--config FILE]";

/// What sigcount shall do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sigcount {
    /// Count what comes.
    Count(Count),
    /// `--send PID NAME [VALUE [COUNT]]`.
    Send {
        /// To whom.
        pid: i32,
        /// Which signal.
        signal: Sig,
        /// The first value and how many values; without it, one plain signal.
        values: Option<(i32, u32)>,
    },
}

/// How sigcount shall count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// `--catch LIST`.
    pub catch: Vec<Sig>,
    /// `--ignore LIST`.
    pub ignore: Vec<Sig>,
    /// `--file FILE`.
    pub file: Option<PathBuf>,
}

/// What within shall do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within {
    /// How long the command may run.
    pub limit: Duration,
    /// How long it may take to end after SIGTERM.
    pub grace: Duration,
    /// CMD and its arguments; at least CMD.
    pub command: Vec<OsString>,
}

/// What superv shall do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superv {
    /// The table.
    pub file: PathBuf,
}

/// What flushd shall do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flushd {
    /// `--config FILE`.
    pub config: Option<PathBuf>,
}

/// Reads the arguments of sigcount; `None` means wrong usage.
#[must_use]
pub fn sigcount(arguments: impl Iterator<Item = OsString>) -> Option<Sigcount> {
    let arguments: Vec<OsString> = arguments.collect();
    match arguments.split_first() {
        Some((first, rest)) if first == "--send" => send(rest),
        _ => count(arguments.into_iter()).map(Sigcount::Count),
    }
}

fn send(arguments: &[OsString]) -> Option<Sigcount> {
    let [pid, signal, rest @ ..] = arguments else { return None };
    let value = |text: &OsString| number::<i32>(text, i64::MIN..=i64::MAX);
    let values = match rest {
        [] => None,
        [first] => Some((value(first)?, 1)),
        [first, count] => Some((value(first)?, number(count, 1..=1_000_000)?)),
        _ => return None,
    };
    Some(Sigcount::Send { pid: number(pid, 1..=i64::MAX)?, signal: Sig::parse(signal)?, values })
}

fn count(mut arguments: impl Iterator<Item = OsString>) -> Option<Count> {
    let (mut catch, mut ignore, mut file) = (None, None, None);
    while let Some(argument) = arguments.next() {
        let is_new = match argument.to_str()? {
            "--catch" => catch.replace(list(&arguments.next()?)?).is_none(),
            "--ignore" => ignore.replace(list(&arguments.next()?)?).is_none(),
            "--file" => file.replace(PathBuf::from(arguments.next()?)).is_none(),
            _ => false,
        };
        if !is_new {
            return None;
        }
    }
    let catch = catch.unwrap_or_else(|| vec![Sig(libc::SIGUSR1), Sig(libc::SIGUSR2)]);
    let ignore = ignore.unwrap_or_default();
    let all: Vec<Sig> = catch.iter().chain(&ignore).copied().collect();
    let is_unique = all.iter().enumerate().all(|(i, signal)| !all[..i].contains(signal));
    (is_unique && !all.contains(&Sig(libc::SIGTERM))).then_some(Count { catch, ignore, file })
}

fn list(text: &OsStr) -> Option<Vec<Sig>> {
    text.to_str()?.split(',').map(|name| Sig::parse(OsStr::new(name))).collect()
}

/// Reads the arguments of within; `None` means wrong usage.
#[must_use]
pub fn within(arguments: impl Iterator<Item = OsString>) -> Option<Within> {
    let mut arguments = arguments.peekable();
    let mut grace = Duration::from_secs(1);
    if arguments.next_if(|argument| argument == "-k").is_some() {
        grace = milliseconds(&arguments.next()?)?;
    }
    let limit = milliseconds(&arguments.next()?)?;
    let command: Vec<OsString> = arguments.collect();
    (!command.is_empty()).then_some(Within { limit, grace, command })
}

/// Reads the arguments of superv; `None` means wrong usage.
#[must_use]
pub fn superv(mut arguments: impl Iterator<Item = OsString>) -> Option<Superv> {
    let file = PathBuf::from(arguments.next()?);
    arguments.next().is_none().then_some(Superv { file })
}

/// Reads the arguments of flushd; `None` means wrong usage.
#[must_use]
pub fn flushd(mut arguments: impl Iterator<Item = OsString>) -> Option<Flushd> {
    let config = match arguments.next() {
        None => None,
        Some(option) if option == "--config" => Some(PathBuf::from(arguments.next()?)),
        Some(_) => return None,
    };
    arguments.next().is_none().then_some(Flushd { config })
}

/// 1 ms to a day.
fn milliseconds(text: &OsStr) -> Option<Duration> {
    Some(Duration::from_millis(number(text, 1..=86_400_000)?))
}

/// A decimal number: digits, perhaps a minus before them.
fn number<N: TryFrom<i64>>(text: &OsStr, range: std::ops::RangeInclusive<i64>) -> Option<N> {
    let text = text.to_str()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_number.then(|| text.parse().ok()).flatten()?;
    range.contains(&number).then(|| N::try_from(number).ok()).flatten()
}
