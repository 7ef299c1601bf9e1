//! The report: data for programs, and two texts for people.

use serde::Serialize;

use crate::words::{count, printable};

/// How long a line of the short text may be, in characters.
const LINE: usize = 200;
/// How many waits of one cause the short text shows.
const WAITS: usize = 4;

/// What is known of a tree of processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// All in one word.
    pub verdict: Verdict,
    /// One for each thread and zombie.
    pub waits: Vec<Wait>,
    /// The roots; consequences are left out.
    pub causes: Vec<Cause>,
    /// The pipes, sockets, queues and terminals each process has open.
    pub open: Vec<Open>,
    /// What could not be read, in sentences.
    pub unknown: Vec<String>,
}

/// The state of the whole tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// A deadlock, proved.
    Stuck,
    /// Somebody is stuck, as far as can be seen.
    LikelyStuck,
    /// Somebody runs.
    Busy,
    /// Somebody waits for the clock, nobody is stuck.
    Sleeping,
    /// Everybody waits for something that can still come.
    Idle,
    /// No member is left, or only zombies.
    Gone,
}

/// What one thread does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wait {
    /// The process.
    pub pid: i32,
    /// The thread.
    pub tid: i32,
    /// Its name in a student's words, such as ``your shell (psh, pid 12)``.
    pub who: String,
    /// In what it waits.
    pub kind: Kind,
    /// Whether it can go on.
    pub state: State,
    /// The rest of the sentence that begins with `who`.
    pub text: String,
    /// Who outside, or which clock, can still end it.
    pub woken_by: Option<String>,
    /// What else can be seen.
    pub notes: Vec<String>,
}

/// In what a thread waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Kind {
    /// It does not wait.
    Run,
    /// For a time.
    Sleep,
    /// For a child to end.
    Child,
    /// For data.
    Read,
    /// For room.
    Write,
    /// For a client.
    Accept,
    /// For a server.
    Connect,
    /// For the other side of a FIFO.
    Open,
    /// For a lock or condition in memory.
    Futex,
    /// For a thread to end.
    Join,
    /// In a POSIX message queue.
    Queue,
    /// In a System V queue or semaphore.
    SystemV,
    /// For a signal.
    Signal,
    /// For a file lock.
    Lock,
    /// In poll, select or epoll.
    Poll,
    /// It is stopped by a signal.
    Stopped,
    /// It has ended.
    Zombie,
    /// In the kernel's hands.
    Device,
    /// In a tracer's hands.
    Traced,
    /// In something this library does not know.
    Unknown,
}

/// Whether a thread can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum State {
    /// Nobody is left who could wake it.
    Stuck,
    /// It waits, and may be woken.
    Waits,
    /// It runs.
    Busy,
    /// It has ended and is not waited for.
    Zombie,
    /// It is stopped by a signal.
    Stopped,
}

/// A root cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The processes of it.
    pub members: Vec<i32>,
    /// Why, in one sentence.
    pub why: String,
    /// What to change.
    pub fixes: Vec<String>,
    /// Which kind of mistake.
    pub kind: CauseKind,
    /// Its waits, as places in [`Report::waits`].
    pub waits: Vec<usize>,
}

/// The kinds of root causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum CauseKind {
    /// A write end that nobody will use is still open: no end of file comes.
    ForgottenWriteEnd,
    /// A child cannot end while its output is not read, and its reader waits for it to end.
    WaitBeforeRead,
    /// Everybody writes and nobody reads.
    FullBothWays,
    /// Everybody waits to receive.
    EverybodyReceives,
    /// Another circle.
    Cycle,
    /// Nobody has the other end.
    PeerGone,
    /// A connection that nobody accepts.
    NotAccepted,
    /// It waits for more than the check, or somebody outside, sends.
    NothingMoreComes,
    /// A FIFO that nobody opens from the other side.
    MissingOpener,
    /// Locks taken in different orders.
    LockOrder,
    /// The owner of a lock is dead.
    OwnerDied,
    /// A word was changed, and nobody woke.
    MissedWake,
    /// A sleep on shared memory with the private flag.
    PrivateWait,
    /// A semaphore that nobody raises.
    NeverPosted,
    /// A queue that is full.
    QueueFull,
    /// A queue whose messages have another type.
    WrongType,
    /// A signal that came before the wait for it.
    LostSignal,
    /// A signal that is pending and blocked, or not caught.
    BlockedSignal,
    /// A child that has ended and is not waited for.
    NeverReaped,
    /// A process that is stopped.
    Stopped,
    /// Something else.
    Other,
}

/// What a process has open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Open {
    /// The process.
    pub pid: i32,
    /// Its name.
    pub who: String,
    /// For example `stdin: read end of pipe A`.
    pub descriptors: Vec<String>,
}

impl Verdict {
    /// The verdict as a sentence.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Stuck => "stuck, and that is proved: nobody is left who could wake anyone",
            Self::LikelyStuck => "probably stuck",
            Self::Busy => "busy: somebody runs",
            Self::Sleeping => "asleep until the clock wakes somebody",
            Self::Idle => "idle: everybody waits for something that can still come",
            Self::Gone => "gone: no process is left that could do anything",
        }
    }
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Stuck => "stuck",
            Self::Waits => "waits",
            Self::Busy => "busy",
            Self::Zombie => "zombie",
            Self::Stopped => "stopped",
        }
    }
}

impl Report {
    /// For a student: the waits that belong to the root causes, why, and what to change. At most `lines` lines.
    #[must_use]
    pub fn short(&self, lines: usize) -> String {
        let mut all = Vec::new();
        for cause in &self.causes {
            let told = cause.waits.iter().filter_map(|at| self.waits.get(*at));
            all.extend(told.clone().take(WAITS).map(|wait| format!("{} {}", wait.who, wait.text)));
            if told.clone().count() > WAITS {
                all.push(format!("... and {} more of the same", told.count() - WAITS));
            }
            all.push(format!("why: {}", cause.why));
            all.extend(cause.fixes.iter().map(|fix| format!("fix: {fix}")));
        }
        if self.causes.is_empty() {
            all.extend(self.waits.iter().map(Wait::line));
        } else if let Some(others) = self.consequences() {
            all.push(others);
        }
        clip(all, lines)
    }

    /// `2 more processes wait for these`.
    fn consequences(&self) -> Option<String> {
        let is_root = |at: usize| self.causes.iter().any(|cause| cause.waits.contains(&at));
        let others = (0..self.waits.len()).filter(|&at| self.waits[at].state == State::Stuck && !is_root(at));
        let mut pids: Vec<i32> = others.map(|at| self.waits[at].pid).collect();
        pids.retain(|pid| !self.causes.iter().any(|cause| cause.members.contains(pid)));
        pids.dedup();
        let verb = if pids.len() == 1 { "waits" } else { "wait" };
        (!pids.is_empty())
            .then(|| format!("{} only {verb} for these", count(pids.len(), "process", "processes")))
    }

    /// Everything: each process and thread, what it has open, notes, and what is not known.
    #[must_use]
    pub fn full(&self) -> String {
        let mut lines = vec![self.verdict.words().to_owned()];
        for wait in &self.waits {
            lines.push(format!("  {:<8} {} {}", wait.state.word(), wait.who, wait.text));
            lines.extend(wait.woken_by.iter().map(|by| format!("             can still be ended by {by}")));
            lines.extend(wait.notes.iter().map(|note| format!("             note: {note}")));
        }
        for cause in &self.causes {
            lines.push(format!("why: {}", cause.why));
            lines.extend(cause.fixes.iter().map(|fix| format!("fix: {fix}")));
        }
        for open in self.open.iter().filter(|open| !open.descriptors.is_empty()) {
            lines.push(format!("open in {}:", open.who));
            lines.extend(open.descriptors.iter().map(|descriptor| format!("  {descriptor}")));
        }
        lines.extend(self.unknown.iter().map(|text| format!("not known: {text}")));
        lines.join("\n")
    }
}

impl Wait {
    fn line(&self) -> String {
        let by = self.woken_by.as_ref().filter(|_| self.state == State::Waits);
        let by = by.map_or(String::new(), |by| format!(" (can still be ended by {by})"));
        format!("{} {}{by}", self.who, self.text)
    }
}

/// At most `lines` lines; the last one counts what was left out.
fn clip(mut all: Vec<String>, lines: usize) -> String {
    if all.len() > lines {
        let rest = all.len() - lines.saturating_sub(1);
        all.truncate(lines.saturating_sub(1));
        all.push(format!("... {rest} more lines"));
    }
    all.iter().take(lines).map(|line| printable(line, LINE)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(pid: i32, text: &str, state: State) -> Wait {
        let who = format!("`p{pid}` (pid {pid})");
        let (text, notes) = (text.to_owned(), Vec::new());
        Wait { pid, tid: pid, who, kind: Kind::Read, state, text, woken_by: None, notes }
    }

    fn report() -> Report {
        let cause = Cause {
            members: vec![1, 2],
            why: "a circle".to_owned(),
            fixes: vec!["close it".to_owned()],
            kind: CauseKind::Cycle,
            waits: vec![0, 1],
        };
        let waits = vec![
            wait(1, "waits for 2", State::Stuck),
            wait(2, "waits for 1", State::Stuck),
            wait(3, "waits for 1", State::Stuck),
        ];
        Report {
            verdict: Verdict::LikelyStuck,
            waits,
            causes: vec![cause],
            open: Vec::new(),
            unknown: Vec::new(),
        }
    }

    #[test]
    fn the_short_text_shows_the_root_and_counts_the_consequences() {
        let expected = "`p1` (pid 1) waits for 2\n`p2` (pid 2) waits for 1\nwhy: a circle\nfix: close it\n\
            1 process only waits for these";
        assert_eq!(report().short(10), expected);
    }

    #[test]
    fn the_short_text_keeps_to_its_lines() {
        assert_eq!(report().short(3).lines().last(), Some("... 3 more lines"));
        assert_eq!(report().short(3).lines().count(), 3);
        assert_eq!(report().short(1).lines().count(), 1);
    }

    #[test]
    fn a_long_line_is_cut() {
        let mut report = report();
        report.causes[0].why = "x".repeat(900);
        assert!(report.short(10).lines().all(|line| line.chars().count() <= LINE + 1));
    }
}
