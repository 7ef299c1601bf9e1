//! Claim: fork copies no page; the first write to a shared page copies that page, and no other.
//!
//! 64 pages are filled, then a child is made. It shares all of them, until it writes one byte into 3 of them. The kernel's
//! own list counts: pages of one process alone, and pages that others have as well.
//!
//! Usage: cargo run -q -p divide-conquer --example a_write_after_fork_copies_one_page
//! See also: `fork(2)`, `proc_pid_smaps(5)`, `getrusage(2)` (minor faults)

use anyhow::Result;
use divide_conquer::crew::Crew;
use divide_conquer::mailbox::{Mailbox, Message};
use divide_conquer::mapping::{Private, page_size};
use divide_conquer::smaps;
use nix::unistd::getpid;

const PAGES: usize = 64;
const GO: Message = Message { from: 0, round: 0, word: 0 };

fn main() -> Result<()> {
    let page = page_size()?;
    let mut pages = Private::new(PAGES)?;
    pages.bytes_mut().fill(1);
    let address = pages.address();
    let tell = |when: &str, pid| -> Result<()> {
        let count = smaps::count(pid, address, PAGES * page)?;
        println!("{when}: {:>2} alone, {:>2} shared", count.private, count.shared);
        Ok(())
    };
    tell("before fork, parent      ", getpid())?;

    let (write, done, end) = (Mailbox::new()?, Mailbox::new()?, Mailbox::new()?);
    let child = Crew::start(1, |_| {
        write.take()?;
        for number in [0, 20, 63] {
            pages.bytes_mut()[number * page] = 2;
        }
        done.put(GO)?;
        end.take()?;
        Ok(0)
    })?;
    tell("after fork, child        ", child.pid(0))?;
    write.put(GO)?;
    done.take()?;
    tell("3 pages written, child   ", child.pid(0))?;
    tell("3 pages written, parent  ", getpid())?;
    end.put(GO)?;
    child.join()
}
