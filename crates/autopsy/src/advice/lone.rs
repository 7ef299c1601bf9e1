//! Causes that one wait alone shows.

use super::{Found, Group};
use crate::part::Clue;
use crate::report::CauseKind;
use crate::wait::Waiting;
use crate::wait::socket::NO_FIXED_END;
use crate::words::list;

impl Group<'_> {
    pub(super) fn lone(&self) -> Option<Found> {
        self.memory()
            .or_else(|| self.signal())
            .or_else(|| self.clue(|wait, clue| self.name(wait, clue)))
            .or_else(|| self.neglect())
            .or_else(|| self.unread())
            .or_else(|| self.nothing_more())
    }

    /// An answer that the check does not read.
    fn unread(&self) -> Option<Found> {
        self.clue(|wait, clue| {
            let who = self.who(wait);
            let fix = if wait.part.text.contains(NO_FIXED_END) {
                "send with MSG_DONTWAIT: a datagram for which there is no room may be lost"
            } else {
                "do not block in a write: make the socket non-blocking (O_NONBLOCK), keep what is left, and poll for \
                 POLLOUT"
            };
            let why = || format!("{who} waits in a write until the check reads, and the check waits for {who}");
            (*clue == Clue::UnreadByCheck).then(|| (CauseKind::OneAtATime, why(), vec![fix.to_owned()]))
        })
    }

    fn who(&self, wait: &Waiting) -> String {
        self.reader.names.brief(wait.pid)
    }

    fn memory(&self) -> Option<Found> {
        self.clue(|wait, clue| {
            let who = self.who(wait);
            Some(match clue {
                Clue::DeadOwner(owner) => (
                    CauseKind::OwnerDied,
                    format!("{owner} died while it held the lock that {who} waits for"),
                    vec![
                        "use a robust lock (EOWNERDEAD), or keep the owner's id in the word and take the lock \
                         over when that process is gone"
                            .to_owned(),
                    ],
                ),
                Clue::PrivateWait => (
                    CauseKind::PrivateWait,
                    format!("{who} sleeps with the private flag, so that no other process can wake it"),
                    vec![
                        "leave out FUTEX_PRIVATE_FLAG (std's locks and default pthread locks are private: they \
                         do not work between processes)"
                            .to_owned(),
                    ],
                ),
                Clue::OwnLock => (
                    CauseKind::SelfLock,
                    format!("{who} waits for a lock that it holds itself"),
                    vec![
                        "let go of the lock before taking it again; a file lock (flock) belongs to the open file, \
                         so open the file once"
                            .to_owned(),
                    ],
                ),
                Clue::Alone { is_copy } => (
                    CauseKind::NeverSignalled,
                    format!("{who} waits for a lock or condition, and has no thread that could wake it"),
                    vec![alone(*is_copy).to_owned()],
                ),
                Clue::MissedWake => (
                    CauseKind::MissedWake,
                    format!("the word {who} sleeps on has changed, and nobody woke it"),
                    vec!["after storing the new value, call FUTEX_WAKE on the same word".to_owned()],
                ),
                Clue::Semaphore(name) => (
                    CauseKind::NeverPosted,
                    format!("nobody raises the semaphore {name} that {who} waits for"),
                    vec!["raise it on every path, or create it with the right first value".to_owned()],
                ),
                _ => return None,
            })
        })
    }

    fn signal(&self) -> Option<Found> {
        self.clue(|wait, clue| {
            let who = self.who(wait);
            Some(match clue {
                Clue::LostChild { ended, is_taken } => {
                    let names: Vec<String> = ended.iter().map(|pid| self.reader.names.brief(*pid)).collect();
                    let names = list(&names, "and");
                    let (why, fix) = if *is_taken {
                        (
                            format!("{names} ended, and {who} never asked: one SIGCHLD may stand for several children"),
                            "after each SIGCHLD call waitpid with WNOHANG again and again, until it gives 0 (or ECHILD)",
                        )
                    } else {
                        (
                            format!("{names} ended before {who} began to wait for SIGCHLD: the signal is lost"),
                            "block SIGCHLD before the fork and wait with sigsuspend, or call waitpid directly",
                        )
                    };
                    (CauseKind::LostSignal, why, vec![fix.to_owned()])
                }
                Clue::BlockedSignal(signals) => (
                    CauseKind::BlockedSignal,
                    format!("{signals} has come for {who}, but is blocked"),
                    vec!["unblock it while waiting: sigsuspend does both in one step".to_owned()],
                ),
                Clue::NothingCaught => (
                    CauseKind::BlockedSignal,
                    format!("{who} waits for a signal, and has no handler that one could reach"),
                    vec![
                        "install the handler (sigaction) before the wait, and unblock the signal".to_owned(),
                    ],
                ),
                _ => return None,
            })
        })
    }

    fn name(&self, wait: &Waiting, clue: &Clue) -> Option<Found> {
        let who = self.who(wait);
        Some(match clue {
            Clue::MissingOpener { path, direction } => (
                CauseKind::MissingOpener,
                format!("{who} waits in open, and nobody opens {path} {direction}"),
                vec![format!(
                    "start a process that opens {path} {direction}; if one did and has ended, open the FIFO \
                     before it ends"
                )],
            ),
            Clue::NameGone(name) => (
                CauseKind::PeerGone,
                format!("{who} waits for clients at {name}, but that name is gone"),
                vec![format!("remove {name} only when the server ends, and bind before the clients start")],
            ),
            Clue::OtherTypes(kind) => (
                CauseKind::WrongType,
                format!("{who} wants messages of type {kind}, and the queue has only others"),
                vec!["send and receive with the same type; 0 receives any".to_owned()],
            ),
            Clue::QueueFull if self.places.len() == 1 => (
                CauseKind::QueueFull,
                format!("the queue is full, and nobody is left who takes a message from it but {who}"),
                vec![
                    "start the receiver first, or send with a time-out (mq_timedsend, IPC_NOWAIT)".to_owned(),
                ],
            ),
            Clue::NobodyHas(what) if wait.part.wakers.iter().all(|waker| waker.pid == wait.pid) => (
                CauseKind::PeerGone,
                format!("nobody but {who} is left who could put anything into {what}"),
                vec![
                    "start the sender, or find out why it ended; close what nobody serves any more"
                        .to_owned(),
                ],
            ),
            Clue::WatchesNothing => (
                CauseKind::Other,
                format!("{who} watches no descriptor and has no time-out: that call never returns"),
                vec!["leave the loop when the last descriptor is closed".to_owned()],
            ),
            _ => return None,
        })
    }

    fn nothing_more(&self) -> Option<Found> {
        self.clue(|wait, clue| {
            let who = self.who(wait);
            let (why, fix) = match clue {
                Clue::FromCheck => (
                    format!(
                        "{who} waits for more input than it gets: the check has sent everything, and keeps the \
                         other end open"
                    ),
                    format!("let {who} answer, or end, with what it has; do not wait for end of file there"),
                ),
                Clue::AtGate => {
                    let why = format!("{who} waits at a gate, and the check opens it only after what it waits for");
                    return Some((CauseKind::NothingMoreComes, why, Vec::new()));
                }
                Clue::FromOutside => (
                    format!("{who} waits for input, and those outside who could send it send nothing"),
                    format!("connect {who} with the pipe or file it is meant to read, before exec"),
                ),
                Clue::NoClient => (
                    format!("{who} waits for a client, and nobody is left who could connect"),
                    format!("look why the clients did not connect; end {who} when the last one has gone"),
                ),
                _ => return None,
            };
            Some((CauseKind::NothingMoreComes, why, vec![fix]))
        })
    }
}

/// What a program without a second thread has done wrong with a lock.
fn alone(is_copy: bool) -> &'static str {
    if is_copy {
        "a lock that another thread held at the fork stays locked in the child for ever: call only exec or _exit \
         after a fork, or fork before the threads start"
    } else {
        "do not take a lock twice in one thread, and do not wait for a condition that no other thread can notify"
    }
}
