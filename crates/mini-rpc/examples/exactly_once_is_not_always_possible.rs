//! Claim: when the effect is outside of the server's memory, no order of effect and note makes it happen exactly once:
//! a crash can come between the two.
//!
//! The effect is a bell, the note says "this call is done" and survives. The server does the one, then the other, and
//! crashes before, between or after. The client then sends again, with the same number; or it does not.
//!
//! Usage: cargo run -q -p mini-rpc --example exactly_once_is_not_always_possible
//! See also: the example effect_and_note_in_one_step_survive_a_crash

use std::ops::ControlFlow::{self, Break, Continue};

#[derive(Clone, Copy)]
enum Step {
    Ring,
    Note,
}

#[derive(Default)]
struct Server {
    rung: usize,
    noted: bool,
    steps_until_crash: Option<usize>,
}

impl Server {
    /// Executes the call, unless it is noted already. A crash ends it between two steps.
    fn receive(&mut self, order: [Step; 2]) -> ControlFlow<()> {
        if self.noted {
            return Continue(());
        }
        for step in order {
            self.crash_if_it_is_time()?;
            match step {
                Step::Ring => self.rung += 1,
                Step::Note => self.noted = true,
            }
        }
        self.crash_if_it_is_time()
    }

    fn crash_if_it_is_time(&mut self) -> ControlFlow<()> {
        let left = self
            .steps_until_crash
            .map_or(Continue(()), |left| if left == 0 { Break(()) } else { Continue(()) });
        self.steps_until_crash = self.steps_until_crash.map(|left| left.saturating_sub(1));
        left
    }
}

fn main() {
    println!("times rung when the crash comes    before | between | after both");
    for (order, name) in
        [([Step::Ring, Step::Note], "ring, then note"), ([Step::Note, Step::Ring], "note, then ring")]
    {
        for retries in [false, true] {
            let rung: Vec<String> = (0..3).map(|crash| run(order, retries, crash).to_string()).collect();
            let client = if retries { "client sends again" } else { "client gives up   " };
            println!("{name}, {client}: {}", rung.join(" | "));
        }
    }
}

fn run(order: [Step; 2], retries: bool, crash: usize) -> usize {
    let mut server = Server { steps_until_crash: Some(crash), ..Server::default() };
    if server.receive(order).is_break() && retries {
        server.steps_until_crash = None; // It was started again; it has its note, if there is one.
        assert!(server.receive(order).is_continue());
    }
    server.rung
}
