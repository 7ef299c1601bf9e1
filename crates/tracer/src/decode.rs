//! What a system call is about: from its name, its arguments and the memory of the thread that makes it.
//! Calls that say nothing about the traffic between processes (memory, clocks, settings) are not decoded.

use nix::errno::Errno;

use crate::calls::{duplicates, makes_process};
use crate::memory::{pair, peek, string, strings};
use crate::model::{Does, Kind, Object, Patience, Status, Use};

/// A call on its way in.
pub(crate) struct Entered {
    pub(crate) does: Does,
    pub(crate) patience: Patience,
}

/// What a decoder may ask about the calling process.
pub(crate) trait Known {
    /// What a descriptor stands for now.
    fn using(&self, fd: i32) -> Use;
    /// All open descriptors between two numbers.
    fn open_between(&self, first: u32, last: u32) -> Vec<Use>;
    /// What an object is.
    fn object(&self, place: usize) -> &Object;
    /// Where a descriptor leads that nobody has followed, because its opening was not worth recording.
    fn path(&self, fd: i32) -> Option<String>;
}

/// Decodes a call that `tid` enters; `None` if it is not worth recording.
pub(crate) fn entered(tid: i32, name: &str, args: &[u64; 6], caller: &impl Known) -> Option<Entered> {
    let using = |index: usize| caller.using(args[index] as i32);
    let does = match name {
        "pipe" | "pipe2" | "socketpair" => Does::Pipe(None),
        "fork" | "vfork" | "clone" | "clone3" if makes_process(name, args, || peek(tid, args[0])) => {
            Does::Fork(None)
        }
        "clone" | "clone3" => Does::Thread(None),
        "execve" => Does::Exec { argv: argv(tid, args[0], args[1]), kept: Vec::new() },
        "execveat" => Does::Exec { argv: argv(tid, args[1], args[2]), kept: Vec::new() },
        _ if duplicates(name, args) => duplicate(name, args, caller),
        "close" => Does::Close(vec![using(0)]),
        // With the flag CLOSE_RANGE_CLOEXEC it closes nothing now.
        "close_range" if args[2] & 4 == 0 => Does::Close(caller.open_between(args[0] as u32, args[1] as u32)),
        "open" | "creat" | "memfd_create" => Does::Open(string(tid, args[0]), None),
        "openat" | "openat2" => Does::Open(string(tid, args[1]), None),
        "read" | "readv" | "pread64" | "preadv" | "recvfrom" | "recvmsg" | "recvmmsg" => Does::Read(using(0)),
        "write" | "writev" | "pwrite64" | "pwritev" | "sendto" | "sendmsg" | "sendmmsg" | "vmsplice" => {
            Does::Write(using(0))
        }
        "splice" | "copy_file_range" => Does::Move(using(0), using(2)),
        "tee" => Does::Move(using(0), using(1)),
        "sendfile" => Does::Move(using(1), using(0)),
        "wait4" => Does::Wait(i64::from(args[0] as i32), None),
        "waitid" => Does::Wait(waited_by_id(args), None),
        "kill" | "tkill" | "rt_sigqueueinfo" => Does::Kill(i64::from(args[0] as i32), args[1] as i32),
        "tgkill" => Does::Kill(i64::from(args[1] as i32), args[2] as i32),
        "setpgid" => Does::Group(args[0] as i32, args[1] as i32),
        "poll" | "ppoll" => Does::Poll(polled(tid, args, caller)),
        "select" | "pselect6" => Does::Poll(Vec::new()),
        "epoll_wait" | "epoll_pwait" | "epoll_pwait2" => Does::Poll(vec![using(0)]),
        "futex" => match args[1] as i32 & libc::FUTEX_CMD_MASK {
            libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET => Does::FutexWait(args[0]),
            libc::FUTEX_WAKE | libc::FUTEX_WAKE_BITSET => Does::FutexWake(args[0]),
            _ => return None,
        },
        "bind" | "listen" | "connect" | "accept" | "accept4" | "shutdown" | "flock" | "ftruncate"
        | "epoll_ctl" => Does::On(using(0)),
        "socket" | "eventfd" | "eventfd2" | "signalfd" | "signalfd4" | "timerfd_create" | "epoll_create1"
        | "pidfd_open" | "mq_open" => Does::Make(None),
        "mmap" if args[3] as i32 & libc::MAP_SHARED != 0 => {
            let fd = args[4] as i32;
            Does::Share((fd >= 0).then(|| caller.using(fd)))
        }
        _ => Does::Other(other(tid, name, args)?),
    };
    if is_quiet(&does, caller) {
        return None;
    }
    let patience = patience(name, args, &does, caller);
    Some(Entered { does, patience })
}

/// Fills in what is known only when the call has returned.
pub(crate) fn returned(
    tid: i32,
    name: &str,
    args: &[u64; 6],
    result: Result<i64, Errno>,
    does: &mut Does,
    caller: &impl Known,
) {
    let made = || result.ok().and_then(|fd| i32::try_from(fd).ok()).map(|fd| caller.using(fd));
    match does {
        Does::Pipe(ends) if result.is_ok() => {
            let address = if name == "socketpair" { args[3] } else { args[0] };
            *ends = pair(tid, address).map(|ends| ends.map(|fd| caller.using(fd)));
        }
        Does::Duplicate { to, .. } => *to = result.ok().and_then(|fd| i32::try_from(fd).ok()).unwrap_or(-1),
        Does::Open(_, fd) | Does::Make(fd) => *fd = made(),
        Does::Wait(_, found) => {
            *found = match (name, result) {
                ("wait4", Ok(pid @ 1..)) => {
                    let status = (args[1] != 0).then(|| Status::from_word(peek(tid, args[1]) as i32));
                    i32::try_from(pid).ok().zip(status.or(Some(Status::Exited(0))))
                }
                ("waitid", Ok(_)) if args[2] != 0 => found_by_id(tid, args[2]),
                _ => None,
            }
        }
        _ => {}
    }
}

fn argv(tid: i32, path: u64, list: u64) -> Vec<String> {
    let argv = strings(tid, list);
    if argv.is_empty() { vec![string(tid, path)] } else { argv }
}

fn duplicate(name: &str, args: &[u64; 6], caller: &impl Known) -> Does {
    let replaced = matches!(name, "dup2" | "dup3").then(|| caller.using(args[1] as i32));
    let replaced = replaced.filter(|before| before.object.is_some() && args[0] != args[1]);
    Does::Duplicate { from: caller.using(args[0] as i32), to: -1, replaced }
}

/// As `wait4` would be asked.
fn waited_by_id(args: &[u64; 6]) -> i64 {
    match args[0] as u32 {
        libc::P_PID | libc::P_PIDFD => i64::from(args[1] as i32),
        libc::P_PGID => -i64::from(args[1] as i32),
        _ => -1,
    }
}

/// What `waitid` wrote into its `siginfo_t`: on 64-bit machines the union begins at byte 16.
fn found_by_id(tid: i32, info: u64) -> Option<(i32, Status)> {
    let code = peek(tid, info + 8) as i32;
    let pid = peek(tid, info + 16) as i32;
    let status = peek(tid, info + 24) as i32;
    let status = match code {
        libc::CLD_EXITED => Status::Exited(status),
        libc::CLD_KILLED | libc::CLD_DUMPED => Status::Killed(status),
        libc::CLD_CONTINUED => Status::Continued,
        _ => Status::Stopped(status),
    };
    (pid > 0).then_some((pid, status))
}

/// Of `poll`: each `struct pollfd` is one word, the descriptor its lower half.
fn polled(tid: i32, args: &[u64; 6], caller: &impl Known) -> Vec<Use> {
    const MOST: u64 = 64;
    let fds = (0..args[1].min(MOST)).map(|n| peek(tid, args[0].wrapping_add(n * 8)) as i32);
    fds.filter(|&fd| fd >= 0).map(|fd| caller.using(fd)).collect()
}

/// What else is worth a line, and its arguments as far as they say something.
fn other(tid: i32, name: &str, args: &[u64; 6]) -> Option<String> {
    Some(match name {
        "chdir" | "unlink" | "mkdir" | "mq_unlink" => string(tid, args[0]),
        "unlinkat" | "mknodat" | "mkdirat" => string(tid, args[1]),
        "alarm" => args[0].to_string(),
        "setsid" | "setitimer" | "pause" | "nanosleep" | "clock_nanosleep" | "rt_sigsuspend"
        | "rt_sigtimedwait" | "timerfd_settime" | "shmget" | "shmat" | "shmdt" | "shmctl" | "semget"
        | "semop" | "semtimedop" | "semctl" | "msgget" | "msgsnd" | "msgrcv" | "msgctl" | "mq_timedsend"
        | "mq_timedreceive" | "mq_notify" | "pidfd_send_signal" => String::new(),
        _ => return None,
    })
}

/// Libraries, locales and the like: a program reads them before it begins its work.
fn is_quiet(does: &Does, caller: &impl Known) -> bool {
    const PLACES: [&str; 9] = [
        "/usr/lib",
        "/lib",
        "/usr/share",
        "/etc/ld.so",
        "/proc/self/",
        "/proc/filesystems",
        "/sys/",
        "/etc/locale",
        "/dev/urandom",
    ];
    let quiet = |path: &str| PLACES.iter().any(|place| path.starts_with(place));
    match does {
        Does::Open(path, _) => quiet(path),
        Does::Read(using) | Does::On(using) | Does::Share(Some(using)) => {
            is_quiet_file(*using, caller, quiet)
        }
        Does::Close(all) => !all.is_empty() && all.iter().all(|using| is_quiet_file(*using, caller, quiet)),
        _ => false,
    }
}

fn is_quiet_file(using: Use, caller: &impl Known, quiet: impl Fn(&str) -> bool) -> bool {
    let quiet = |path: &str| quiet(path) || path.starts_with("/proc/");
    match using.object {
        Some(place) => {
            let object = caller.object(place);
            object.kind == Kind::File && quiet(&object.name)
        }
        None => caller.path(using.fd).is_some_and(|path| quiet(&path)),
    }
}

fn patience(name: &str, args: &[u64; 6], does: &Does, caller: &impl Known) -> Patience {
    let inside = |using: &Use| {
        using.object.is_some_and(|place| {
            let object = caller.object(place);
            object.is_channel() && !object.outside
        })
    };
    let of = |all: bool| if all { Patience::Inside } else { Patience::Outside };
    let timed = |is_timed: bool, all: bool| if is_timed { Patience::Timed } else { of(all) };
    match does {
        Does::Read(from) => of(inside(from)),
        Does::Write(to) => of(inside(to)),
        Does::Move(from, to) => of(inside(from) && inside(to)),
        Does::Wait(..) => Patience::Inside,
        Does::FutexWait(_) => timed(args[3] != 0, true),
        Does::Poll(on) => match name {
            "poll" => timed(args[2] as i32 >= 0, !on.is_empty() && on.iter().all(inside)),
            "ppoll" => timed(args[2] != 0, !on.is_empty() && on.iter().all(inside)),
            _ => Patience::Outside,
        },
        Does::Other(_) if matches!(name, "nanosleep" | "clock_nanosleep") => Patience::Timed,
        // A fork or an exec never waits for long; what else sleeps, sleeps for somebody we do not know.
        _ => Patience::Outside,
    }
}
