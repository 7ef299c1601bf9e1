//! Claim: workers may be volunteers: the boss did not start them, does not know them, and loses nothing with them.
//!
//! They connect by a socket, as in Folding@home, and take one task at a time. Two of them take a task and die. The boss
//! sees it as the end of their connection and gives their tasks to others. Workers fail independently.
//!
//! Usage: cargo run -q -p work-queue --example volunteers_come_and_go
//! See also: `accept(2)`, `poll(2)`

use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, raise};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use work_queue::queue;

#[derive(Default)]
struct Boss {
    waiting: Vec<u32>,
    /// Each volunteer's connection, and the task that it has.
    volunteers: Vec<(TcpStream, Option<u32>)>,
    answers: BTreeMap<u32, u32>,
    given: usize,
    lost: usize,
}

fn main() -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("listen")?;
    let address = listener.local_addr().context("ask for the port")?;
    let mut boss = Boss { waiting: (1..=20).collect(), ..Boss::default() };

    let weak = [volunteer(address, true)?, volunteer(address, true)?];
    while boss.lost < 2 {
        boss.step(&listener)?;
    }
    println!("two volunteers came, took a task each, and died: answers {}", boss.answers.len());
    let strong = [volunteer(address, false)?, volunteer(address, false)?];
    while boss.answers.len() < 20 {
        boss.step(&listener)?;
    }
    println!("two others came: answers {}, tasks given {}", boss.answers.len(), boss.given);
    println!("every answer is right: {}", boss.answers.iter().all(|(task, square)| task * task == *square));
    drop(boss);
    drop(listener); // A volunteer that comes late is refused.
    weak.into_iter().chain(strong).try_for_each(|pid| ipc_kit::wait_for(pid).map(drop)).context("wait")
}

impl Boss {
    /// Waits for the next thing to happen, and does what it asks for.
    fn step(&mut self, listener: &TcpListener) -> Result<()> {
        let mut sources = vec![PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
        sources.extend(self.volunteers.iter().map(|(line, _)| PollFd::new(line.as_fd(), PollFlags::POLLIN)));
        poll(&mut sources, PollTimeout::NONE).context("wait for volunteers")?;
        let ready: Vec<bool> = sources.iter().map(|source| source.any() == Some(true)).collect();
        // From the last to the first, so that removing one does not move those still to be looked at.
        for number in (0..self.volunteers.len()).rev().filter(|number| ready[number + 1]) {
            self.hear(number)?;
        }
        if ready[0] {
            let (line, _) = listener.accept().context("accept a volunteer")?;
            self.volunteers.push((line, None));
        }
        for (line, task) in self.volunteers.iter_mut().filter(|(_, task)| task.is_none()) {
            *task = self.waiting.pop();
            if let Some(task) = task {
                queue::put(line.as_fd(), *task).context("give a task")?;
                self.given += 1;
            }
        }
        Ok(())
    }

    fn hear(&mut self, number: usize) -> Result<()> {
        let (line, task) = &mut self.volunteers[number];
        if let Ok(Some(answer)) = queue::take(line.as_fd()) {
            self.answers.insert(task.take().context("expect an answer")?, answer);
        } else {
            // End of file, or a reset: it is gone, and its task is not.
            self.waiting.extend(self.volunteers.remove(number).1);
            self.lost += 1;
        }
        Ok(())
    }
}

/// Connects by itself, as a stranger would. A weak one dies of its first task.
fn volunteer(address: SocketAddr, is_weak: bool) -> Result<Pid> {
    let work = || -> Result<()> {
        let line = TcpStream::connect(address)?;
        while let Some(task) = queue::take(line.as_fd())? {
            if is_weak {
                raise(Signal::SIGKILL)?;
            }
            queue::put(line.as_fd(), task * task)?;
        }
        Ok(())
    };
    ipc_kit::run_in_child(|| u8::from(work().is_err())).context("start a volunteer")
}
