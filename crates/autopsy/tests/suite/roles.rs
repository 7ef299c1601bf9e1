//! A program with a role is called by it, and so is its copy that has not called exec.

use std::sync::Arc;

use anyhow::{Result, bail, ensure};
use libtest_mimic::{Failed, Trial};

use crate::house::{House, Room};
use crate::normal::normal;
use crate::order::{Answer, Order, Task};
use crate::ways::{Way, ask};

/// A case, and lines of its short form.
const TOLD: [(&str, &str, &str); 2] = [
    (
        "a_student_is_told_of_their_shell",
        "parent-write-end",
        "your shell (shell, pid N) waits for `sort` (pid N) to exit\n\
         `sort` (pid N) waits for input on stdin, pipe A: it is empty, and no end of file comes, because a write end is \
         still open in your shell (shell, pid N), fd 4\n\
         why: a circle: your shell and `sort` wait for each other\n\
         fix: close fd 4, the write end of pipe A, in your shell after the last fork and before the wait",
    ),
    (
        "a_student_is_told_of_a_copy_of_their_shell",
        "work-queue",
        "a copy of your shell (worker-2, pid N) waits for input on fd 3, pipe B: it is empty, and no end of file comes, \
         because a write end is still open in your shell (boss, pid N), fd 4",
    ),
];

pub(crate) fn trials(house: &Arc<House>) -> Vec<Trial> {
    let trial = |(name, case, wanted): (&str, &'static str, &'static str)| {
        let house = Arc::clone(house);
        Trial::test(name, move || {
            told(&house, case, wanted).map_err(|error| Failed::from(format!("{error:#}")))
        })
    };
    TOLD.into_iter().map(trial).collect()
}

fn told(house: &House, case: &str, wanted: &str) -> Result<()> {
    let room = Room::new(house)?;
    let order = Order {
        role: Some("your shell".to_owned()),
        ..Order::new(house, &room, case, Task::Tell { closed: true })
    };
    let Answer::Told { closed: Some(closed), .. } = ask(house, Way::User, &order)? else {
        bail!("the reader told nothing");
    };
    let short = normal(&closed.short, &room.token, "/nowhere");
    ensure!(short.contains(wanted), "{short}");
    Ok(())
}
