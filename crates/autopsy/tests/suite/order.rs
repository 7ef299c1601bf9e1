//! What the suite asks a reader to do, and what it answers: JSON on its command line and its standard output.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::house::{House, Room};

/// Start one program and read it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    /// Where `autopsy-cases` is.
    pub(crate) program: PathBuf,
    /// The case.
    pub(crate) case: String,
    /// The word in the names of all it makes.
    pub(crate) token: String,
    /// Its folder for files.
    pub(crate) temp: PathBuf,
    /// A command to be put before the program, such as `unshare`. Then the program is process 2 of a new PID namespace.
    pub(crate) before: Vec<String>,
    /// Whether the case prints `ready` instead of coming to rest.
    pub(crate) says_ready: bool,
    /// Pretend that `/proc/PID/syscall` is refused.
    pub(crate) refused: bool,
    /// What a student calls the program, if it has a role.
    pub(crate) role: Option<String>,
    /// What to do.
    pub(crate) task: Task,
}

impl Order {
    /// An order for a case that comes to rest, in this room.
    pub(crate) fn new(house: &House, room: &Room, case: &str, task: Task) -> Self {
        Self {
            program: house.cases(),
            case: case.to_owned(),
            token: room.token.clone(),
            temp: room.temp.path().to_owned(),
            before: Vec::new(),
            says_ready: false,
            refused: false,
            role: None,
            task,
        }
    }
}

/// What the reader does when the program is ready.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Task {
    /// Explain it once in the open world, and in the closed one if its promise is true for it.
    Tell { closed: bool },
    /// Try to prove it stuck so many times, and in the closed world too if the promise is true for it.
    Doubt { times: u32, closed: bool },
    /// Wait to be killed.
    Wait,
}

/// What the reader found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The explanation in the open and in the closed world.
    Told { open: Box<Told>, closed: Option<Box<Told>> },
    /// Nothing was proved, in so many looks; so many times somebody in the program went on meanwhile.
    Doubted { looks: u32, steps: u64 },
    /// A false proof.
    Accused { world: String, text: String },
    /// The reader could not do it.
    Failed(String),
}

/// One explanation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Told {
    /// `Stuck` if it was proved, else what one look says.
    pub(crate) verdict: String,
    /// The kinds of the causes.
    pub(crate) causes: Vec<String>,
    /// The advice of all causes.
    pub(crate) fixes: Vec<String>,
    /// For a student.
    pub(crate) short: String,
    /// Everything.
    pub(crate) full: String,
    /// As JSON.
    pub(crate) json: serde_json::Value,
}
