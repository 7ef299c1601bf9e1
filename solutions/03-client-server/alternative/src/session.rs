//! One client, in a process of its own: request, answer, request, answer. See `socket(7)`: SO_PEERCRED.

use nix::sys::socket::getsockopt;
use nix::sys::socket::sockopt::PeerCredentials;

use crate::answer::{Refusal, ok};
use crate::board::Board;
use crate::client::{Client, Over};
use crate::helper::{Form, hand_out};
use crate::inbox::Inbox;
use crate::options::Kind;
use crate::request::Request;
use crate::root::Root;
use crate::signals::Lifeline;

/// What a session knows.
#[derive(Debug)]
pub struct Session<'a> {
    /// Whom it serves.
    pub client: Client<'a>,
    /// The client's place on the board.
    pub seat: usize,
    /// Whether it came through a Unix socket.
    pub is_local: bool,
    /// Where all sessions count.
    pub board: &'a Board,
    /// Where the files are.
    pub root: &'a Root,
}

impl Session<'_> {
    /// Answers until one side has had enough. The client's place is free before its connection is closed:
    /// whoever sees the end of file and comes again finds room.
    pub fn run(&self, lifeline: &Lifeline) {
        let mut inbox = Inbox::new(self.client.kind(), lifeline);
        while let Some(line) = inbox.next(&self.client) {
            if self.answer(line.as_deref().map_err(|&refusal| refusal)).is_err() {
                break;
            }
        }
        self.client.wait_until_sent();
        self.board.leave(self.seat);
        self.client.hang_up();
    }

    fn answer(&self, line: Result<&[u8], Refusal>) -> Result<(), Over> {
        match line.and_then(Request::parse) {
            Ok(Request::Echo(text)) => self.client.send(&ok(text)),
            Ok(Request::Stat) => self.client.send(&ok(self.board.stat().as_bytes())),
            Ok(Request::WhoAmI | Request::GetFd(_)) if !self.is_local => {
                self.client.refuse(Refusal::NotPossibleHere)
            }
            Ok(Request::WhoAmI) => self.who_am_i(),
            Ok(Request::Get(name)) => hand_out(&self.client, self.root, name, Form::Bytes),
            Ok(Request::GetFd(name)) => hand_out(&self.client, self.root, name, Form::Descriptor),
            Ok(Request::Batch(blocks, name)) => self.batch(blocks, name),
            Ok(Request::Quit) => Err(Over),
            Err(refusal) => {
                self.client.refuse(refusal)?;
                let is_lost_in_the_line = refusal == Refusal::TooLong && self.client.kind() == Kind::Stream;
                if is_lost_in_the_line { Err(Over) } else { Ok(()) }
            }
        }
    }

    fn who_am_i(&self) -> Result<(), Over> {
        match getsockopt(&self.client, PeerCredentials) {
            Ok(peer) => {
                let text = format!("uid={} gid={} pid={}", peer.uid(), peer.gid(), peer.pid());
                self.client.send(&ok(text.as_bytes()))
            }
            Err(_) => self.client.refuse(Refusal::Failed),
        }
    }

    /// K blocks, of which only the first needs nobody's leave.
    fn batch(&self, blocks: usize, name: &[u8]) -> Result<(), Over> {
        self.board.queue(self.seat, blocks - 1);
        hand_out(&self.client, self.root, name, Form::Bytes)?;
        for _ in 1..blocks {
            if self.board.begin_queued(self.seat) {
                hand_out(&self.client, self.root, name, Form::Bytes)?;
            } else {
                self.client.refuse(Refusal::Aborted)?;
            }
        }
        Ok(())
    }
}
