//! What a thread does, from proc(5).

use std::fs;

/// Whether a thread moves: comparable from look to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    state: char,
    voluntary: u64,
    forced: u64,
}

impl Look {
    pub(crate) fn at(tid: i32) -> Option<Self> {
        let status = status(tid)?;
        let state = field(&status, "State")?.chars().next()?;
        Some(Self {
            state,
            voluntary: number(&status, "voluntary_ctxt_switches")?,
            forced: number(&status, "nonvoluntary_ctxt_switches")?,
        })
    }

    /// It sleeps, and a signal could wake it.
    pub(crate) fn sleeps(self) -> bool {
        self.state == 'S'
    }
}

/// How often the thread went to sleep or stood still so far.
pub(crate) fn sleeps(tid: i32) -> Option<u64> {
    number(&status(tid)?, "voluntary_ctxt_switches")
}

/// The process of a thread, and that process's parent.
pub(crate) fn family(tid: i32) -> Option<(i32, i32)> {
    let status = status(tid)?;
    let id = |name| i32::try_from(number(&status, name)?).ok();
    Some((id("Tgid")?, id("PPid")?))
}

/// The arguments of the program that a process runs.
pub(crate) fn argv(pid: i32) -> Vec<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = line.split(|&byte| byte == 0).map(|word| String::from_utf8_lossy(word).into_owned());
    let mut words: Vec<String> = words.collect();
    // A NUL ends each word, the last one, too.
    words.pop();
    words
}

/// Whether a process has a handler for `signal`.
pub(crate) fn catches(tid: i32, signal: i32) -> bool {
    has(tid, "SigCgt", signal)
}

/// Whether a process ignores `signal`.
pub(crate) fn ignores(tid: i32, signal: i32) -> bool {
    has(tid, "SigIgn", signal)
}

fn has(tid: i32, set: &str, signal: i32) -> bool {
    let mask = status(tid).and_then(|status| u64::from_str_radix(field(&status, set)?, 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

fn status(tid: i32) -> Option<String> {
    fs::read_to_string(format!("/proc/{tid}/status")).ok()
}

fn number(status: &str, name: &str) -> Option<u64> {
    field(status, name)?.parse().ok()
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// Where the loader of a process's program lies in its memory; `None` for a static program.
pub(crate) fn loader(pid: i32) -> Option<std::ops::Range<u64>> {
    /// `AT_BASE` of getauxval(3): where the interpreter was mapped.
    const BASE: u64 = 7;
    let words = fs::read(format!("/proc/{pid}/auxv")).ok()?;
    let mut words = words.chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap_or_default()));
    let mut base = None;
    while let (Some(kind), Some(value)) = (words.next(), words.next()) {
        if kind == BASE && value != 0 {
            base = Some(value);
        }
    }
    range(&fs::read_to_string(format!("/proc/{pid}/maps")).ok()?, base?)
}

/// The mappings of the file that is mapped at `base`, as one range.
fn range(maps: &str, base: u64) -> Option<std::ops::Range<u64>> {
    let mapping = |line: &str| {
        let (range, rest) = line.split_once(' ')?;
        let (from, to) = range.split_once('-')?;
        let path = rest.split_whitespace().nth(4)?.to_owned();
        Some((u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?, path))
    };
    let all: Vec<_> = maps.lines().filter_map(mapping).collect();
    let (_, _, file) = all.iter().find(|(from, _, _)| *from == base)?;
    let end =
        all.iter().filter(|(from, _, path)| *from >= base && path == file).map(|(_, to, _)| *to).max()?;
    Some(base..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_is_all_mappings_of_its_file() {
        let maps = "\
55d0-55e0 r--p 00000000 fe:01 11 /usr/bin/wc
7f10-7f20 r--p 00000000 fe:01 22 /usr/lib/ld-linux.so.2
7f20-7f40 r-xp 00001000 fe:01 22 /usr/lib/ld-linux.so.2
7f40-7f50 rw-p 00000000 00:00 0
7ffd-7fff rw-p 00000000 00:00 0 [stack]
";
        assert_eq!(range(maps, 0x7f10), Some(0x7f10..0x7f40));
        assert_eq!(range(maps, 0x1), None);
    }

    #[test]
    fn a_running_thread_can_be_looked_at() {
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(Look::at(own).is_some());
        assert_eq!(family(own).map(|(process, _)| process), Some(own));
        assert!(ignores(own, libc::SIGPIPE) && !catches(own, libc::SIGPIPE));
    }
}
