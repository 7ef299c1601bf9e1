//! Claim: in a server of one process the second client waits for the first; with more processes it does not.
//!
//! The first client has sent half a request, and the server waits for the rest. In the form `one` nobody is there for
//! the second client: it sits in the backlog until the first is served. In the other two its answer comes first.
//!
//! Usage: cargo run -q -p work-queue --example the_second_request_waits_only_in_one_process
//! See also: `accept(2)`, `listen(2)` (backlog)

use anyhow::{Context, Result};
use work_queue::{asleep, client::Client, form::Form, site::Site};

const FORMS: [(&str, Form); 3] = [("one", Form::One), ("fork", Form::Fork(8)), ("pool", Form::Pool(2))];

fn main() -> Result<()> {
    let root = tempfile::tempdir().context("make a folder")?;
    std::fs::write(root.path().join("a.txt"), "a").context("write a file")?;
    for (name, form) in FORMS {
        let site = Site::start(form, root.path())?;
        let mut first = Client::connect(site.address())?;
        first.get("/a.txt")?; // So the server has accepted it.
        first.send("GET /a.txt HTTP/1.1\r\n")?; // Half a request.
        let mut second = Client::connect(site.address())?;
        second.ask("/a.txt")?;
        let held = if form == Form::One {
            asleep::until_in(site.boss(), libc::SYS_ppoll)?;
            let waiting = asleep::backlog(site.address().port())?;
            println!(
                "{name}: in the backlog: {waiting}, nothing for the second: {}",
                second.has_nothing_yet()?
            );
            first.send("Host: here\r\n\r\n")?;
            first.answer()?;
            drop(first);
            None
        } else {
            Some(first)
        };
        println!(
            "{name}: answer {} for the second, first still served: {}",
            second.answer()?.status,
            held.is_some()
        );
    }
    Ok(())
}
