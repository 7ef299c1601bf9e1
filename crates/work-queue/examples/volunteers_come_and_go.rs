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
use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
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
    // They are made before the boss has a socket, so that they hold nothing of it: strangers, as in real life.
    let (weak, call_weak) = ipc_kit::pipe().context("make a pipe")?;
    let (strong, call_strong) = ipc_kit::pipe().context("make a pipe")?;
    let mut calls = Some([call_weak, call_strong]);
    let mut volunteers = Vec::new();
    for (call, is_weak) in [(&weak, true), (&weak, true), (&strong, false), (&strong, false)] {
        let volunteer = ipc_kit::run_in_child(|| {
            calls = None;
            u8::from(volunteer(call, is_weak).is_err())
        });
        volunteers.push(volunteer.context("start a volunteer")?);
    }

    let listener = TcpListener::bind(("127.0.0.1", 0)).context("listen")?;
    let port = listener.local_addr().context("ask for the port")?.port();
    let mut boss = Boss { waiting: (1..=20).collect(), ..Boss::default() };
    let [call_weak, call_strong] = calls.context("keep the write ends")?;
    (0..2).try_for_each(|_| queue::put(&call_weak, port.into())).context("call two volunteers")?;
    while boss.lost < 2 {
        boss.step(&listener)?;
    }
    println!("two volunteers came, took a task each, and died: answers {}", boss.answers.len());
    (0..2).try_for_each(|_| queue::put(&call_strong, port.into())).context("call two others")?;
    while boss.answers.len() < 20 {
        boss.step(&listener)?;
    }
    println!("two others came: answers {}, tasks given {}", boss.answers.len(), boss.given);
    println!("every answer is right: {}", boss.answers.iter().all(|(task, square)| task * task == *square));
    drop((boss, listener)); // Who comes late is refused, and goes home as well.
    volunteers
        .into_iter()
        .try_for_each(|pid| ipc_kit::wait_for(pid).map(drop))
        .context("wait for a volunteer")
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

/// Connects by itself when it hears of the boss's port. A weak one dies of its first task.
fn volunteer(call: &OwnedFd, is_weak: bool) -> Result<()> {
    let port = u16::try_from(queue::take(call)?.context("hear of a boss")?)?;
    let line = TcpStream::connect(("127.0.0.1", port))?;
    while let Some(task) = queue::take(line.as_fd())? {
        if is_weak {
            raise(Signal::SIGKILL)?;
        }
        queue::put(line.as_fd(), task * task)?;
    }
    Ok(())
}
