//! Claim: the boss can accept the client and *choose* its worker: the connection is passed (SCM_RIGHTS).
//!
//! The workers existed before the connection did, so they have not inherited it. Pipes and sockets do not need related
//! processes. The worker answers the client itself; no byte of the answer goes through the boss.
//!
//! Usage: cargo run -q -p work-queue --example a_boss_can_pass_a_connection_to_a_worker
//! See also: `unix(7)` (SCM_RIGHTS), and `src/descriptor.rs`

use anyhow::{Context, Result};
use std::net::{TcpListener, TcpStream};
use work_queue::client::Client;
use work_queue::crew::Crew;
use work_queue::handler::{Handler, PATIENCE};
use work_queue::{descriptor, quit::Quit};

fn main() -> Result<()> {
    let root = tempfile::tempdir().context("make a folder")?;
    std::fs::write(root.path().join("a.txt"), "a").context("write a file")?;
    let handler = Handler::new(root.path(), PATIENCE)?;
    let mut crew = Crew::default();
    for _ in 0..3 {
        crew.hire(|line| {
            let quit = Quit::at_sigterm()?;
            while let Some(connection) = descriptor::receive(&line)? {
                handler.converse(&TcpStream::from(connection), &quit);
            }
            Ok(())
        })?;
    }

    let listener = TcpListener::bind(("127.0.0.1", 0)).context("listen")?;
    let address = listener.local_addr().context("ask for the port")?;
    for chosen in [2, 0, 2] {
        let mut client = Client::connect(address)?;
        let (connection, _) = listener.accept().context("accept")?;
        descriptor::pass(crew.line(chosen), &connection)?;
        drop(connection); // The worker has its own descriptor, even if it has not received it yet.
        let by = client.get("/a.txt")?.by;
        println!("passed to worker {chosen}: it answered: {}", by == crew.pid(chosen));
    }
    Ok(())
}
