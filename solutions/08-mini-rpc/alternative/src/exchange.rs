//! What a thread does with a connection that is ready: send, receive, take frames, and in the end close it.

use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;

use nix::errno::Errno;
use nix::sys::socket::{Shutdown, shutdown};

use crate::frame::{Bad, Frame};
use crate::link::{Input, Link, lock};
use crate::refusal::Refusal;
use crate::server::Server;

/// Why the frames of an inbox come to an end.
enum Taken {
    /// There is none left.
    All,
    /// The client has to take its answers first.
    NoRoom,
    /// What follows makes no sense.
    Bad,
}

impl Server {
    /// Sends what waits, receives once, and calls what came. True if the connection is over.
    pub(crate) fn serve_link(&self, link: &Arc<Link>) -> bool {
        let mut input = lock(&link.input);
        if input.is_over {
            return true;
        }
        link.cork();
        let is_end = self.exchange(link, &mut input);
        link.uncork();
        if is_end || input.is_finished && link.is_drained() {
            self.close(link, &mut input);
        } else {
            link.arm(!input.is_finished, &self.epoll);
        }
        input.is_over
    }

    /// Whether the client has ended the connection.
    fn exchange(&self, link: &Arc<Link>, input: &mut Input) -> bool {
        let mut may_receive = true;
        loop {
            link.flush();
            if input.is_finished || !link.has_room() {
                return false;
            }
            match self.take(link, input) {
                Taken::NoRoom => {}
                Taken::Bad => input.is_finished = true,
                Taken::All if !may_receive => return false,
                Taken::All => match input.inbox.receive(&**link) {
                    Ok(0) => return true,
                    Ok(_) => may_receive = false,
                    Err(Errno::EAGAIN) => return false,
                    Err(_) => return true,
                },
            }
        }
    }

    fn take(&self, link: &Arc<Link>, input: &mut Input) -> Taken {
        while link.has_room() {
            match input.inbox.frame() {
                Ok(Some(frame)) => self.handle(link, input, frame),
                Ok(None) => return Taken::All,
                Err(Bad::Version(client, seq)) => self.refuse(link, client, seq, &Refusal::VERSION),
                Err(Bad::Length(client, seq)) => {
                    self.refuse(link, client, seq, &Refusal::TOO_LARGE);
                    return Taken::Bad;
                }
                Err(Bad::Magic | Bad::Checksum) => return Taken::Bad,
            }
        }
        Taken::NoRoom
    }

    /// Sends an error that the table does not keep.
    pub fn refuse(&self, link: &Link, client: u64, seq: u32, refusal: &Refusal) {
        link.send(Arc::new(Frame::refusal(client, seq, refusal).encode()), &self.epoll);
    }

    fn close(&self, link: &Link, input: &mut Input) {
        *input = Input { is_over: true, ..Input::default() };
        link.kill();
        // It is in the set as long as it is in `links`.
        let _ = self.epoll.delete(link);
        lock(&self.links).remove(&link.id);
        let mut state = lock(&self.state);
        state.end_link(link.id, &self.epoll);
        self.set_timer(&mut state);
        drop(state);
        // Others may hold the connection for a moment; the client shall see the end now.
        let _ = shutdown(link.as_fd().as_raw_fd(), Shutdown::Both);
    }
}
