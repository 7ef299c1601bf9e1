//! What the two programs are told on their command lines. Complete; nothing to do here.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::time::Duration;

use crate::address::Address;

/// What rpcd prints if it is called wrongly.
pub const RPCD_USAGE: &str = "usage: rpcd (--unix PATH | --tcp HOST:PORT) [--root DIR] [--slots N] \
                              [--restrict METHOD=UID].. [--journal FILE] [--lease-ms L]";

/// What rpcc prints if it is called wrongly.
pub const RPCC_USAGE: &str = "usage: rpcc ADDRESS [--semantics S] [--retries R] [--retry-ms M] \
                              [--deadline-ms D] [--pipeline] (METHOD ARG.. | -)";

/// What rpcd shall do.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// `--unix PATH` or `--tcp HOST:PORT`.
    pub address: Address,
    /// `--root DIR`: the folder whose files may be opened.
    pub root: Option<PathBuf>,
    /// `--slots N`: how many clients the table holds.
    pub slots: usize,
    /// `--restrict METHOD=UID`: who may call what.
    pub restrict: Vec<(String, u32)>,
    /// `--journal FILE`.
    pub journal: Option<PathBuf>,
    /// `--lease-ms L`: how long a callback may stay without an answer.
    pub lease: Duration,
}

/// How often a call may be executed when frames are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Semantics {
    /// The call is sent once.
    Maybe,
    /// The call is sent until an answer comes.
    AtLeastOnce,
    /// The call is sent again only to the server that knows whether it has seen it.
    #[default]
    AtMostOnce,
}

/// What shall be called.
#[derive(Debug, Clone)]
pub enum Task {
    /// One call: the method and its arguments.
    Call(Vec<Vec<u8>>),
    /// `-`: the lines of standard input.
    Lines,
}

/// What rpcc shall do.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// Whom it calls.
    pub address: Address,
    /// `--semantics S`.
    pub semantics: Semantics,
    /// `--retries R`; 0 with [`Semantics::Maybe`].
    pub retries: u64,
    /// `--retry-ms M`.
    pub retry_after: Option<Duration>,
    /// `--deadline-ms D`.
    pub deadline: Option<Duration>,
    /// `--pipeline`.
    pub pipeline: bool,
    /// `METHOD ARG..` or `-`.
    pub task: Task,
}

/// Reads the arguments of rpcd; `None` means wrong usage.
#[must_use]
pub fn rpcd(mut arguments: impl Iterator<Item = OsString>) -> Option<ServerOptions> {
    let (mut address, mut root, mut slots, mut journal, mut lease) = (None, None, None, None, None);
    let mut restrict: Vec<(String, u32)> = Vec::new();
    while let Some(argument) = arguments.next() {
        let option = argument.to_str()?;
        let value = arguments.next()?;
        let is_new = match option {
            "--unix" => address.replace(Address::unix(value)?).is_none(),
            "--tcp" => address.replace(Address::tcp(value.to_str()?)?).is_none(),
            "--root" => root.replace(PathBuf::from(value)).is_none(),
            "--slots" => slots.replace(usize::try_from(positive(&value)?).ok()?).is_none(),
            "--journal" => journal.replace(PathBuf::from(value)).is_none(),
            "--lease-ms" => lease.replace(Duration::from_millis(positive(&value)?)).is_none(),
            "--restrict" => {
                let (method, uid) = value.to_str()?.split_once('=')?;
                let uid = u32::try_from(number(uid.as_bytes())?).ok()?;
                let is_new = restrict.iter().all(|(known, _)| known != method);
                restrict.push((method.to_owned(), uid));
                is_new
            }
            _ => false,
        };
        if !is_new {
            return None;
        }
    }
    Some(ServerOptions {
        address: address?,
        root,
        slots: slots.unwrap_or(1024),
        restrict,
        journal,
        lease: lease.unwrap_or(Duration::from_secs(10)),
    })
}

/// Reads the arguments of rpcc; `None` means wrong usage. Whether the words are a call is not known here.
#[must_use]
pub fn rpcc(mut arguments: impl Iterator<Item = OsString>) -> Option<ClientOptions> {
    let address = Address::parse(arguments.next()?)?;
    let (mut semantics, mut retries, mut retry_after, mut deadline) = (None, None, None, None);
    let mut pipeline = false;
    let method = loop {
        let argument = arguments.next()?;
        let is_new = match argument.to_str() {
            Some("--pipeline") => !std::mem::replace(&mut pipeline, true),
            Some("--semantics") => semantics.replace(semantics_of(&arguments.next()?)?).is_none(),
            Some("--retries") => retries.replace(number(arguments.next()?.as_bytes())?).is_none(),
            Some("--retry-ms") => retry_after.replace(positive(&arguments.next()?)?).is_none(),
            Some("--deadline-ms") => deadline.replace(positive(&arguments.next()?)?).is_none(),
            Some(option) if option.starts_with("--") => false,
            _ => break argument,
        };
        if !is_new {
            return None;
        }
    };
    let words: Vec<Vec<u8>> = std::iter::once(method).chain(arguments).map(OsStringExt::into_vec).collect();
    let task = if words == [b"-"] { Task::Lines } else { Task::Call(words) };
    let is_plain = retries.is_none() && retry_after.is_none() && deadline.is_none();
    if pipeline && !(is_plain && matches!(task, Task::Lines)) {
        return None;
    }
    let semantics = semantics.unwrap_or_default();
    Some(ClientOptions {
        address,
        semantics,
        retries: if semantics == Semantics::Maybe { 0 } else { retries.unwrap_or(0) },
        retry_after: retry_after.map(Duration::from_millis),
        deadline: deadline.map(Duration::from_millis),
        pipeline,
        task,
    })
}

fn semantics_of(word: &OsString) -> Option<Semantics> {
    match word.to_str()? {
        "maybe" => Some(Semantics::Maybe),
        "at-least-once" => Some(Semantics::AtLeastOnce),
        "at-most-once" => Some(Semantics::AtMostOnce),
        _ => None,
    }
}

/// A decimal number, digits only.
fn number(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| std::str::from_utf8(digits).ok()?.parse().ok()).flatten()
}

/// The same, from 1, and small enough to be added to a point in time.
fn positive(word: &OsString) -> Option<u64> {
    number(word.as_bytes()).filter(|number| (1..=u64::from(u32::MAX)).contains(number))
}
