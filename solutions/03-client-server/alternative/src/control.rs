//! The session of whoever is in charge. It waits for its own client only, so an ABORT never stands in a line.

use crate::answer::{Refusal, ok};
use crate::board::Board;
use crate::client::{Client, Over};
use crate::inbox::Inbox;
use crate::signals::Lifeline;

/// Answers until one side has had enough.
pub fn run(client: &Client<'_>, board: &Board, lifeline: &Lifeline) {
    let mut inbox = Inbox::new(client.kind(), lifeline);
    while let Some(line) = inbox.next(client) {
        if answer(client, board, line.as_deref().map_err(|&refusal| refusal)).is_err() {
            break;
        }
    }
    client.hang_up();
}

fn answer(client: &Client<'_>, board: &Board, line: Result<&[u8], Refusal>) -> Result<(), Over> {
    match line {
        Ok(b"ABORT") => {
            board.abort();
            client.send(&ok(b""))
        }
        Ok(b"") => client.refuse(Refusal::Empty),
        Ok(_) => client.refuse(Refusal::Unknown),
        Err(refusal) => client.refuse(refusal).and(Err(Over)),
    }
}
