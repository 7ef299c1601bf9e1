// BEGIN SOLUTION
//! From a frame to its answer: what kind it is, whether it is a copy, and who executes it.

use crate::connection::ConnectionId;
use crate::frame::{Bad, Frame, kind};
use crate::interface::{Outcome, dispatch};
use crate::methods::Turn;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::table::Admission;
use crate::wire::{Wire, whole};

/// A call: its client and its seq.
pub(crate) type CallId = (u64, u32);

/// A client may have so many calls under way.
const WINDOW_MAX: u32 = 64;

impl Server<'_> {
    /// Deals with what has come over a connection, as long as there is room for the answers.
    pub(crate) fn take_frames(&mut self, id: ConnectionId) {
        loop {
            let Some(connection) = self.connections.get_mut(&id) else { return };
            if connection.is_over || connection.is_ending || !connection.has_room() {
                return;
            }
            match connection.inbox.frame() {
                Ok(None) => return,
                Ok(Some(frame)) => self.handle(id, frame),
                Err(Bad::Version(client, seq)) => self.refuse(id, (client, seq), &Refusal::VERSION),
                Err(Bad::Length(client, seq)) => {
                    connection.is_ending = true;
                    self.refuse(id, (client, seq), &Refusal::TOO_LARGE);
                }
                Err(Bad::Magic | Bad::Checksum) => connection.is_over = true,
            }
        }
    }

    fn handle(&mut self, id: ConnectionId, frame: Frame) {
        let call = (frame.client, frame.seq);
        match frame.kind {
            kind::CALL => self.call(id, call, &frame.body),
            kind::RETRY => self.retry(id, call, &frame.body),
            kind::CANCEL => self.cancel(call),
            kind::PING => self.ping(id, call, &frame.body),
            kind::RESULT | kind::ERROR => self.callback_is_answered(id, call),
            kind::PONG => {}
            _ => self.refuse(id, call, &Refusal::BAD_ARGUMENTS),
        }
    }

    fn ping(&mut self, id: ConnectionId, (client, seq): CallId, body: &[u8]) {
        let Some(window) = whole::<u32>(body).filter(|window| (1..=WINDOW_MAX).contains(window)) else {
            return self.refuse(id, (client, seq), &Refusal::BAD_ARGUMENTS);
        };
        if !self.table.enter(client, window) {
            return self.refuse(id, (client, seq), &Refusal::failed("busy"));
        }
        if let Err(refusal) = self.record_client(client, window) {
            return self.refuse(id, (client, seq), &refusal);
        }
        let mut body = Vec::new();
        self.instance.put(&mut body);
        self.send(id, &Frame { kind: kind::PONG, client, seq, body }.encode());
    }

    /// A call that its sender has sent before, to the rpcd of that instance.
    fn retry(&mut self, id: ConnectionId, call: CallId, mut body: &[u8]) {
        match u64::take(&mut body) {
            None => self.refuse(id, call, &Refusal::BAD_ARGUMENTS),
            // Whoever knew what became of it is gone, or has forgotten it.
            Some(instance) if instance != self.instance || !self.table.knows(call.0) => {
                self.refuse(id, call, &Refusal::OUTCOME_UNKNOWN);
            }
            Some(_) => self.call(id, call, body),
        }
    }

    fn call(&mut self, id: ConnectionId, call: CallId, mut body: &[u8]) {
        let Some(method) = u16::take(&mut body).filter(|_| call.1 > 0) else {
            return self.refuse(id, call, &Refusal::BAD_ARGUMENTS);
        };
        // A copy gets the answer of the first one, whatever it calls itself.
        let first = self.table.method(call.0, call.1).unwrap_or(method);
        let mut turn = Turn { server: self, connection: id, call };
        if let Some(refusal) = turn.permitted(first) {
            return self.refuse(id, call, &refusal);
        }
        match turn.server.table.admit(call.0, call.1, method) {
            Admission::Execute => {
                if let Outcome::Now(result) = dispatch(&mut turn, method, body) {
                    self.finish(id, call, result);
                }
            }
            // The last one who asks is the one who still waits.
            Admission::Runs => {
                if let Some(pending) = self.pending.get_mut(&call) {
                    pending.connection = id;
                }
            }
            Admission::Answered(answer) => self.send(id, &answer),
            Admission::Dropped => {}
            Admission::Full => self.refuse(id, call, &Refusal::failed("busy")),
        }
    }

    /// A call has its answer: for the table, and for whoever waits.
    pub(crate) fn finish(&mut self, id: ConnectionId, call: CallId, result: Result<Vec<u8>, Refusal>) {
        let (client, seq) = call;
        let frame = match result {
            Ok(body) => Frame { kind: kind::RESULT, client, seq, body },
            Err(refusal) => Frame::refusal(client, seq, &refusal),
        };
        let answer = frame.encode();
        self.send(id, &answer);
        self.table.finish(client, seq, answer);
    }

    pub(crate) fn refuse(&mut self, id: ConnectionId, (client, seq): CallId, refusal: &Refusal) {
        self.send(id, &Frame::refusal(client, seq, refusal).encode());
    }

    /// Sends, if the connection is still there.
    pub(crate) fn send(&mut self, id: ConnectionId, bytes: &[u8]) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.send(bytes);
        }
    }
}
// END SOLUTION
