//! What the descriptors of a process stand for, read from proc(5). The kernel knows it better than anybody
//! who follows calls: inheritance, close-on-exec and descriptors sent over a socket are in it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileTypeExt as _;

use crate::model::{Kind, Side};

/// An open descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Open {
    /// What its link says: `pipe:[4711]`, a path.
    pub(crate) target: String,
    pub(crate) kind: Kind,
    pub(crate) side: Side,
}

/// All descriptors of `pid`.
pub(crate) fn all(pid: i32) -> BTreeMap<i32, Open> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return BTreeMap::new() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter_map(|number| Some((number, one(pid, number)?))).collect()
}

/// One descriptor, if it is open.
pub(crate) fn one(pid: i32, number: i32) -> Option<Open> {
    let link = format!("/proc/{pid}/fd/{number}");
    let target = target(pid, number)?;
    let kind = match target.split_once(":[") {
        Some(("pipe", _)) => Kind::Pipe,
        Some(("socket", _)) => Kind::Socket,
        _ if target.starts_with("anon_inode:") => Kind::Other,
        _ if target.starts_with("/dev/pts/") || target.starts_with("/dev/tty") => Kind::Terminal,
        _ if fs::metadata(&link).is_ok_and(|meta| meta.file_type().is_fifo()) => Kind::Pipe,
        _ => Kind::File,
    };
    let info = fs::read_to_string(format!("/proc/{pid}/fdinfo/{number}")).ok()?;
    Some(Open { target, kind, side: side(&info)? })
}

/// Where a descriptor leads.
pub(crate) fn target(pid: i32, number: i32) -> Option<String> {
    Some(fs::read_link(format!("/proc/{pid}/fd/{number}")).ok()?.to_string_lossy().into_owned())
}

/// The access mode in a text of `/proc/PID/fdinfo/N`.
fn side(info: &str) -> Option<Side> {
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"))?.trim();
    Some(match i32::from_str_radix(flags, 8).ok()? & libc::O_ACCMODE {
        libc::O_RDONLY => Side::Read,
        libc::O_WRONLY => Side::Write,
        _ => Side::Both,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd as _;

    #[test]
    fn the_ends_of_a_pipe_are_told_apart() {
        let own = i32::try_from(std::process::id()).unwrap();
        let (reader, writer) = std::io::pipe().unwrap();
        let read = one(own, reader.as_raw_fd()).unwrap();
        let write = one(own, writer.as_raw_fd()).unwrap();
        assert_eq!((read.kind, read.side), (Kind::Pipe, Side::Read));
        assert_eq!((write.kind, write.side), (Kind::Pipe, Side::Write));
        assert_eq!(read.target, write.target);
        assert!(all(own).contains_key(&reader.as_raw_fd()));
        assert_eq!(one(own, -1), None);
    }

    #[test]
    fn the_access_mode_is_the_last_digit() {
        assert_eq!(side("pos:\t0\nflags:\t02100001\nmnt_id:\t15\n"), Some(Side::Write));
        assert_eq!(side("flags:\t0100002\n"), Some(Side::Both));
        assert_eq!(side("nonsense"), None);
    }
}
