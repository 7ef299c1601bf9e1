//! What the command lines of `dnc` and `mpirun` ask for. Given: the programs hand it over, so keep its shape.

use std::ffi::OsString;
use std::path::PathBuf;

/// Said when the arguments of `dnc` are wrong.
pub const DNC_USAGE: &str = "usage: dnc sum|sort -n N [--gate FIFO] [--report] FILE | dnc life -g G [--gate FIFO] \
     [--report] FILE | dnc psort [--gate FIFO] [--report] FILE | dnc wc -n N --reduce R --out DIR [--gate FIFO] \
     [--report] FILE...";
/// Said when the arguments of `mpirun` are wrong.
pub const MPIRUN_USAGE: &str = "usage: mpirun -n N [--transport pipes|sockets] PROG [ARG...]";

/// More processes are not asked for.
const MOST: u64 = 64;
/// More generations are not asked for.
const MOST_GENERATIONS: u64 = 1_000_000;

/// What `dnc` is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dnc {
    /// Which of its jobs.
    pub job: Job,
    /// `--gate`: a FIFO that everybody passes before it works.
    pub gate: Option<PathBuf>,
    /// `--report`: everybody tells how much it has worked.
    pub report: bool,
}

/// A job of `dnc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// `dnc sum`: adds the numbers of a file, in so many processes.
    Sum {
        /// `-n`.
        processes: usize,
        /// The file.
        file: PathBuf,
    },
    /// `dnc sort`: sorts the lines of a file, in so many processes.
    Sort {
        /// `-n`.
        processes: usize,
        /// The file.
        file: PathBuf,
    },
    /// `dnc life`: so many generations of a board. The processes are ranks.
    Life {
        /// `-g`.
        generations: u64,
        /// The file.
        file: PathBuf,
    },
    /// `dnc psort`: sorts the lines of a file. The processes are ranks.
    Psort {
        /// The file.
        file: PathBuf,
    },
    /// `dnc wc`: counts the words of files.
    Wc {
        /// `-n`: how many workers.
        workers: usize,
        /// `--reduce`: how many parts the output has.
        parts: usize,
        /// `--out`: the folder of the output.
        out: PathBuf,
        /// The files.
        files: Vec<PathBuf>,
    },
}

/// What `mpirun` is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mpirun {
    /// `-n`: how many ranks.
    pub size: usize,
    /// `--transport`.
    pub transport: Transport,
    /// The program of each rank: its name, and its arguments.
    pub command: Vec<OsString>,
}

/// What the ranks talk by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// `pipe(2)`, or `mkfifo(3)`.
    Pipes,
    /// `socket(2)`, or `socketpair(2)`.
    Sockets,
}

/// Reads the arguments of `dnc` after its name; `None` is wrong usage.
pub fn dnc(mut arguments: impl Iterator<Item = OsString>) -> Option<Dnc> {
    let verb = arguments.next()?.into_string().ok()?;
    let mut given = Given::read(arguments)?;
    let job = match verb.as_str() {
        "sum" => Job::Sum { processes: given.count("-n")?, file: given.file()? },
        "sort" => Job::Sort { processes: given.count("-n")?, file: given.file()? },
        "life" => {
            let generations = number(&given.take("-g")?, 0, MOST_GENERATIONS)?;
            Job::Life { generations, file: given.file()? }
        }
        "psort" => Job::Psort { file: given.file()? },
        "wc" => Job::Wc {
            workers: given.count("-n")?,
            parts: given.count("--reduce")?,
            out: given.take("--out")?.into(),
            files: given.files()?,
        },
        _ => return None,
    };
    let gate = given.take("--gate").map(PathBuf::from);
    // What is left belongs to another job.
    (given.options.is_empty() && given.files.is_empty()).then_some(Dnc { job, gate, report: given.report })
}

/// Reads the arguments of `mpirun` after its name; `None` is wrong usage.
pub fn mpirun(arguments: impl Iterator<Item = OsString>) -> Option<Mpirun> {
    let mut arguments = arguments.peekable();
    let (mut size, mut transport) = (None, None);
    while let Some(option) = arguments.next_if(|word| word.as_encoded_bytes().starts_with(b"-")) {
        let value = arguments.next()?;
        if option == "-n" && size.is_none() {
            size = Some(usize::try_from(number(&value, 1, MOST)?).ok()?);
        } else if option == "--transport" && transport.is_none() {
            transport = Some(match value.to_str()? {
                "pipes" => Transport::Pipes,
                "sockets" => Transport::Sockets,
                _ => return None,
            });
        } else {
            return None;
        }
    }
    let command: Vec<OsString> = arguments.collect();
    let transport = transport.unwrap_or(Transport::Pipes);
    (!command.is_empty()).then_some(Mpirun { size: size?, transport, command })
}

/// Options, files and flags, as they were given. Each option is taken once.
#[derive(Default)]
struct Given {
    options: Vec<(String, OsString)>,
    files: Vec<PathBuf>,
    report: bool,
}

impl Given {
    fn read(mut arguments: impl Iterator<Item = OsString>) -> Option<Given> {
        let mut given = Given::default();
        while let Some(word) = arguments.next() {
            if word == "--report" && !given.report {
                given.report = true;
            } else if word.as_encoded_bytes().starts_with(b"-") {
                let name = word.into_string().ok()?;
                if given.options.iter().any(|(known, _)| *known == name) {
                    return None;
                }
                given.options.push((name, arguments.next()?));
            } else {
                given.files.push(word.into());
            }
        }
        Some(given)
    }

    fn take(&mut self, name: &str) -> Option<OsString> {
        let place = self.options.iter().position(|(known, _)| known == name)?;
        Some(self.options.swap_remove(place).1)
    }

    fn count(&mut self, name: &str) -> Option<usize> {
        number(&self.take(name)?, 1, MOST)?.try_into().ok()
    }

    fn file(&mut self) -> Option<PathBuf> {
        if self.files.len() == 1 { self.files.pop() } else { None }
    }

    fn files(&mut self) -> Option<Vec<PathBuf>> {
        (!self.files.is_empty()).then(|| std::mem::take(&mut self.files))
    }
}

/// A decimal number without a sign, in this range.
fn number(text: &OsString, least: u64, most: u64) -> Option<u64> {
    let text = text.to_str()?;
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_plain)?;
    (least..=most).contains(&number).then_some(number)
}
