//! Pure: an event in a few words for a lane, and in a sentence for whoever asks.

use tracer::{Call, Does, Event, Kind, Moment, Object, Recording, Side, Status, Use, What, signal_name};

use crate::text::one_line;

/// No word of a program is shown beyond so many characters.
const WORD: usize = 60;

/// What sort of event it is; decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Processes come and go.
    Life,
    /// Descriptors are made, copied and closed.
    Ends,
    /// Bytes move.
    Data,
    /// Somebody waits for somebody.
    Wait,
    /// Signals.
    Signal,
    /// The rest.
    Other,
}

/// A process by a name that no other has: `cat`, and the second one `cat2`.
pub(super) fn who(recording: &Recording, process: usize) -> String {
    let name = name(recording, process);
    let before = (0..process).filter(|&other| self::name(recording, other) == name).count();
    if before == 0 { name } else { format!("{name}{}", before + 1) }
}

/// The same for a pid in a call's arguments.
fn who_is(recording: &Recording, pid: i32, moment: Moment) -> String {
    let known = recording.process_at(pid, moment);
    known.map_or_else(|| pid.to_string(), |process| who(recording, process))
}

/// The last program a process ran; a copy has the name of whom it is a copy.
pub(super) fn name(recording: &Recording, process: usize) -> String {
    let mut at = Some((process, u32::MAX));
    while let Some((place, moment)) = at {
        let process = &recording.processes[place];
        if let Some(image) = process.image_at(moment) {
            return one_line(image.name(), WORD);
        }
        at = process.parent.map(|parent| (parent, process.made));
    }
    "?".to_owned()
}

/// Which class an event is of.
pub(super) fn class(what: &What) -> Class {
    let What::Call(call) = what else {
        return if matches!(what, What::Ended(_)) { Class::Life } else { Class::Signal };
    };
    match call.does {
        Does::Fork(_) | Does::Thread(_) | Does::Exec { .. } => Class::Life,
        Does::Pipe(_) | Does::Duplicate { .. } | Does::Close(_) | Does::Open(..) | Does::Make(_) => {
            Class::Ends
        }
        Does::Read(_) | Does::Write(_) | Does::Move(..) => Class::Data,
        Does::Wait(..) | Does::Poll(_) | Does::FutexWait(_) | Does::FutexWake(_) => Class::Wait,
        Does::Kill(..) => Class::Signal,
        _ => Class::Other,
    }
}

/// A few words: `read A.r 3 B`. Without its outcome if `is_open`: `read A.r`.
pub(super) fn short(recording: &Recording, event: &Event, is_open: bool) -> String {
    match &event.what {
        What::Call(call) => {
            let (subject, outcome) = (subject(recording, event, call), outcome(recording, call));
            if is_open || outcome.is_empty() { subject } else { format!("{subject}{outcome}") }
        }
        What::Signal { signal, .. } => format!("gets {}", signal_name(*signal)),
        What::Paused(_) => "stands still".to_owned(),
        What::Ended(Status::Killed(signal)) => format!("killed {}", signal_name(*signal)),
        What::Ended(status) => status.to_string(),
    }
}

/// What a call is about.
fn subject(recording: &Recording, event: &Event, call: &Call) -> String {
    let known = |pid: i32| who_is(recording, pid, event.at());
    let number = |pid: i64| i32::try_from(pid).map_or_else(|_| pid.to_string(), known);
    let end = |using: &Use| end(recording, *using);
    let numbered = |using: &Use| match using.object {
        Some(_) => format!("{} ({})", end(using), using.fd),
        None => end(using),
    };
    match &call.does {
        Does::Pipe(Some([first, second])) => {
            match recording.objects.get(first.object.unwrap_or(usize::MAX)) {
                Some(Object { kind: Kind::Pipe, name, .. }) => {
                    format!("pipe {name} r={} w={}", first.fd, second.fd)
                }
                _ => format!("socketpair {}={} {}={}", end(first), first.fd, end(second), second.fd),
            }
        }
        Does::Pipe(None) => call.name.to_owned(),
        Does::Fork(None) => "fork".to_owned(),
        Does::Fork(Some(child)) => format!("fork -> {}", who(recording, *child)),
        Does::Thread(tid) => format!("thread{}", tid.map_or_else(String::new, |tid| format!(" -> {tid}"))),
        Does::Exec { argv, .. } => format!("exec {}", command(argv)),
        Does::Duplicate { from, to, .. } => format!("dup {} -> {to}", end(from)),
        Does::Close(all) if all.is_empty() => format!("{} nothing", call.name),
        Does::Close(all) => format!("close {}", all.iter().map(numbered).collect::<Vec<_>>().join(" ")),
        Does::Open(path, _) => format!("open {}", file(path)),
        Does::Read(from) => format!("read {}", end(from)),
        Does::Write(to) => format!("write {}", end(to)),
        Does::Move(from, to) => format!("{} {} > {}", call.name, end(from), end(to)),
        Does::Wait(_, Some((pid, _))) => format!("wait {}", known(*pid)),
        Does::Wait(whom, None) if *whom > 0 => format!("wait for {}", number(*whom)),
        Does::Wait(whom, None) if *whom < -1 => format!("wait for group {}", number(-whom)),
        Does::Wait(..) => "wait for a child".to_owned(),
        Does::Kill(whom, signal) if *whom < 0 => {
            format!("{} to group {}", signal_name(*signal), number(-whom))
        }
        Does::Kill(whom, signal) => format!("{} to {}", signal_name(*signal), number(*whom)),
        Does::Group(0, 0) => "setpgid: own group".to_owned(),
        Does::Group(0, group) => format!("setpgid: group {}", known(*group)),
        Does::Group(pid, group) if pid == group || *group == 0 => {
            format!("setpgid {}: own group", known(*pid))
        }
        Does::Group(pid, group) => format!("setpgid {}: group {}", known(*pid), known(*group)),
        Does::Poll(on) if on.is_empty() => call.name.to_owned(),
        Does::Poll(on) => format!("poll {}", on.iter().map(end).collect::<Vec<_>>().join(" ")),
        Does::FutexWait(_) => "futex wait".to_owned(),
        Does::FutexWake(_) => "futex wake".to_owned(),
        Does::On(using) => format!("{} {}", call.name, end(using)),
        Does::Make(_) => call.name.to_owned(),
        Does::Share(Some(using)) => format!("mmap shared {}", end(using)),
        Does::Share(None) => "mmap shared".to_owned(),
        Does::Other(text) if text.is_empty() => call.name.to_owned(),
        Does::Other(text) => format!("{} {}", call.name, one_line(text, WORD)),
    }
}

/// How a call ended, to be put behind its subject.
fn outcome(recording: &Recording, call: &Call) -> String {
    match (&call.does, call.result) {
        (_, None) => String::new(),
        (_, Some(Err(error))) => format!(": {error:?}"),
        (Does::Read(using), Some(Ok(0))) if is_stream(recording, *using) => " EOF".to_owned(),
        (Does::Read(_) | Does::Write(_) | Does::Move(..), Some(Ok(count))) => format!(" {}", bytes(count)),
        (Does::Wait(_, Some((_, status))), _) => format!(": {status}"),
        (Does::Wait(_, None), Some(Ok(_))) => ": nobody yet".to_owned(),
        (Does::Open(_, Some(fd)) | Does::Make(Some(fd)), _) => format!(" = {}", fd.fd),
        (Does::FutexWake(_), Some(Ok(count))) => format!(" {count}"),
        (Does::On(_), Some(Ok(fd))) if call.name.starts_with("accept") => format!(" = {fd}"),
        _ => String::new(),
    }
}

/// The end of a thing where nothing more can come.
fn is_stream(recording: &Recording, using: Use) -> bool {
    using.object.is_some_and(|object| recording.objects[object].kind != Kind::Other)
}

/// `A.w` for the write end of pipe A; a socket's letter; the name of a file.
pub(super) fn end(recording: &Recording, using: Use) -> String {
    let Some(object) = using.object.and_then(|object| recording.objects.get(object)) else {
        return format!("fd {}", using.fd);
    };
    match (object.kind, using.side) {
        (Kind::Pipe, Side::Read) if !object.outside => format!("{}.r", object.name),
        (Kind::Pipe, Side::Write) if !object.outside => format!("{}.w", object.name),
        (Kind::File, _) => file(&object.name),
        _ => one_line(&object.name, WORD),
    }
}

fn file(path: &str) -> String {
    let name = path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(path);
    let shown = if path.starts_with("/dev/") { path } else { name };
    one_line(shown, WORD)
}

/// A command line for a lane.
fn command(argv: &[String]) -> String {
    quoted(argv, WORD)
}

/// A whole command line.
pub(super) fn command_line(argv: &[String]) -> String {
    quoted(argv, 1000)
}

fn quoted(argv: &[String], most: usize) -> String {
    let mut words = argv.iter().map(String::as_str);
    let program = words.next().map(file).unwrap_or_default();
    let quoted = words.map(|word| {
        let is_plain =
            !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "_-+=./:,%@".contains(c));
        let word = one_line(word, most);
        if is_plain { word } else { format!("'{word}'") }
    });
    std::iter::once(program).chain(quoted).collect::<Vec<_>>().join(" ")
}

/// `3 B`, `64 KiB`.
pub(super) fn bytes(count: i64) -> String {
    const UNITS: [(&str, i64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    for (unit, size) in UNITS {
        // Below ten of a unit the smaller one says more.
        if count >= 10 * size || (count >= size && count % size == 0) {
            return format!("{} {unit}", count / size);
        }
    }
    format!("{count} B")
}

/// What the short words leave out.
pub(super) fn long(recording: &Recording, event: &Event) -> String {
    let mut parts = Vec::new();
    if let What::Call(call) = &event.what {
        parts.push(format!("system call {}", call.name));
        match &call.does {
            Does::Exec { argv, kept } => {
                parts.push(format!("runs {}", one_line(&argv.join(" "), 200)));
                let kept: Vec<_> =
                    kept.iter().map(|using| format!("{} {}", using.fd, end(recording, *using))).collect();
                if !kept.is_empty() {
                    parts.push(format!("has open: {}", kept.join(", ")));
                }
                let images = &recording.processes[event.process].images;
                if let Some(image) = images.iter().find(|image| image.from == event.began) {
                    parts.push(format!("starts: {} calls", image.loading));
                }
            }
            Does::Read(using) | Does::Write(using) | Does::On(using) => {
                parts.push(format!("fd {}", using.fd))
            }
            Does::Move(from, to) => parts.push(format!("from fd {} to fd {}", from.fd, to.fd)),
            Does::Duplicate { from, to, replaced } => {
                parts.push(format!("fd {to} becomes a copy of fd {}", from.fd));
                if let Some(before) = replaced {
                    parts.push(format!("fd {to} was {}", end(recording, *before)));
                }
            }
            Does::Open(path, _) => parts.push(one_line(path, 200)),
            Does::FutexWait(address) | Does::FutexWake(address) => parts.push(format!("at {address:#x}")),
            _ => {}
        }
        if let Some(Err(error)) = call.result {
            parts.push(error.desc().to_owned());
        }
    }
    if let What::Signal { sender, caught, .. } = &event.what {
        parts.push(sender.map_or_else(|| "from the kernel".to_owned(), |pid| format!("from {pid}")));
        parts.push(if *caught { "has a handler" } else { "has no handler" }.to_owned());
    }
    if event.tid != recording.processes[event.process].pid {
        parts.push(format!("thread {}", event.tid));
    }
    if event.slept {
        parts.push("slept".to_owned());
    }
    parts.push(format!("after {:.1} ms", event.time.as_secs_f64() * 1000.0));
    parts.join("; ")
}
