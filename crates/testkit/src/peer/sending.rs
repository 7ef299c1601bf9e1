//! What a peer sends.

use nix::errno::Errno;
use nix::poll::PollFlags;
use nix::sys::socket::SockType;
use nix::sys::socket::{getsockopt, sockopt};
use sandbox::protocol::Verdict;

use super::{Address, Peer, SENT_SHOWN, socket};
use crate::failure::fail;

impl Peer {
    /// Sends all of `bytes`, in one write if the kernel takes them, and waits where the other side does not read.
    /// A connection that is closed fails the check.
    #[track_caller]
    pub fn send(&self, bytes: impl AsRef<[u8]>) -> &Self {
        let bytes = bytes.as_ref();
        self.note(bytes);
        let mut left = bytes;
        let what = format!("{} to be read from", self.name);
        while !left.is_empty() {
            match socket::send(&self.socket, left) {
                Ok(n) => left = &left[n..],
                Err(Errno::EAGAIN) => {
                    self.shared
                        .wait_for_socket(&what, (&self.socket, PollFlags::POLLOUT), || self.can_send());
                }
                Err(Errno::EINTR) => {}
                Err(error) => self.refused(bytes.len() - left.len(), bytes.len(), error),
            }
        }
        self
    }

    /// Sends all of `bytes`, and takes meanwhile what comes, for later: a client that reads while it writes.
    #[track_caller]
    pub fn send_and_listen(&self, bytes: impl AsRef<[u8]>) -> &Self {
        let bytes = bytes.as_ref();
        self.note(bytes);
        let mut left = bytes;
        let both = PollFlags::POLLIN | PollFlags::POLLOUT;
        while !left.is_empty() {
            match socket::send(&self.socket, left) {
                Ok(n) => left = &left[n..],
                Err(Errno::EAGAIN) => {
                    let what = format!("{} to be read from or written to", self.name);
                    self.shared.wait_for_socket(&what, (&self.socket, both), || {
                        self.take_what_is_there() || self.can_send()
                    });
                }
                Err(Errno::EINTR) => {}
                Err(error) => self.refused(bytes.len() - left.len(), bytes.len(), error),
            }
        }
        self
    }

    /// Sends what the kernel takes now.
    ///
    /// # Errors
    /// `EAGAIN` if it takes nothing; `EPIPE` or `ECONNRESET` if the connection is over.
    pub fn try_send(&self, bytes: impl AsRef<[u8]>) -> Result<usize, Errno> {
        let sent = socket::send(&self.socket, bytes.as_ref())?;
        self.note(&bytes.as_ref()[..sent]);
        Ok(sent)
    }

    /// Sends each piece alone: the next one only when the other side has read the one before. So it really meets
    /// the cuts, and cannot read two pieces as one.
    #[track_caller]
    pub fn send_pieces<P: AsRef<[u8]>>(&self, pieces: impl IntoIterator<Item = P>) -> &Self {
        for piece in pieces {
            self.send(piece);
            self.all_is_read();
        }
        self
    }

    /// Waits until the other side has read all that was sent. An end of the connection ends the wait, too.
    #[track_caller]
    pub fn all_is_read(&self) -> &Self {
        let what = format!("all to be read that {} sent", self.name);
        self.shared.wait_for(&what, || self.is_read() || self.has_ended());
        self
    }

    /// Sends copies of `pattern` until the kernel takes no more and no program moves any more; gives the number of bytes.
    /// The last copy may be cut. (TCP may still find room for a few bytes later.)
    #[track_caller]
    pub fn fill(&self, pattern: &[u8]) -> usize {
        // Small writes would fill the kernel's books before its buffers.
        let many = pattern.repeat(1 + 64 * 1024 / pattern.len());
        let (mut total, mut has_rested) = (0, false);
        loop {
            let before = total;
            while let Ok(n) = socket::send(&self.socket, &many[total % pattern.len()..]) {
                total += n;
            }
            if total == before && has_rested {
                return total;
            }
            has_rested = self.shared.is_at_rest_unless(|| self.can_send());
        }
    }

    /// Ends the sending direction (a half-close): the other side reads end of file, and can still answer. shutdown(2).
    #[track_caller]
    pub fn half_close(&self) -> &Self {
        match socket::end_sending(&self.socket) {
            // ENOTCONN: the other side has closed already, and the check will see it.
            Ok(()) | Err(Errno::ENOTCONN) => self,
            Err(error) => fail(Verdict::GraderError, format!("cannot half-close a connection: {error}")),
        }
    }

    fn can_send(&self) -> bool {
        socket::is_ready(&self.socket, PollFlags::POLLOUT)
    }

    /// Whether nothing that was sent waits to be read.
    fn is_read(&self) -> bool {
        let kind = getsockopt(&self.socket, sockopt::SockType);
        match (&self.address, kind) {
            (Address::Inet(_), Ok(SockType::Stream)) => self.inet_is_read(),
            _ => socket::unread_by_the_other(&self.socket) == Ok(0),
        }
    }

    /// TCP acknowledges what has arrived, read or not; what waits to be read is in the table of connections.
    fn inet_is_read(&self) -> bool {
        let names = (socket::name(&self.socket), socket::other_name(&self.socket));
        let (Ok(Some(Address::Inet(own))), Ok(Some(Address::Inet(other)))) = names else { return true };
        socket::waits_to_be_read(other, own).is_none_or(|bytes| bytes == 0)
            && socket::unread_by_the_other(&self.socket) == Ok(0)
    }

    fn note(&self, bytes: &[u8]) {
        let sent = &mut self.state.borrow_mut().sent;
        sent.extend_from_slice(&bytes[bytes.len().saturating_sub(SENT_SHOWN)..]);
        let surplus = sent.len().saturating_sub(SENT_SHOWN);
        sent.drain(..surplus);
    }

    #[track_caller]
    fn refused(&self, sent: usize, of: usize, error: Errno) -> ! {
        let how = match error {
            Errno::EPIPE => "the connection was closed".to_owned(),
            Errno::ECONNRESET => "the connection was reset (ECONNRESET)".to_owned(),
            other => other.desc().to_owned(),
        };
        let received = format!("after {sent} bytes {how}");
        self.fail(&format!("{} can send {of} bytes", self.name), &received)
    }
}
