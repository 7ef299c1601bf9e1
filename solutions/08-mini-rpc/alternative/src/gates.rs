//! Gates: calls that wait for a FIFO, as events and not as threads. See `fifo(7)`, `epoll(7)`.

use std::os::fd::AsFd;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::sys::epoll::{EpollEvent, EpollFlags};
use nix::unistd::read;

use crate::failure::{complain, reason};
use crate::frame::{BODY_MAX, Frame, kind};
use crate::link::lock;
use crate::refusal::Refusal;
use crate::root::Kind;
use crate::server::Server;
use crate::state::{Caller, Gate};
use crate::wire::Value;

/// So much is read from a FIFO at once.
const PIECE: usize = 64 * 1024;
/// So long may the bytes of a result be.
const RESULT_MAX: usize = BODY_MAX - 4;

impl Server {
    /// Begins to wait. The journal knows before a writer can.
    ///
    /// # Errors
    /// It cannot be opened, or not be written down.
    pub fn gate(&self, caller: Caller, body: &[u8], path: &str) -> Result<(), Refusal> {
        let root = self.root.as_ref().ok_or(Refusal::NOT_PERMITTED)?;
        let found = root.find(path, Kind::Fifo);
        let mut state = lock(&self.state);
        let found =
            found.inspect_err(|refusal| state.executed += u64::from(*refusal != Refusal::NOT_PERMITTED))?;
        if state.is_stopping {
            return Err(Refusal::SHUTTING_DOWN);
        }
        state.record(|| Frame::new(kind::CALL, caller.client, caller.seq, body.to_vec()))?;
        state.executed += 1;
        let fifo = found.open()?;
        let token = self.token();
        let once = EpollFlags::EPOLLIN | EpollFlags::EPOLLONESHOT;
        self.epoll.add(&fifo, EpollEvent::new(once, token)).map_err(Refusal::by_the_system)?;
        state.gates.insert(token, Gate { caller, fifo, bytes: Some(Vec::new()) });
        Ok(())
    }

    /// Reads a piece of what was written to a gate.
    pub fn serve_gate(&self, token: u64) {
        let mut state = lock(&self.state);
        let Some(gate) = state.gates.get_mut(&token) else { return };
        let mut piece = vec![0; PIECE];
        let outcome = match retry(|| read(&gate.fifo, &mut piece)) {
            Ok(0) => gate.bytes.take().map(Value::Bytes).ok_or(Refusal::TOO_LARGE),
            Ok(length) => {
                gate.bytes = gate.bytes.take().filter(|bytes| bytes.len() + length <= RESULT_MAX);
                if let Some(bytes) = &mut gate.bytes {
                    bytes.extend(&piece[..length]);
                }
                return self.arm_gate(&gate.fifo, token);
            }
            Err(Errno::EAGAIN) => return self.arm_gate(&gate.fifo, token),
            Err(errno) => Err(Refusal::by_the_system(errno)),
        };
        if let Some(gate) = state.gates.remove(&token) {
            state.finish(gate.caller, outcome, &self.epoll);
        }
        drop(state);
        self.has_closed();
    }

    fn arm_gate(&self, fifo: &impl AsFd, token: u64) {
        let once = EpollFlags::EPOLLIN | EpollFlags::EPOLLONESHOT;
        if let Err(errno) = self.epoll.modify(fifo, &mut EpollEvent::new(once, token)) {
            complain(&format!("rpcd: epoll: {}", reason(errno)));
        }
    }

    /// Stops a gate, if this call is one that waits.
    pub fn cancel(&self, caller: Caller) {
        let mut state = lock(&self.state);
        let found = state.gates.iter().find(|(_, gate)| gate.caller == caller).map(|(&token, _)| token);
        if let Some(token) = found {
            // Its descriptor is closed first: who hears of the end shall not find a reader there.
            state.gates.remove(&token);
            state.finish(caller, Err(Refusal::CANCELLED), &self.epoll);
            drop(state);
            self.has_closed();
        }
    }
}
