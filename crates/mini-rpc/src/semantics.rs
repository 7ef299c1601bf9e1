//! What a caller may rely on when messages are lost, doubled, late or damaged: a client and a server on a bad network.
//!
//! | semantics | the client sends again | the server remembers | executed |
//! |---|---|---|---|
//! | maybe | no | no | once, or not at all; more than once if the network doubles |
//! | at least once | until an answer comes | no | once or more often |
//! | at most once | until an answer comes | yes | once, or not at all if the client gives up |

use crate::client_stub::{CallError, unpack_outcome};
use crate::duplicates::{Duplicates, Seen};
use crate::export::Export;
use crate::frame::{Kind, Message};
use crate::network::Network;
use crate::server_stub::answer;

/// The three of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Semantics {
    /// Send and hope.
    Maybe,
    /// Send until an answer comes.
    AtLeastOnce,
    /// The same, and the server knows duplicates.
    AtMostOnce,
}

/// All three.
pub const SEMANTICS: [Semantics; 3] = [Semantics::Maybe, Semantics::AtLeastOnce, Semantics::AtMostOnce];

/// Retries before the client gives up. On a network with one fault the first suffices.
const RETRIES: usize = 3;

/// A client, a network, and a server with what it exports.
#[derive(Debug)]
pub struct World<E> {
    /// What lies between them.
    pub network: Network,
    /// The server's procedures.
    pub exported: E,
    semantics: Semantics,
    /// The server's memory, used by *at most once*.
    pub table: Duplicates,
    last: u16,
}

impl<E: Export> World<E> {
    /// All three, with a table that is large enough for any demonstration.
    pub fn new(semantics: Semantics, network: Network, exported: E) -> Self {
        Self { network, exported, semantics, table: Duplicates::with_limit(1000), last: 0 }
    }

    /// The client calls, with the next number.
    ///
    /// # Errors
    /// See [`World::call_as`].
    pub fn call(&mut self, method: u8, arguments: &[u8]) -> Result<Vec<u8>, CallError> {
        self.last += 1;
        self.call_as(self.last, method, arguments)
    }

    /// The client calls with this number, and sends again as its semantics say. When all is quiet and no answer has
    /// come, a real client's timer would run out: here the client *knows* that it is quiet.
    ///
    /// # Errors
    /// What the server says, or that no answer came.
    pub fn call_as(&mut self, number: u16, method: u8, arguments: &[u8]) -> Result<Vec<u8>, CallError> {
        let retries = if self.semantics == Semantics::Maybe { 0 } else { RETRIES };
        let call = Message::call(1, number, [&[method], arguments].concat());
        let frame = call.to_frame().map_err(|bad| CallError::NotSent(bad.to_string()))?;
        for _ in 0..=retries {
            self.network.send_call(frame.clone());
            self.run_server();
            while let Some(frame) = self.network.returns.receive() {
                // A damaged answer is as good as a lost one; an answer to another call is late.
                let Ok(message) = Message::from_frame(&frame) else { continue };
                if message.number == number {
                    return unpack_outcome(&message.body);
                }
            }
        }
        Err(CallError::Unknown("no answer".to_owned()))
    }

    /// What was delayed arrives, and the server acts on it.
    pub fn settle(&mut self) {
        self.network.calls.settle();
        self.run_server();
        self.network.returns.settle();
    }

    /// The server takes what has arrived. A damaged call is thrown away: not even its sender's number can be believed.
    pub fn run_server(&mut self) {
        while let Some(frame) = self.network.calls.receive() {
            match Message::from_frame(&frame) {
                Ok(call) if call.kind == Kind::Call => self.serve(&call),
                _ => {}
            }
        }
    }

    fn serve(&mut self, call: &Message) {
        let message = if self.semantics == Semantics::AtMostOnce {
            match self.table.begin(call.client, call.number) {
                Seen::Done(body) => call.answer(body),
                Seen::Running => return,
                Seen::New => {
                    let message = answer(call, &mut self.exported);
                    self.table.finish(call.client, call.number, &message.body);
                    message
                }
            }
        } else {
            answer(call, &mut self.exported)
        };
        self.network.send_return(message.to_frame().expect("results of these interfaces are short"));
    }
}
