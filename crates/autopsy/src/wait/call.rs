//! From the number and arguments of a system call to a wait. A call that is not known here is never stuck.

use super::Reader;
use super::end::Want;
use crate::borrow;
use crate::object::Object;
use crate::part::Part;
use crate::proc::process::Process;
use crate::proc::thread::Thread;
use crate::report::Kind;

type Args = [u64; 6];

/// `MSG_WAITALL`: some bytes may be there already.
const WAIT_ALL: u64 = libc::MSG_WAITALL as u64;

impl Reader<'_> {
    /// The wait of a thread in system call `number`.
    pub(super) fn call(&self, member: &Process, thread: &Thread, number: i64, args: Args) -> (Kind, Part) {
        let tid = thread.tid();
        if let Some(wait) = self.input_output(member, tid, number, args) {
            return wait;
        }
        if let Some(wait) = self.poll_call(member, tid, number, args) {
            return wait;
        }
        match number {
            libc::SYS_wait4 => (Kind::Child, self.wait4(member, args[0] as i32)),
            libc::SYS_waitid => (Kind::Child, self.waitid(member, tid, args[0], args[1] as i32)),
            libc::SYS_accept | libc::SYS_accept4 => {
                let mut part = self.end(member, tid, args[0] as i32, Want::Read);
                self.time_out(member, args[0] as i32, false, &mut part);
                (Kind::Accept, prefixed("waits for a client on", part))
            }
            libc::SYS_connect => (Kind::Connect, self.connect(member, args[0] as i32, args[1], args[2])),
            libc::SYS_openat => self.openat(member, thread, args[0] as i32, args[1], args[2]),
            libc::SYS_openat2 => {
                // The first field of `struct open_how` is its flags.
                let flags = borrow::peek::<8>(member.pid, args[2]).map_or(0, u64::from_ne_bytes);
                self.openat(member, thread, args[0] as i32, args[1], flags)
            }
            #[cfg(target_arch = "x86_64")]
            libc::SYS_open => self.openat(member, thread, libc::AT_FDCWD, args[0], args[1]),
            libc::SYS_futex => self.futex(member, thread, args),
            libc::SYS_flock => (Kind::Lock, self.lock(member, tid, args[0] as i32)),
            libc::SYS_fcntl if [libc::F_SETLKW, libc::F_OFD_SETLKW].contains(&(args[1] as i32)) => {
                (Kind::Lock, self.lock(member, tid, args[0] as i32))
            }
            libc::SYS_mq_timedreceive => self.queue_call(member, tid, args, Want::Read),
            libc::SYS_mq_timedsend => self.queue_call(member, tid, args, Want::Write),
            libc::SYS_msgrcv => (Kind::SystemV, self.msgrcv(member, args[0] as i32, args[3] as i64)),
            libc::SYS_msgsnd => (Kind::SystemV, self.msgsnd(member, args[0] as i32)),
            libc::SYS_semop => (Kind::SystemV, self.semop(member, args[0] as i32, args[1], args[2])),
            libc::SYS_semtimedop => {
                let mut part = self.semop(member, args[0] as i32, args[1], args[2]);
                own_time_out(args[3] != 0, &mut part);
                (Kind::SystemV, part)
            }
            libc::SYS_rt_sigsuspend => (Kind::Signal, self.suspend(member, thread, "sigsuspend")),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_pause => (Kind::Signal, self.suspend(member, thread, "pause")),
            libc::SYS_rt_sigtimedwait => (Kind::Signal, self.sigwait(member, thread, args[0], args[2] != 0)),
            libc::SYS_nanosleep | libc::SYS_clock_nanosleep => sleeps(),
            // After a stop, poll and its kin go on by a call that has no arguments.
            libc::SYS_restart_syscall => self.without_call(member, thread),
            _ => unknown(number, &thread.place),
        }
    }

    fn input_output(&self, member: &Process, tid: i32, number: i64, args: Args) -> Option<(Kind, Part)> {
        let first = args[0] as i32;
        let mut wait = match number {
            libc::SYS_read | libc::SYS_readv | libc::SYS_pread64 | libc::SYS_preadv | libc::SYS_preadv2 => {
                self.reads(member, tid, first, false)
            }
            libc::SYS_recvfrom => self.reads(member, tid, first, args[3] & WAIT_ALL != 0),
            libc::SYS_recvmsg => self.reads(member, tid, first, args[2] & WAIT_ALL != 0),
            libc::SYS_recvmmsg => {
                let mut wait = self.reads(member, tid, first, args[3] & WAIT_ALL != 0);
                own_time_out(args[4] != 0, &mut wait.1);
                wait
            }
            libc::SYS_write
            | libc::SYS_writev
            | libc::SYS_pwrite64
            | libc::SYS_pwritev
            | libc::SYS_pwritev2
            | libc::SYS_sendto
            | libc::SYS_sendmsg
            | libc::SYS_sendmmsg
            | libc::SYS_vmsplice => self.writes(member, tid, first),
            libc::SYS_splice => self.moves(member, tid, [first, args[2] as i32]),
            libc::SYS_sendfile => self.moves(member, tid, [args[1] as i32, first]),
            libc::SYS_tee => self.moves(member, tid, [first, args[1] as i32]),
            _ => return None,
        };
        if wait.1.text.is_empty() {
            wait.1.text = "waits".to_owned();
        }
        Some(wait)
    }

    fn reads(&self, member: &Process, tid: i32, number: i32, whole: bool) -> (Kind, Part) {
        let mut part = self.end(member, tid, number, Want::Read);
        let verb = match self.object(member, tid, number) {
            Some(Object::Socket(inode)) => {
                if whole {
                    self.forget_arrived(*inode, "MSG_WAITALL", &mut part);
                }
                self.time_out(member, number, false, &mut part);
                "waits to receive on"
            }
            Some(Object::Signals(_)) => "waits for a signal on",
            Some(Object::Pipe(_) | Object::Fifo { .. } | Object::Terminal { .. }) => "waits for input on",
            _ => "waits in a read of",
        };
        (Kind::Read, prefixed(verb, part))
    }

    fn writes(&self, member: &Process, tid: i32, number: i32) -> (Kind, Part) {
        let mut part = self.end(member, tid, number, Want::Write);
        let verb = match self.object(member, tid, number) {
            Some(Object::Socket(_)) => {
                self.time_out(member, number, true, &mut part);
                "waits to send on"
            }
            Some(Object::Pipe(_) | Object::Fifo { .. }) => "waits for room in",
            _ => "waits in a write to",
        };
        (Kind::Write, prefixed(verb, part))
    }

    /// splice(2), tee(2) and sendfile(2) may wait for either side: whoever can end one wait can end it. A file
    /// keeps nobody waiting.
    fn moves(&self, member: &Process, tid: i32, [from, to]: [i32; 2]) -> (Kind, Part) {
        let is_file = |number| matches!(self.object(member, tid, number), Some(Object::File { .. }));
        if is_file(from) {
            return self.writes(member, tid, to);
        }
        if is_file(to) {
            return self.reads(member, tid, from, false);
        }
        let (_, input) = self.reads(member, tid, from, false);
        let (_, output) = self.writes(member, tid, to);
        let mut part = Part::new(format!("moves bytes: it {}, or {}", input.text, output.text));
        part.join(input);
        part.join(output);
        (Kind::Read, part)
    }

    fn object<'b>(&self, member: &'b Process, tid: i32, number: i32) -> Option<&'b Object> {
        Some(&member.table(tid)?.get(&number)?.object)
    }

    /// With `MSG_WAITALL` a part may have come; the rest has not. With `EPOLLET` what has come was told already.
    pub(super) fn forget_arrived(&self, inode: u64, flag: &str, part: &mut Part) {
        let Some(socket) = self.snapshot.sockets.all.get(&inode).filter(|socket| socket.unread > 0) else {
            return;
        };
        part.outside = None;
        part.notes.push(format!("{} bytes have come, it waits for more ({flag})", socket.unread));
        let again = self.end_holders(inode);
        self.hope_of(part, &again, Want::Read);
    }

    fn poll_call(&self, member: &Process, tid: i32, number: i64, args: Args) -> Option<(Kind, Part)> {
        let (mut part, has_limit) = match number {
            #[cfg(target_arch = "x86_64")]
            libc::SYS_poll => (self.poll(member, tid, args[0], args[1]), args[2] as i32 >= 0),
            libc::SYS_ppoll => (self.poll(member, tid, args[0], args[1]), args[2] != 0),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_select => {
                (self.select(member, tid, args[0], [args[1], args[2], args[3]]), args[4] != 0)
            }
            libc::SYS_pselect6 => {
                (self.select(member, tid, args[0], [args[1], args[2], args[3]]), args[4] != 0)
            }
            #[cfg(target_arch = "x86_64")]
            libc::SYS_epoll_wait => (self.epoll(member, tid, args[0] as i32), args[3] as i32 >= 0),
            libc::SYS_epoll_pwait => (self.epoll(member, tid, args[0] as i32), args[3] as i32 >= 0),
            libc::SYS_epoll_pwait2 => (self.epoll(member, tid, args[0] as i32), args[3] != 0),
            _ => return None,
        };
        let watches_nothing = part.clues.contains(&crate::part::Clue::WatchesNothing);
        if has_limit && watches_nothing {
            return Some(sleeps());
        }
        own_time_out(has_limit, &mut part);
        Some((Kind::Poll, part))
    }

    fn epoll(&self, member: &Process, tid: i32, number: i32) -> Part {
        let mut part = self.end(member, tid, number, Want::Read);
        if let Some((_, tail)) = part.text.split_once(": ") {
            part.text = tail.to_owned();
        }
        part
    }

    fn queue_call(&self, member: &Process, tid: i32, args: Args, want: Want) -> (Kind, Part) {
        let mut part = self.end(member, tid, args[0] as i32, want);
        own_time_out(args[4] != 0, &mut part);
        let verb = if want == Want::Read { "waits for a message in" } else { "waits for room in" };
        (Kind::Queue, prefixed(verb, part))
    }
}

fn prefixed(verb: &str, mut part: Part) -> Part {
    part.text = format!("{verb} {}", part.text);
    part
}

pub(super) fn own_time_out(has_limit: bool, part: &mut Part) {
    if has_limit {
        part.outside = Some("its own time-out".to_owned());
    }
}

fn sleeps() -> (Kind, Part) {
    (Kind::Sleep, Part::alive("sleeps for a time it chose itself", "the clock"))
}

fn unknown(number: i64, place: &str) -> (Kind, Part) {
    let place = if place.is_empty() { String::new() } else { format!(" ({place})") };
    (Kind::Unknown, Part::alive(format!("is in system call {number}{place}"), "something unknown"))
}
