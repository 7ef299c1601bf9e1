//! A descriptor that is closed while nobody stands between fork and exec.
//!
//! Where one process runs several checks, one thread may close a descriptor while another one starts a program. Until the
//! program has exec'd, the end of a FIFO that a check has closed is still open ([`sandbox::while_nobody_forks`]).

use std::ops::Deref;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use sandbox::while_nobody_forks;

/// A descriptor that is closed for everybody when it is dropped: the last end of a pipe, a connection.
#[derive(Debug)]
pub(crate) struct Held(Option<OwnedFd>);

impl From<OwnedFd> for Held {
    fn from(descriptor: OwnedFd) -> Self {
        Self(Some(descriptor))
    }
}

impl Deref for Held {
    type Target = OwnedFd;

    fn deref(&self) -> &OwnedFd {
        self.0.as_ref().expect("it is there until it is dropped")
    }
}

impl AsFd for Held {
    fn as_fd(&self) -> BorrowedFd<'_> {
        (**self).as_fd()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        while_nobody_forks(|| drop(self.0.take()));
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind, Write};
    use std::os::unix::process::CommandExt;
    use std::process::Command;
    use std::thread;

    use nix::unistd::read;

    use super::*;

    /// A child stands between its fork and its exec, and has a copy of the only reader of a pipe. It is let go, and the
    /// test drops the reader: what the test writes then must fail.
    #[test]
    #[expect(unsafe_code, reason = "code that runs between fork and exec")]
    fn what_is_dropped_while_another_thread_forks_is_closed_for_everybody() {
        let (reader, mut writer) = io::pipe().expect("a pipe");
        let reader = Held::from(OwnedFd::from(reader));
        let (has_forked, mut forked) = io::pipe().expect("a pipe");
        let (door, mut open) = io::pipe().expect("a pipe");
        let mut command = Command::new("true");
        // SAFETY: one write and one read, on descriptors that live in the parent until the child has exec'd.
        unsafe {
            command.pre_exec(move || {
                forked.write_all(b"!")?;
                read(&door, &mut [0])?;
                Ok(())
            });
        }
        let starter = thread::spawn(move || sandbox::while_forking(|| command.spawn()));
        read(&has_forked, &mut [0]).expect("the child has come to its place");
        open.write_all(b"!").expect("the child waits");
        drop(reader);
        let written = writer.write(b"nobody reads this").map_err(|error| error.kind());
        assert_eq!(written, Err(ErrorKind::BrokenPipe));
        starter.join().expect("it starts").expect("there is a `true`").wait().expect("a child");
    }
}
