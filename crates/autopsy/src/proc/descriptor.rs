//! Open descriptors: what `/proc/PID/fd` and `/proc/PID/fdinfo` tell; proc_pid_fdinfo(5).

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use nix::sys::statfs::{FsType, statfs};

use super::{bracketed, link, numbers, text};
use crate::object::{Key, Object, Watched};

/// The file system of POSIX queues: `MQUEUE_MAGIC` in the kernel's `ipc/mqueue.c`.
const MQUEUE: FsType = FsType(0x1980_0202);

/// One open descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Descriptor {
    pub(crate) object: Object,
    pub(crate) reads: bool,
    pub(crate) writes: bool,
    /// A file lock is held through it.
    pub(crate) is_locked: bool,
}

/// The descriptors of a process or thread, by number.
pub(crate) type Table = BTreeMap<i32, Descriptor>;

/// Reads the descriptors below `folder` (`/proc/PID` or `/proc/PID/task/TID`); `None` if that is refused.
pub(crate) fn table(folder: &str) -> Option<Table> {
    let numbers = numbers(&format!("{folder}/fd"))?;
    let one = |number: i32| Some((number, read(folder, number)?));
    Some(numbers.into_iter().filter_map(one).collect())
}

fn read(folder: &str, number: i32) -> Option<Descriptor> {
    let path = format!("{folder}/fd/{number}");
    let target = link(&path)?;
    let info = text(&format!("{folder}/fdinfo/{number}")).unwrap_or_default();
    let object = object(&target, &info).or_else(|| file(&path, &target, &info));
    let (reads, writes) = access(&info);
    let is_locked = info.lines().any(|line| line.starts_with("lock:"));
    Some(Descriptor { object: object.unwrap_or(Object::Other(target)), reads, writes, is_locked })
}

/// Whether a descriptor of another process is one of the objects that `is_wanted` knows, and how it is open.
/// Cheap for the many that are not.
pub(crate) fn held(pid: i32, number: i32, is_wanted: impl Fn(&Key) -> bool) -> Option<(Key, Descriptor)> {
    let folder = format!("/proc/{pid}");
    let target = link(&format!("{folder}/fd/{number}"))?;
    let quick = object(&target, "").and_then(|object| object.key());
    if quick.is_some_and(|key| !is_wanted(&key)) {
        return None;
    }
    // An eventfd is known by its fdinfo alone; a plain file only by asking for its inode.
    let may_matter = target.starts_with("pipe:")
        || target.starts_with("socket:")
        || target.starts_with("anon_inode:[eventfd")
        || (target.starts_with('/') && is_wanted(&Key::name(&target)));
    let descriptor = may_matter.then(|| read(&folder, number)).flatten()?;
    let key = descriptor.object.key().filter(|key| is_wanted(key))?;
    Some((key, descriptor))
}

/// Whether it reads, whether it writes.
fn access(info: &str) -> (bool, bool) {
    let flags = field(info, "flags").and_then(|octal| i32::from_str_radix(octal, 8).ok()).unwrap_or(0);
    (flags & libc::O_ACCMODE != libc::O_WRONLY, flags & libc::O_ACCMODE != libc::O_RDONLY)
}

fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()))
}

/// The objects that have no name in a file system.
fn object(target: &str, info: &str) -> Option<Object> {
    if let Some(inode) = bracketed(target, "pipe") {
        return Some(Object::Pipe(inode));
    }
    if let Some(inode) = bracketed(target, "socket") {
        return Some(Object::Socket(inode));
    }
    if let Some(pid) = field(info, "Pid") {
        return Some(Object::Process(pid.parse().unwrap_or(-1)));
    }
    let number = |name: &str| field(info, name).and_then(|value| value.parse::<u64>().ok());
    match target.strip_prefix("anon_inode:")?.trim_matches(['[', ']']) {
        "eventfd" => {
            let count = field(info, "eventfd-count").and_then(|hex| u64::from_str_radix(hex, 16).ok());
            Some(Object::Event { id: number("eventfd-id")?, count: count.unwrap_or(0) })
        }
        "signalfd" => {
            let mask = field(info, "sigmask").and_then(|hex| u64::from_str_radix(hex, 16).ok());
            Some(Object::Signals(mask.unwrap_or(0)))
        }
        "timerfd" => {
            let is_set =
                field(info, "it_value").is_none_or(|value| value.contains(|c| ('1'..='9').contains(&c)));
            Some(Object::Timer { is_set })
        }
        "eventpoll" => Some(Object::Epoll(info.lines().filter_map(watched).collect())),
        "io_uring" => Some(Object::Ring),
        _ => None,
    }
}

/// `tfd:        5 events:       19 data: 5 pos:0 ino:2b06 sdev:e`
fn watched(line: &str) -> Option<Watched> {
    let rest = line.strip_prefix("tfd:")?;
    let mut words = rest.split_whitespace();
    let number = words.next()?.parse().ok()?;
    let after = |name: &str| {
        let (_, tail) = rest.split_once(name)?;
        u64::from_str_radix(tail.split_whitespace().next()?, 16).ok()
    };
    Some(Watched { number, events: after("events:")? as u32, inode: after("ino:") })
}

/// The objects that have a name, or had one.
fn file(path: &str, target: &str, info: &str) -> Option<Object> {
    let meta = fs::metadata(path).ok()?;
    let (device, inode) = (meta.dev(), meta.ino());
    let name = target.to_owned();
    let kind = meta.file_type();
    if kind.is_fifo() {
        return Some(Object::Fifo { name, device, inode });
    }
    if kind.is_char_device() {
        let master = field(info, "tty-index").and_then(|index| index.parse().ok());
        return Some(match master {
            Some(index) => Object::Master(index),
            None if target.starts_with("/dev/pts/") => {
                Object::Terminal { index: target["/dev/pts/".len()..].parse().ok(), name }
            }
            None if target.starts_with("/dev/tty") || target == "/dev/console" => {
                Object::Terminal { index: None, name }
            }
            None => Object::Device(name),
        });
    }
    if kind.is_file() && target.matches('/').count() == 1 && is_queue(path) {
        return Some(Object::Queue { name, device, inode });
    }
    Some(Object::File { name, device, inode })
}

fn is_queue(path: &str) -> bool {
    statfs(path).is_ok_and(|answer| answer.filesystem_type() == MQUEUE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("pipe:[4711]", "pos:\t0\nflags:\t00\n", Object::Pipe(4711))]
    #[case("socket:[12]", "", Object::Socket(12))]
    #[case(
        "anon_inode:[eventfd]",
        "flags:\t02\neventfd-count:                0\neventfd-id: 17\n",
        Object::Event { id: 17, count: 0 }
    )]
    #[case("anon_inode:[timerfd]", "it_value: (0, 0)\nit_interval: (0, 0)\n", Object::Timer { is_set: false })]
    #[case("anon_inode:[timerfd]", "it_value: (4, 999)\n", Object::Timer { is_set: true })]
    #[case("anon_inode:[signalfd]", "sigmask:\t0000000000010000\n", Object::Signals(0x10000))]
    #[case("anon_inode:[pidfd]", "Pid:\t99\nNSpid:\t99\n", Object::Process(99))]
    #[case("pidfd:[4711]", "Pid:\t99\nNSpid:\t99\n", Object::Process(99))]
    #[case("anon_inode:[io_uring]", "", Object::Ring)]
    fn an_object_without_a_name_is_known(#[case] target: &str, #[case] info: &str, #[case] expected: Object) {
        assert_eq!(object(target, info), Some(expected));
    }

    #[test]
    fn a_poll_set_lists_what_it_watches() {
        let info = "flags:\t02\ntfd:        5 events:       19 data: 5  pos:0 ino:2b06 sdev:e\n";
        let expected = Watched { number: 5, events: 0x19, inode: Some(0x2b06) };
        assert_eq!(object("anon_inode:[eventpoll]", info), Some(Object::Epoll(vec![expected])));
    }

    #[rstest]
    #[case("flags:\t00\n", (true, false))]
    #[case("flags:\t0100001\n", (false, true))]
    #[case("flags:\t02000002\n", (true, true))]
    fn the_two_ends_are_told_apart(#[case] info: &str, #[case] expected: (bool, bool)) {
        assert_eq!(access(info), expected);
    }

    #[test]
    fn the_descriptors_of_a_process_are_read() {
        use std::os::fd::AsRawFd;
        let (reader, writer) = std::io::pipe().unwrap();
        let table = table("/proc/self").unwrap();
        let (reader, writer) = (&table[&reader.as_raw_fd()], &table[&writer.as_raw_fd()]);
        assert_eq!(reader.object, writer.object);
        assert!(reader.reads && !reader.writes && writer.writes && !writer.reads);
    }
}
