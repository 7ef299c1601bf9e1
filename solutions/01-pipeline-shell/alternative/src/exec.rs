//! Finds a program and makes it run: by posix_spawn(3), or in the place of a forked child.

use std::ffi::{CString, OsStr};
use std::os::fd::RawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use nix::errno::Errno;
use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawn};
use nix::sys::signal::SigSet;
use nix::unistd::{AccessFlags, Pid, access, execv};

use crate::table::Table;
use crate::{say, sys};

/// Why a command cannot run.
pub(crate) enum Unrunnable {
    /// No file of that name in PATH.
    NotFound,
    /// exec(2) says so, or would.
    Because(Errno),
}

impl Unrunnable {
    /// Tells it on the command's stderr and gives the command's status.
    fn tell(&self, stderr: RawFd, word: &[u8]) -> u8 {
        let (text, status) = match self {
            Self::NotFound => ("command not found".to_owned(), 127),
            Self::Because(errno) => (say::reason(*errno), self.status(word)),
        };
        say::complain(stderr, word, &text);
        status
    }

    /// 127 if there is no such file, 126 if there is one (a script may lack its interpreter).
    fn status(&self, word: &[u8]) -> u8 {
        let exists = access(OsStr::from_bytes(word), AccessFlags::F_OK);
        match (self, exists) {
            (Self::Because(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::ENAMETOOLONG), Err(_))
                if word.contains(&b'/') =>
            {
                127
            }
            _ => 126,
        }
    }
}

/// The file to execute: the word itself if it has a slash, else the first program of that name in PATH.
pub(crate) fn find(word: &[u8]) -> Result<CString, Unrunnable> {
    let c_string = |path: &[u8]| CString::new(path).map_err(|_| Unrunnable::Because(Errno::EINVAL));
    if word.contains(&b'/') {
        return c_string(word);
    }
    let path = std::env::var_os("PATH").unwrap_or("/usr/bin:/bin".into()).into_vec();
    let mut denied = None;
    for folder in path.split(|byte| *byte == b':').filter(|_| !word.is_empty()) {
        let folder = if folder.is_empty() { b".".as_slice() } else { folder };
        let file = [folder, b"/", word].concat();
        let name = OsStr::from_bytes(&file);
        if access(name, AccessFlags::X_OK).is_ok() && std::fs::metadata(name).is_ok_and(|meta| meta.is_file())
        {
            return c_string(&file);
        }
        if access(name, AccessFlags::F_OK).is_ok() {
            denied = Some(Unrunnable::Because(Errno::EACCES));
        }
    }
    Err(denied.unwrap_or(Unrunnable::NotFound))
}

/// Starts a program in a new process, which exists as that program when the call returns.
///
/// `group`: its process group; 0: a new one; `None`: psh's own.
///
/// # Errors
/// As posix_spawn(3): EAGAIN and ENOMEM if there can be no process, else why exec(2) failed.
pub(crate) fn spawn(file: &CString, argv: &[Vec<u8>], table: &Table, group: Option<i32>) -> nix::Result<i32> {
    let mut actions = PosixSpawnFileActions::init()?;
    let moves = table.moves();
    for (from, to) in &moves {
        actions.add_dup2(*from, *to)?;
    }
    if let Some(spare) = table.spare(&moves) {
        actions.add_close(spare)?;
    }
    let mut attributes = PosixSpawnAttr::init()?;
    let mut flags = PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF | PosixSpawnFlags::POSIX_SPAWN_SETSIGMASK;
    attributes.set_sigdefault(&sys::all_signals())?;
    attributes.set_sigmask(&SigSet::empty())?;
    if let Some(group) = group {
        flags |= PosixSpawnFlags::POSIX_SPAWN_SETPGROUP;
        attributes.set_pgroup(Pid::from_raw(group))?;
    }
    attributes.set_flags(flags)?;
    let environment: Vec<CString> = std::env::vars_os()
        .filter_map(|(name, value)| CString::new([name.as_bytes(), b"=", value.as_bytes()].concat()).ok())
        .collect();
    posix_spawn(file.as_c_str(), &actions, &attributes, &sys::c_strings(argv), &environment).map(Pid::as_raw)
}

/// Becomes the program; comes back only with the status of a failure, which it has told.
pub(crate) fn become_program(argv: &[Vec<u8>], table: &Table) -> u8 {
    let file = match find(&argv[0]) {
        Ok(file) => file,
        Err(unrunnable) => return unrunnable.tell(table.now(2), &argv[0]),
    };
    let moves = table.moves();
    for (from, to) in &moves {
        if let Err(errno) = sys::move_fd(*from, *to) {
            return Unrunnable::Because(errno).tell(2, &argv[0]);
        }
    }
    if let Some(spare) = table.spare(&moves) {
        sys::close_range(spare, spare, true);
    }
    sys::default_signals(None);
    let Err(errno) = execv(&file, &sys::c_strings(argv));
    sys::ignore(libc::SIGPIPE, true);
    Unrunnable::Because(errno).tell(2, &argv[0])
}
