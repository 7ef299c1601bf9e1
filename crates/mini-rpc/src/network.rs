//! A network that does to one frame what real networks do to some: in this process, without a clock and without chance.
//! Frames are counted in the order in which they are sent, calls and returns alike; the fault hits number `frame`.

use std::collections::VecDeque;

/// What can happen to a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does not arrive.
    Lose,
    /// It arrives twice.
    Double,
    /// It arrives after the frame that is sent next in the same direction.
    Delay,
    /// It arrives with one bit changed.
    Flip,
}

/// All of them.
pub const FAULTS: [Fault; 4] = [Fault::Lose, Fault::Double, Fault::Delay, Fault::Flip];

/// One direction of the network.
#[derive(Debug, Default)]
pub struct Wire {
    arrived: VecDeque<Vec<u8>>,
    late: Vec<Vec<u8>>,
}

impl Wire {
    /// The next frame that has arrived.
    pub fn receive(&mut self) -> Option<Vec<u8>> {
        self.arrived.pop_front()
    }

    /// What was under way arrives now: the network is quiet.
    pub fn settle(&mut self) {
        self.arrived.extend(self.late.drain(..));
    }
}

/// Both directions.
#[derive(Debug, Default)]
pub struct Network {
    fault: Option<(Fault, usize)>,
    sent: usize,
    /// From the client to the server.
    pub calls: Wire,
    /// From the server to the client.
    pub returns: Wire,
}

impl Network {
    /// Nothing happens to any frame.
    #[must_use]
    pub fn perfect() -> Self {
        Self::default()
    }

    /// The fault happens to frame number `frame`, the first is 1.
    #[must_use]
    pub fn with(fault: Fault, frame: usize) -> Self {
        Self { fault: Some((fault, frame)), ..Self::default() }
    }

    /// Sends a frame from the client to the server.
    pub fn send_call(&mut self, frame: Vec<u8>) {
        let fault = self.fault_now();
        carry(&mut self.calls, frame, fault);
    }

    /// Sends a frame from the server to the client.
    pub fn send_return(&mut self, frame: Vec<u8>) {
        let fault = self.fault_now();
        carry(&mut self.returns, frame, fault);
    }

    /// How many frames were sent.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.sent
    }

    fn fault_now(&mut self) -> Option<Fault> {
        self.sent += 1;
        self.fault.filter(|(_, frame)| *frame == self.sent).map(|(fault, _)| fault)
    }
}

fn carry(wire: &mut Wire, mut frame: Vec<u8>, fault: Option<Fault>) {
    match fault {
        Some(Fault::Lose) => return,
        Some(Fault::Delay) => return wire.late.push(frame),
        Some(Fault::Double) => wire.arrived.push_back(frame.clone()),
        Some(Fault::Flip) => {
            let last = frame.len() - 1;
            frame[last] ^= 1;
        }
        None => {}
    }
    wire.arrived.push_back(frame);
    wire.settle();
}
