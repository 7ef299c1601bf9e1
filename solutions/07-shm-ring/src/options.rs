//! What the command line of `ring` asks for. Given: `main.rs` hands it over, so keep its shape.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Said when the arguments are wrong.
pub const USAGE: &str = "usage: ring create RING [--slots S] [--slot-size B] [--lock] [--many] | ring info RING \
     | ring rm RING | ring close RING | ring push RING [--try] [--keep] | ring pop RING [--try] [--count N] \
     | ring list write RING | ring list read RING [--twice] | ring send --unix PATH [--slots S] [--slot-size B] \
     | ring recv --unix PATH [--count N]";

/// A name of POSIX shared memory has at most so many characters after its slash.
const LONGEST_NAME: usize = 200;

/// Where a segment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `/NAME`: POSIX shared memory, shm_open(3). The text has the slash.
    Shm(String),
    /// `file:PATH`: an ordinary file.
    File(PathBuf),
}

/// How many slots of how many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// A power of two.
    pub slots: u32,
    /// At least 1.
    pub slot_size: u32,
}

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Options {
    /// `ring create`.
    Create {
        /// RING.
        place: Place,
        /// `--slots`, `--slot-size`.
        shape: Shape,
        /// `--lock`: keep it in memory.
        lock: bool,
        /// `--many`: many producers and consumers.
        many: bool,
    },
    /// `ring info`.
    Info(Place),
    /// `ring rm`.
    Remove(Place),
    /// `ring close`.
    Close(Place),
    /// `ring push`.
    Push {
        /// RING.
        place: Place,
        /// `--try`: do not wait for room.
        only_try: bool,
        /// `--keep`: do not close the ring at the end of the input.
        keep: bool,
    },
    /// `ring pop`.
    Pop {
        /// RING.
        place: Place,
        /// `--try`: do not wait for a record.
        only_try: bool,
        /// `--count`: end after so many records.
        count: Option<u64>,
    },
    /// `ring list write`.
    ListWrite(Place),
    /// `ring list read`.
    ListRead {
        /// RING.
        place: Place,
        /// `--twice`: by two mappings in turn.
        twice: bool,
    },
    /// `ring send`.
    Send {
        /// `--unix`.
        path: PathBuf,
        /// `--slots`, `--slot-size`.
        shape: Shape,
    },
    /// `ring recv`.
    Receive {
        /// `--unix`.
        path: PathBuf,
        /// `--count`.
        count: Option<u64>,
    },
}

impl Options {
    /// Reads the arguments after the program's name; `None` is wrong usage.
    pub fn parse(mut arguments: impl Iterator<Item = OsString>) -> Option<Options> {
        let mut verb = arguments.next()?.into_string().ok()?;
        if verb == "list" {
            verb = format!("list {}", arguments.next()?.into_string().ok()?);
        }
        let mut given = Given::of(arguments)?;
        let options = given.options(&verb)?;
        // What is left belongs to another form.
        given.is_empty().then_some(options)
    }
}

impl Place {
    /// Reads a RING; `None` if it is none.
    pub fn parse(text: OsString) -> Option<Place> {
        if let Some(path) = text.as_bytes().strip_prefix(b"file:") {
            let path = PathBuf::from(std::ffi::OsStr::from_bytes(path));
            return (!path.as_os_str().is_empty()).then_some(Place::File(path));
        }
        let text = text.into_string().ok()?;
        let name = text.strip_prefix('/')?;
        let is_fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let is_name = (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(is_fine);
        (is_name && name != "." && name != "..").then_some(Place::Shm(text))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Shm(name) => f.write_str(name),
            Place::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

/// What was given, each thing taken once.
struct Given {
    words: Vec<OsString>,
    flags: Vec<String>,
    values: Vec<(String, OsString)>,
}

impl Given {
    fn of(mut arguments: impl Iterator<Item = OsString>) -> Option<Given> {
        let mut given = Given { words: Vec::new(), flags: Vec::new(), values: Vec::new() };
        while let Some(argument) = arguments.next() {
            match argument.to_str() {
                Some(name @ ("--lock" | "--many" | "--try" | "--keep" | "--twice")) => {
                    given.flags.push(name.to_owned());
                }
                Some(name @ ("--slots" | "--slot-size" | "--count" | "--unix")) => {
                    given.values.push((name.to_owned(), arguments.next()?));
                }
                Some(name) if name.starts_with("--") => return None,
                _ => given.words.push(argument),
            }
        }
        Some(given)
    }

    fn is_empty(&self) -> bool {
        self.words.is_empty() && self.flags.is_empty() && self.values.is_empty()
    }

    fn options(&mut self, verb: &str) -> Option<Options> {
        Some(match verb {
            "create" => Options::Create {
                place: self.place()?,
                shape: self.shape()?,
                lock: self.flag("--lock"),
                many: self.flag("--many"),
            },
            "info" => Options::Info(self.place()?),
            "rm" => Options::Remove(self.place()?),
            "close" => Options::Close(self.place()?),
            "push" => Options::Push {
                place: self.place()?,
                only_try: self.flag("--try"),
                keep: self.flag("--keep"),
            },
            "pop" => {
                Options::Pop { place: self.place()?, only_try: self.flag("--try"), count: self.count()? }
            }
            "list write" => Options::ListWrite(self.place()?),
            "list read" => Options::ListRead { place: self.place()?, twice: self.flag("--twice") },
            "send" => Options::Send { path: self.value("--unix")?.into(), shape: self.shape()? },
            "recv" => Options::Receive { path: self.value("--unix")?.into(), count: self.count()? },
            _ => return None,
        })
    }

    fn place(&mut self) -> Option<Place> {
        (!self.words.is_empty()).then(|| self.words.remove(0)).and_then(Place::parse)
    }

    fn flag(&mut self, name: &str) -> bool {
        let place = self.flags.iter().position(|flag| flag == name);
        place.map(|place| self.flags.swap_remove(place)).is_some()
    }

    fn value(&mut self, name: &str) -> Option<OsString> {
        let place = self.values.iter().position(|(given, _)| given == name)?;
        Some(self.values.swap_remove(place).1)
    }

    fn shape(&mut self) -> Option<Shape> {
        let slots = self.number("--slots")?.unwrap_or(1024);
        let slot_size = self.number("--slot-size")?.unwrap_or(248);
        let shape = Shape { slots: slots.try_into().ok()?, slot_size: slot_size.try_into().ok()? };
        (shape.slots.is_power_of_two() && shape.slot_size > 0).then_some(shape)
    }

    /// `Some(None)`: without a count.
    #[expect(clippy::option_option, reason = "wrong usage, no count, a count")]
    fn count(&mut self) -> Option<Option<u64>> {
        let count = self.number("--count")?;
        (count != Some(0)).then_some(count)
    }

    #[expect(clippy::option_option, reason = "wrong usage, not given, a number")]
    fn number(&mut self, name: &str) -> Option<Option<u64>> {
        let Some(text) = self.value(name) else { return Some(None) };
        let text = text.into_string().ok()?;
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| is_plain).map(Some)
    }
}
