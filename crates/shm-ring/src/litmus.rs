//! Which orders are permitted, found by trying everything: a small model of two processes and the words they share.
//!
//! A processor, and before it the compiler, may carry out the steps of one process in another order than the
//! program's, if that process cannot tell the difference. Another one can. The orderings take permissions away. This
//! model knows the rules that most protocols stand on:
//!
//! - steps on one word stay in order;
//! - nothing moves from behind an *acquire* load to before it;
//! - nothing moves from before a *release* store to behind it;
//! - nothing passes a *SeqCst fence*.
//!
//! It runs each permitted order of each process in each interleaving with the other, and gathers what the loads see.
//! Real machines do a part of this: x86-64 moves only loads before earlier stores, its compiler all of it. The
//! language itself speaks of "happens before" instead of moves, and permits a few things more; what is impossible
//! here for the protocols of this lecture is impossible there too.

use std::collections::BTreeSet;

/// What an atomic step promises about its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Nothing.
    Relaxed,
    /// Of a load: later steps stay behind it.
    Acquire,
    /// Of a store: earlier steps stay before it.
    Release,
}

/// One step of a process. Words have numbers, and are 0 at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Stores 1 in a word.
    Store(usize, Order),
    /// Loads a word; what it sees is part of the outcome.
    Load(usize, Order),
    /// `fence(SeqCst)`.
    Fence,
}
use Step::{Fence, Load, Store};

/// What the loads of both processes see, first those of the first process, each in the program's order.
pub type Outcome = Vec<u8>;

/// Every outcome that the model permits.
#[must_use]
pub fn outcomes(first: &[Step], second: &[Step]) -> BTreeSet<Outcome> {
    let mut found = BTreeSet::new();
    for left in permitted_orders(first) {
        for right in permitted_orders(second) {
            interleave(Run::new(first, second), &left, &right, &mut found);
        }
    }
    found
}

/// Whether `later` may be carried out before `earlier`, which stands before it in the program.
fn may_pass(earlier: Step, later: Step) -> bool {
    match (earlier, later) {
        (Fence, _) | (_, Fence) | (Load(_, Order::Acquire), _) | (_, Store(_, Order::Release)) => false,
        (Store(a, _) | Load(a, _), Store(b, _) | Load(b, _)) => a != b,
    }
}

/// All orders of the steps' indices in which no step has passed one that it may not pass.
fn permitted_orders(steps: &[Step]) -> Vec<Vec<usize>> {
    let mut orders = Vec::new();
    extend(steps, &mut Vec::new(), &mut orders);
    orders
}

fn extend(steps: &[Step], begun: &mut Vec<usize>, orders: &mut Vec<Vec<usize>>) {
    if begun.len() == steps.len() {
        orders.push(begun.clone());
    }
    for next in 0..steps.len() {
        let waits =
            (0..next).any(|earlier| !begun.contains(&earlier) && !may_pass(steps[earlier], steps[next]));
        if !begun.contains(&next) && !waits {
            begun.push(next);
            extend(steps, begun, orders);
            begun.pop();
        }
    }
}

/// A run that has come to some point: the words, and what the loads have seen.
#[derive(Clone)]
struct Run<'s> {
    programs: [&'s [Step]; 2],
    words: [u8; 4],
    seen: [Vec<Option<u8>>; 2],
}

impl<'s> Run<'s> {
    fn new(first: &'s [Step], second: &'s [Step]) -> Self {
        Self {
            programs: [first, second],
            words: [0; 4],
            seen: [vec![None; first.len()], vec![None; second.len()]],
        }
    }

    fn with(&self, process: usize, step: usize) -> Self {
        let mut next = self.clone();
        match self.programs[process][step] {
            Store(word, _) => next.words[word] = 1,
            Load(word, _) => next.seen[process][step] = Some(self.words[word]),
            Fence => {}
        }
        next
    }
}

fn interleave(run: Run, left: &[usize], right: &[usize], found: &mut BTreeSet<Outcome>) {
    if let Some((step, rest)) = left.split_first() {
        interleave(run.with(0, *step), rest, right, found);
    }
    if let Some((step, rest)) = right.split_first() {
        interleave(run.with(1, *step), left, rest, found);
    }
    if left.is_empty() && right.is_empty() {
        found.insert(run.seen.into_iter().flatten().flatten().collect());
    }
}
