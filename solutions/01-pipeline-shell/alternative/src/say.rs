//! What psh itself writes.

use std::os::fd::{BorrowedFd, RawFd};

use nix::errno::Errno;

/// The system's text for an error, without Rust's number behind it.
pub(crate) fn reason(errno: Errno) -> String {
    let text = std::io::Error::from_raw_os_error(errno as i32).to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// `psh: WORD: reason` on `fd`, in one write. Nobody is left to be told if that fails.
pub(crate) fn complain(fd: RawFd, word: &[u8], reason: &str) {
    let line = [b"psh: ", word, b": ", reason.as_bytes(), b"\n"].concat();
    let _ = write_all(fd, &line);
}

/// Writes everything.
///
/// # Errors
/// As write(2).
#[allow(unsafe_code, reason = "a descriptor of the table is known by its number")]
pub(crate) fn write_all(fd: RawFd, mut bytes: &[u8]) -> nix::Result<()> {
    if fd < 0 {
        return Err(Errno::EBADF);
    }
    // SAFETY: the number is 0, 1, 2 or one the table holds open during the call.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    while !bytes.is_empty() {
        match nix::unistd::write(fd, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => {
                let mut wait = [nix::poll::PollFd::new(fd, nix::poll::PollFlags::POLLOUT)];
                let _ = nix::poll::poll(&mut wait, nix::poll::PollTimeout::NONE);
            }
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
