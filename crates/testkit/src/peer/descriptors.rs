//! Descriptors that travel over a Unix connection: `SCM_RIGHTS`, unix(7).

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::poll::PollFlags;

use super::{End, Peer, socket};
use crate::text::shown;

impl Peer {
    /// Takes up to `n` bytes by one recvmsg(2), and the descriptors that came with them. Nothing that was received before
    /// may wait to be taken: bytes and descriptors belong together.
    #[must_use]
    #[track_caller]
    pub fn take_with_descriptors(&self, n: usize) -> (Vec<u8>, Vec<OwnedFd>) {
        let early = std::mem::take(&mut self.state.borrow_mut().unread);
        if !early.is_empty() {
            self.fail("a descriptor with the next byte", &format!("{} before it", shown(&early, 300)));
        }
        let mut buffer = vec![0; n];
        let mut outcome = Err(Errno::EAGAIN);
        let what = format!("a descriptor for {}", self.name);
        self.shared.wait_for_socket(&what, (&self.socket, PollFlags::POLLIN), || {
            if matches!(outcome, Err(Errno::EAGAIN | Errno::EINTR)) {
                outcome = socket::receive_descriptors(&self.socket, &mut buffer);
            }
            !matches!(outcome, Err(Errno::EAGAIN | Errno::EINTR))
        });
        match outcome {
            Ok(message) if message.bytes > 0 => {
                buffer.truncate(message.bytes);
                (buffer, message.descriptors)
            }
            Ok(_) => self.fail("a descriptor", &End::File.words()),
            Err(error) => self.fail("a descriptor", &End::Error(error).words()),
        }
    }

    /// Sends `bytes` and with them copies of `descriptors`, by one sendmsg(2).
    #[track_caller]
    pub fn send_with_descriptors(&self, bytes: &[u8], descriptors: &[impl AsFd]) -> &Self {
        let numbers: Vec<_> = descriptors.iter().map(|descriptor| descriptor.as_fd().as_raw_fd()).collect();
        match socket::send_descriptors(&self.socket, bytes, &numbers) {
            Ok(n) if n == bytes.len() => self,
            Ok(n) => {
                self.fail(&format!("{} bytes are sent with a descriptor", bytes.len()), &format!("{n} were"))
            }
            Err(error) => self.fail("a descriptor is sent", error.desc()),
        }
    }
}
