//! `ranks`: does what its script says, by your library, and prints what came. Given.

use std::io::{self, BufRead, Write};
use std::path::Path;

use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::unistd::getpid;

use crate::failure::{self, Failure};
use crate::mpi::World;
use crate::script::{self, Step};
use crate::work;

/// Longer texts are shown by their length and checksum.
const LONGEST_SHOWN: usize = 200;

/// Plays the part of this rank in the script, and returns the exit status.
pub fn run(path: &Path) -> u8 {
    let played = World::from_environment().and_then(|mut world| {
        let steps = script::read(path, world.rank())?;
        steps.iter().try_for_each(|step| play(&mut world, step))
    });
    played.map_or_else(|failure| failure.tell("ranks"), |()| 0)
}

/// Does one step; prints what came of it, or, if it is done more than once, that it is done.
fn play(world: &mut World, step: &Step) -> Result<(), Failure> {
    let words: Vec<&str> = step.words.iter().map(String::as_str).collect();
    let mut said = None;
    for _ in 0..step.times {
        said = act(world, &words)?.ok_or_else(|| {
            Failure::malformed("script", step.line, &format!("cannot `{}`", step.words.join(" ")))
        })?;
    }
    if step.times > 1 {
        said = Some(format!("did {} {} times", words[0], step.times));
    }
    match said {
        Some(said) => print(&format!("{} {said}\n", world.rank())),
        None => Ok(()),
    }
}

/// What a step prints: nothing, or one line. `None` outside: it is no step.
type Said = Option<Option<String>>;

fn act(world: &mut World, words: &[&str]) -> Result<Said, Failure> {
    let (command, arguments) = (words[0], &words[1..]);
    if let Some(said) = alone(world, command, arguments)? {
        return Ok(Some(said));
    }
    if let Some(said) = between_two(world, command, arguments)? {
        return Ok(Some(said));
    }
    together(world, command, arguments)
}

/// Steps of one rank.
#[expect(clippy::disallowed_methods, reason = "the script wants the rank to end here, whatever it holds")]
fn alone(world: &mut World, command: &str, arguments: &[&str]) -> Result<Said, Failure> {
    match (command, arguments) {
        ("print", words) => Ok(Some(Some(words.join(" ")))),
        ("piece", [text]) => print(text).map(|()| Some(None)),
        ("newline", []) => print("\n").map(|()| Some(None)),
        ("size", []) => Ok(Some(Some(format!("of {}", world.size())))),
        ("read", []) => {
            let mut line = String::new();
            let count = io::stdin().lock().read_line(&mut line);
            let count = count.map_err(|error| Failure::io("stdin", &error))?;
            Ok(Some(Some(if count == 0 {
                "read end".to_owned()
            } else {
                format!("read {}", line.trim_end())
            })))
        }
        ("gate", [fifo]) => work::pass(Path::new(fifo)).map(|()| Some(None)),
        ("crash", [signal]) => {
            let Ok(signal) = format!("SIG{signal}").parse::<Signal>() else { return Ok(None) };
            let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None);
            kill(getpid(), signal).map_err(|errno| Failure::system("kill", errno))?;
            Ok(Some(None))
        }
        ("hold", []) => {
            terminate().thread_block().map_err(|errno| Failure::system("sigprocmask", errno))?;
            Ok(Some(None))
        }
        ("term", []) => {
            terminate().wait().map_err(|errno| Failure::system("sigwait", errno))?;
            Ok(Some(Some("term".to_owned())))
        }
        ("exit", [status]) => match status.parse::<u8>() {
            Ok(status) => std::process::exit(status.into()),
            Err(_) => Ok(None),
        },
        ("abort", [status]) => match status.parse::<u8>() {
            Ok(status) if status > 0 => world.abort(status),
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

/// SIGTERM alone.
fn terminate() -> SigSet {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGTERM);
    signals
}

/// Messages from one rank to another.
fn between_two(world: &mut World, command: &str, arguments: &[&str]) -> Result<Said, Failure> {
    match (command, arguments) {
        ("send", [to, tag, text]) => {
            let (Ok(to), Ok(tag)) = (to.parse(), tag.parse()) else { return Ok(None) };
            world.send(to, tag, &bytes(text)).map(|()| Some(None))
        }
        ("recv", [from, tag]) => {
            let (Some(from), Some(tag)) = (or_any(from), or_any(tag)) else { return Ok(None) };
            let message = world.receive(from, tag)?;
            Ok(Some(Some(format!("got {} {} {}", message.from, message.tag, shown(&message.bytes)))))
        }
        _ => Ok(None),
    }
}

/// Steps in which all ranks take part.
fn together(world: &mut World, command: &str, arguments: &[&str]) -> Result<Said, Failure> {
    let root = arguments.first().and_then(|root| root.parse::<usize>().ok());
    let rest = arguments.get(1..).unwrap_or_default();
    let said = match (command, root, rest) {
        ("barrier", None, []) => {
            world.barrier()?;
            "barrier".to_owned()
        }
        ("bcast", Some(root), [text]) => {
            let given = if world.rank() == root { bytes(text) } else { Vec::new() };
            format!("bcast {}", shown(&world.bcast(root, given)?))
        }
        ("scatter", Some(root), texts) if texts.len() == world.size() => {
            let given = texts.iter().map(|text| bytes(text)).collect();
            let given = if world.rank() == root { given } else { Vec::new() };
            format!("scatter {}", shown(&world.scatter(root, given)?))
        }
        ("gather", Some(root), [text]) => {
            let all = world.gather(root, bytes(text))?;
            let all: Vec<String> = all.unwrap_or_default().iter().map(|bytes| shown(bytes)).collect();
            format!("gather {}", if all.is_empty() { "-".to_owned() } else { all.join(" ") })
        }
        ("reduce", Some(root), [op, text]) => {
            let Some((own, op, show)) = operation(op, text) else { return Ok(None) };
            let result = world.reduce(root, own, op)?;
            format!("reduce {}", result.map_or("-".to_owned(), |result| show(&result)))
        }
        ("allreduce", None, [_]) => {
            let Some((own, op, show)) = operation(arguments[0], arguments[1]) else { return Ok(None) };
            format!("allreduce {}", show(&world.allreduce(own, op)?))
        }
        _ => return Ok(None),
    };
    Ok(Some(Some(said)))
}

/// `any`, or a number; `None` if it is neither.
fn or_any<T: std::str::FromStr>(word: &str) -> Option<Option<T>> {
    if word == "any" { Some(None) } else { word.parse().ok().map(Some) }
}

/// The bytes that a word stands for: itself, or, as in `@1000`, so many bytes.
fn bytes(word: &str) -> Vec<u8> {
    let Some(n) = word.strip_prefix('@').and_then(|n| n.parse::<usize>().ok()) else {
        return word.as_bytes().to_vec();
    };
    let mut bytes = Vec::with_capacity(n + 16);
    for line in 0_u64.. {
        if bytes.len() >= n {
            break;
        }
        bytes.extend_from_slice(format!("{line:015x}\n").as_bytes());
    }
    bytes.truncate(n);
    bytes
}

/// A short text as it is; of others the length and the checksum FNV-1a of 64 bits.
fn shown(bytes: &[u8]) -> String {
    let is_text = bytes.iter().all(|byte| byte.is_ascii_graphic());
    if is_text && bytes.len() <= LONGEST_SHOWN {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    format!("{} bytes {:016x}", bytes.len(), bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix))
}

/// How two values become one, and how one is shown.
type Operation = (Vec<u8>, fn(&[u8], &[u8]) -> Vec<u8>, fn(&[u8]) -> String);

/// An operation by its name, with the value that a word stands for.
fn operation(name: &str, word: &str) -> Option<Operation> {
    let number = || word.parse::<i64>().ok().map(|number| number.to_le_bytes().to_vec());
    let show_number: fn(&[u8]) -> String = |bytes| integer(bytes).to_string();
    Some(match name {
        "sum" => (number()?, |a, b| integer(a).wrapping_add(integer(b)).to_le_bytes().to_vec(), show_number),
        "max" => (number()?, |a, b| integer(a).max(integer(b)).to_le_bytes().to_vec(), show_number),
        "join" => (bytes(word), |a, b| [a, b].concat(), shown),
        "fsum" => {
            let number = word.parse::<f64>().ok()?.to_le_bytes().to_vec();
            (
                number,
                |a, b| (float(a) + float(b)).to_le_bytes().to_vec(),
                |bytes| format!("{:?}", float(bytes)),
            )
        }
        _ => return None,
    })
}

fn eight(bytes: &[u8]) -> [u8; 8] {
    bytes.try_into().unwrap_or_default()
}

fn integer(bytes: &[u8]) -> i64 {
    i64::from_le_bytes(eight(bytes))
}

fn float(bytes: &[u8]) -> f64 {
    f64::from_le_bytes(eight(bytes))
}

/// Writes to standard output at once.
fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|error| Failure { reason: failure::reason(&error), ..Failure::new("stdout", "") })
}
