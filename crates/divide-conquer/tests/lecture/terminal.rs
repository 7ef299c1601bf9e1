//! A program in a terminal of its own: what it writes is read here, and what is typed here reaches it, signals too.

#![allow(unsafe_code, reason = "setsid(2) and TIOCSCTTY between fork and exec")]

use divide_conquer::asleep;
use lecture_kit::WATCHDOG;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, read, setsid, write};
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::time::Instant;

/// The program, and the other end of its terminal.
pub(crate) struct Terminal {
    end: OwnedFd,
    child: Child,
    seen: String,
}

impl Terminal {
    /// Starts the program in a session of its own, whose terminal has that many columns and lines.
    pub(crate) fn start(mut command: Command, columns: u16, lines: u16) -> Self {
        let (end, slave) = open(Winsize { ws_row: lines, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 });
        let stream = || slave.try_clone().expect("a descriptor can be copied");
        command.stdin(stream()).stdout(stream()).stderr(stream());
        let own = || {
            setsid()?;
            // SAFETY: the request takes an integer; descriptor 0 is the terminal.
            Errno::result(unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) })?;
            Ok(())
        };
        // SAFETY: setsid(2) and ioctl(2) may be called between fork and exec; nothing is allocated.
        unsafe { command.pre_exec(own) };
        let child = command.spawn().expect("the program starts");
        drop(command); // It holds copies of the program's end.
        Self { end, child, seen: String::new() }
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().expect("a pid is positive"))
    }

    /// Reads until the text has come, and forgets everything up to its end.
    pub(crate) fn until(&mut self, text: &str) {
        while !self.seen.contains(text) {
            assert!(self.more(), "the program has ended before {text:?}: {:?}", self.seen);
        }
        self.seen = self.seen.split_off(self.seen.find(text).expect("it is there") + text.len());
    }

    /// Types a byte: 3 is Ctrl-C, 26 is Ctrl-Z.
    pub(crate) fn press(&self, byte: u8) {
        assert_eq!(write(&self.end, &[byte]), Ok(1));
    }

    /// Sends a signal to the program alone.
    pub(crate) fn kill(&self, signal: Signal) {
        nix::sys::signal::kill(self.pid(), signal).expect("the program is there");
    }

    /// The child of the program that was started as number `number`, from 0 on.
    pub(crate) fn child_number(&self, number: usize) -> Pid {
        let pid = self.pid();
        let list =
            std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("it has children");
        let word = list.split_whitespace().nth(number).expect("it has that many");
        Pid::from_raw(word.parse().expect("a pid is a number"))
    }

    /// Reads until the program has stopped. It must be read meanwhile: who writes to a full terminal hears nothing.
    pub(crate) fn until_stopped(&mut self) {
        let start = Instant::now();
        loop {
            self.drain();
            match waitpid(self.pid(), Some(WaitPidFlag::WUNTRACED | WaitPidFlag::WNOHANG))
                .expect("the program can be waited for")
            {
                WaitStatus::StillAlive => std::thread::yield_now(),
                WaitStatus::Stopped(..) => return,
                other => panic!("it did not stop: {other:?}"),
            }
            assert!(start.elapsed() < WATCHDOG, "it does not stop: {:?}", self.seen);
        }
    }

    /// What has come and was not looked at, without waiting.
    pub(crate) fn drain(&mut self) -> &str {
        while self.ready(PollTimeout::ZERO) && self.more() {}
        &self.seen
    }

    /// Reads until nothing more can come: each of these ranks sleeps in read, for good, and then the program sleeps too
    /// with nothing left to be read here.
    pub(crate) fn until_still(&mut self, ranks: &[Pid]) {
        let start = Instant::now();
        let in_read = |pid: &Pid| {
            let call = std::fs::read_to_string(format!("/proc/{pid}/syscall")).expect("the rank is there");
            call.split_whitespace().next() == Some(libc::SYS_read.to_string().as_str())
        };
        loop {
            self.drain();
            let asleep = ranks.iter().all(in_read) && asleep::state(self.pid()).expect("it is there") == 'S';
            if asleep && !self.ready(PollTimeout::ZERO) {
                return;
            }
            assert!(start.elapsed() < WATCHDOG, "it does not come to a standstill: {:?}", self.seen);
            self.seen.clear();
            std::thread::yield_now();
        }
    }

    /// Waits for the end: everything not yet looked at, and how it ended. No process may be left in its session.
    pub(crate) fn end(mut self) -> (String, ExitStatus) {
        while self.more() {}
        let status = self.child.wait().expect("the program can be waited for");
        assert_eq!(killpg(self.pid(), None), Err(Errno::ESRCH), "a process was left behind");
        (std::mem::take(&mut self.seen), status)
    }

    fn ready(&self, patience: PollTimeout) -> bool {
        poll(&mut [PollFd::new(self.end.as_fd(), PollFlags::POLLIN)], patience)
            .expect("a terminal can be polled")
            > 0
    }

    /// Reads what is there, waits for it if need be; false at the end.
    fn more(&mut self) -> bool {
        let patience = PollTimeout::try_from(WATCHDOG).expect("it fits");
        assert!(self.ready(patience), "nothing comes any more, after {:?}", self.seen);
        let mut bytes = [0; 4096];
        match read(self.end.as_fd(), &mut bytes) {
            Ok(0) | Err(Errno::EIO) => false, // EIO: nobody has the other side any more.
            Ok(count) => {
                self.seen += std::str::from_utf8(&bytes[..count]).expect("pictures are ASCII");
                true
            }
            Err(reason) => panic!("read descriptor {}: {reason}", self.end.as_raw_fd()),
        }
    }
}

/// posix_openpt—A terminal of that size: the end that is held here, and the end of the program. Both are closed by exec from
/// the first moment on: the tests run at the same time, and a copy in another one's program would keep it open.
fn open(size: Winsize) -> (OwnedFd, File) {
    let end =
        posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).expect("a terminal can be opened");
    grantpt(&end).expect("it is ours");
    unlockpt(&end).expect("it is ours");
    let name = ptsname_r(&end).expect("it has a name");
    let slave = File::options().read(true).write(true).custom_flags(libc::O_NOCTTY).open(name);
    let slave = slave.expect("the program's end can be opened");
    // SAFETY: this request reads one `winsize`, and the pointer is to one.
    let set = unsafe { libc::ioctl(slave.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
    Errno::result(set).expect("its size can be set");
    // A pseudo-terminal's descriptor is read and written as any other.
    let end = end.as_fd().try_clone_to_owned().expect("a descriptor can be copied");
    (end, slave)
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Also when a test has failed: the session's first process leads its group.
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            killpg(self.pid(), Signal::SIGKILL).ok();
            self.child.wait().ok();
        }
    }
}
