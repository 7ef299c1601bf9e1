//! Claim: poll cannot wait for a disk: a regular file is always "ready", however long the read then takes.
//!
//! epoll is more honest and refuses. So a server that reads files in its loop stops for every slow disk, and its
//! clients with it; the example helpers_read_while_the_loop_serves shows what to do.
//!
//! Usage: cargo run -q -p client-server --example a_file_on_disk_is_always_ready
//! See also: `poll(2)`, `epoll_ctl(2)` (EPERM)

use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use std::os::fd::AsFd;

fn main() -> Result<()> {
    let file = tempfile::tempfile().context("make a file")?;
    let mut entry = [PollFd::new(file.as_fd(), PollFlags::POLLIN)];
    poll(&mut entry, PollTimeout::ZERO).context("poll")?;
    println!("an empty file, nothing to read; poll says ready: {}", entry[0].any() == Some(true));
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).context("make an epoll descriptor")?;
    let refusal =
        epoll.add(&file, EpollEvent::new(EpollFlags::EPOLLIN, 0)).expect_err("files cannot be waited for");
    println!("epoll: {refusal}");
    Ok(())
}
