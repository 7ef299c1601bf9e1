//! From the shape of a root to its cause and remedy.

mod answer;
mod circle;
mod ends;
mod lone;
mod neglect;
mod self_pipe;
mod stopped;
mod unheard;

use std::collections::BTreeSet;

use crate::graph::Solved;
use crate::part::Clue;
use crate::report::{Cause, CauseKind, Kind};
use crate::wait::{Reader, Waiting};
use crate::words::list;

/// A cause without its place: kind, why, what to change.
type Found = (CauseKind, String, Vec<String>);

/// The waits of one root.
struct Group<'a> {
    reader: &'a Reader<'a>,
    all: &'a [Waiting],
    places: Vec<usize>,
}

/// The root causes, and what else is worth a word.
pub(crate) fn causes(reader: &Reader, waits: &[Waiting], solved: &Solved) -> Vec<Cause> {
    let group = |places: Vec<usize>| Group { reader, all: waits, places };
    let roots = together(reader, waits, &solved.roots);
    let mut causes =
        merge_openers(reader, waits, roots.iter().cloned().map(group).map(Group::cause).collect());
    let in_root = |at: &usize| solved.roots.iter().any(|root| root.contains(at));
    let is_stuck = |at: &usize| !solved.alive[*at] && waits[*at].kind != Kind::Zombie;
    let stuck: Vec<usize> = (0..waits.len()).filter(|at| is_stuck(at) && !in_root(at)).collect();
    let kept: Vec<Cause> = roots
        .into_iter()
        .map(group)
        .filter(Group::is_idle)
        .flat_map(|root| root.kept_waiting(&stuck))
        .map(|(at, (kind, why, fixes))| Cause {
            members: vec![waits[at].pid],
            why,
            fixes,
            kind,
            waits: vec![at],
        })
        .collect();
    causes.splice(0..0, kept);
    let is_hint = |wait: &Waiting| {
        let clues = &wait.part.clues;
        clues.iter().any(|clue| matches!(clue, Clue::BlockedSignal(_) | Clue::LostChild { .. }))
    };
    // A signal may still come and end these; that they wait beside the one that came is a mistake all the same.
    let hints = (0..waits.len()).filter(|&at| solved.alive[at] && is_hint(&waits[at]));
    causes.extend(hints.map(|at| group(vec![at]).cause()));
    causes.extend(reader.never_reaped(waits, &causes));
    if causes.iter().all(is_quiet) {
        causes.extend(reader.no_answer(waits));
    }
    causes.splice(0..0, reader.unheard(waits));
    ranked(causes)
}

fn is_quiet(cause: &Cause) -> bool {
    cause.kind == CauseKind::NothingMoreComes
}

/// Who waits for nothing but the check, a client or a signal comes last, and without advice where somebody else
/// is the cause.
fn ranked(mut causes: Vec<Cause>) -> Vec<Cause> {
    if !causes.iter().all(is_quiet) {
        causes.iter_mut().filter(|cause| is_quiet(cause)).for_each(|cause| cause.fixes.clear());
    }
    causes.sort_by_key(is_quiet);
    causes
}

/// Stopped processes of one process group are one root: one signal stopped them all.
fn together(reader: &Reader, waits: &[Waiting], roots: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let group = |root: &Vec<usize>| match root.as_slice() {
        [at] if waits[*at].kind == Kind::Stopped => {
            reader.snapshot.stat(waits[*at].pid).map(|stat| stat.group)
        }
        _ => None,
    };
    let mut merged: Vec<(Option<i32>, Vec<usize>)> = Vec::new();
    for root in roots {
        let group = group(root);
        match merged.iter_mut().find(|(known, _)| group.is_some() && *known == group) {
            Some((_, places)) => places.extend(root),
            None => merged.push((group, root.clone())),
        }
    }
    merged.into_iter().map(|(_, places)| places).collect()
}

impl<'a> Group<'a> {
    fn waits(&self) -> impl Iterator<Item = &'a Waiting> {
        self.places.iter().map(|at| &self.all[*at])
    }

    fn pids(&self) -> Vec<i32> {
        self.waits().map(|wait| wait.pid).collect::<BTreeSet<i32>>().into_iter().collect()
    }

    fn has(&self, kind: Kind) -> bool {
        self.waits().any(|wait| wait.kind == kind)
    }

    fn all_are(&self, kinds: &[Kind]) -> bool {
        self.waits().all(|wait| kinds.contains(&wait.kind))
    }

    /// The first clue for which `pick` has an answer.
    fn clue<T>(&self, pick: impl Fn(&'a Waiting, &'a Clue) -> Option<T>) -> Option<T> {
        self.waits().find_map(|wait| wait.part.clues.iter().find_map(|clue| pick(wait, clue)))
    }

    fn has_clue(&self, wanted: &Clue) -> bool {
        self.clue(|_, clue| (clue == wanted).then_some(())).is_some()
    }

    fn cause(self) -> Cause {
        let found = self.stopped().or_else(|| self.lone()).or_else(|| self.self_pipe());
        let found = found.or_else(|| self.forgotten()).or_else(|| self.shape());
        let (kind, why, mut fixes) = found.unwrap_or_else(|| self.other());
        fixes.dedup();
        Cause { members: self.pids(), why, fixes, kind, waits: self.places }
    }

    /// All of it wait for a client, a signal or the check: such a program may be in order.
    fn is_idle(&self) -> bool {
        self.waits().all(|wait| {
            let is_silent =
                |clue: &Clue| matches!(clue, Clue::NoClient | Clue::FromCheck | Clue::FromOutside);
            let is_halted = wait.kind == Kind::Stopped && self.reader.halted.contains(&wait.pid);
            is_halted || wait.kind == Kind::Signal || wait.part.clues.iter().any(is_silent)
        })
    }

    /// `a circle: A and B wait for each other`.
    fn circle(&self) -> String {
        let names = |last| self.reader.names.all(&self.pids(), last);
        match (self.pids().len(), self.places.len()) {
            (1, 1) => format!("{} waits for what only it could do itself", names("and")),
            (1, _) => format!("a circle: the threads of {} wait for each other", names("and")),
            (2, _) => format!("a circle: {} wait for each other", names("and")),
            _ => format!("a circle: {} each wait for another of them", names("and")),
        }
    }

    fn other(&self) -> Found {
        let is_circle =
            self.places.len() > 1 || self.waits().any(|w| w.part.wakers.iter().any(|k| k.pid == w.pid));
        let why = if is_circle {
            self.circle()
        } else {
            format!("nobody is left who could wake {}", self.reader.names.all(&self.pids(), "and"))
        };
        (if is_circle { CauseKind::Cycle } else { CauseKind::Other }, why, Vec::new())
    }
}

/// Two programs that each open another FIFO first are one mistake, not two.
fn merge_openers(reader: &Reader, waits: &[Waiting], causes: Vec<Cause>) -> Vec<Cause> {
    let (openers, mut others): (Vec<Cause>, Vec<Cause>) =
        causes.into_iter().partition(|cause| cause.kind == CauseKind::MissingOpener);
    let path = |cause: &Cause| {
        let clues = cause.waits.iter().flat_map(|at| &waits[*at].part.clues);
        clues.into_iter().find_map(|clue| match clue {
            Clue::MissingOpener { path, .. } => Some(path.clone()),
            _ => None,
        })
    };
    let paths: Vec<String> =
        openers.iter().filter_map(path).collect::<BTreeSet<String>>().into_iter().collect();
    if paths.len() < 2 {
        return [openers, others].concat();
    }
    let members: Vec<i32> = openers.iter().flat_map(|cause| cause.members.clone()).collect();
    let why = format!(
        "{} each wait in open for the other side of another FIFO ({})",
        reader.names.all(&members, "and"),
        list(&paths, "and")
    );
    let fixes = vec!["let both sides open the FIFOs in the same order".to_owned()];
    let waits = openers.iter().flat_map(|cause| cause.waits.clone()).collect();
    others.insert(0, Cause { members, why, fixes, kind: CauseKind::MissingOpener, waits });
    others
}

impl Reader<'_> {
    /// Zombies whose parent waits for something else.
    fn never_reaped(&self, waits: &[Waiting], known: &[Cause]) -> Vec<Cause> {
        let is_lost = known.iter().any(|cause| cause.kind == CauseKind::LostSignal);
        let zombie = |wait: &&Waiting| wait.kind == Kind::Zombie;
        let parents: BTreeSet<i32> = waits.iter().filter(zombie).map(|wait| self.parent(wait.pid)).collect();
        let cause = |parent: i32| {
            let own: Vec<&Waiting> = waits.iter().filter(|wait| wait.pid == parent).collect();
            // Another mistake explains why it does not come to waiting; that it has nothing to do does not.
            let is_root = known.iter().any(|cause| !is_quiet(cause) && cause.members.contains(&parent));
            let waits_for_child =
                own.iter().any(|wait| matches!(wait.kind, Kind::Child | Kind::Run | Kind::Stopped));
            if own.is_empty() || waits_for_child || is_lost || is_root || self.snapshot.is_zombie(parent) {
                return None;
            }
            let places: Vec<usize> = (0..waits.len())
                .filter(|&at| zombie(&&waits[at]) && self.parent(waits[at].pid) == parent)
                .collect();
            let dead: Vec<i32> = places.iter().map(|at| waits[*at].pid).collect();
            Some(Cause {
                why: format!(
                    "{} never waited for {}",
                    self.names.brief(parent),
                    self.names.all(&dead, "and")
                ),
                fixes: vec![format!(
                    "call waitpid for every child in {}, also for those in the background",
                    self.names.brief(parent)
                )],
                kind: CauseKind::NeverReaped,
                members: dead,
                waits: places,
            })
        };
        parents.into_iter().filter_map(cause).collect()
    }

    fn parent(&self, pid: i32) -> i32 {
        self.snapshot.members.get(&pid).map_or(0, |member| member.stat.parent)
    }
}
