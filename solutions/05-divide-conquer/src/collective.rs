//! Messages of all ranks: each rank calls the same, in the same order.
// BEGIN SOLUTION
//!
//! All of them walk the same tree. A range of ranks with a root in it is cut into halves; the half without the root
//! gets a root of its own, its first rank; the two roots are joined by one message; then each half is a range with
//! a root. So n ranks need n-1 messages and as many rounds as a range can be halved, ceil(log2 n), whatever the
//! root is, and each half holds neighbours: results can be joined in the order of the ranks.
// END SOLUTION

use crate::failure::Failure;
// BEGIN SOLUTION
use crate::mpi::Tag;
// END SOLUTION
use crate::mpi::World;

/// How two values become one. It is associative: how values are grouped does not matter, but their order may.
pub type Operation = fn(&[u8], &[u8]) -> Vec<u8>;
// BEGIN SOLUTION

const DOWN: Tag = -1;
const UP: Tag = -2;
const SCATTER: Tag = -3;
const GATHER: Tag = -4;

/// One step of a rank's way down the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Split {
    /// The roots of the two halves; the first one is the root of both together.
    root: usize,
    other: usize,
    /// The ranks of the half of `other`.
    half: (usize, usize),
}

/// The splits in which `rank` is one of the two roots, from the largest range to the smallest.
fn splits(rank: usize, size: usize, mut root: usize) -> Vec<Split> {
    let (mut first, mut end) = (0, size);
    let mut all = Vec::new();
    while end - first > 1 {
        let middle = first + (end - first).div_ceil(2);
        let (near, far) = ((first, middle), (middle, end));
        let (with_root, half) = if root < middle { (near, far) } else { (far, near) };
        let split = Split { root, other: half.0, half };
        if rank == split.root || rank == split.other {
            all.push(split);
        }
        let is_in_half = (half.0..half.1).contains(&rank);
        (first, end) = if is_in_half { half } else { with_root };
        if is_in_half {
            root = split.other;
        }
    }
    all
}
// END SOLUTION

impl World {
    /// Nobody returns before all have called it.
    ///
    /// # Errors
    /// A system call failed.
    pub fn barrier(&mut self) -> Result<(), Failure> {
        // BEGIN SOLUTION
        self.allreduce(Vec::new(), |_, _| Vec::new()).map(drop)
        // END SOLUTION
        // STUB: todo!("M5: nobody leaves before all have come")
    }

    /// Gives everybody what `root` has given; what others give does not count.
    ///
    /// # Errors
    /// There is no rank `root`; a system call failed.
    pub fn bcast(&mut self, root: usize, bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
        // BEGIN SOLUTION
        self.check_root(root)?;
        let mut bytes = bytes;
        for split in splits(self.rank(), self.size(), root) {
            if split.other == self.rank() {
                bytes = self.receive(Some(split.root), Some(DOWN))?.bytes;
            } else {
                self.send(split.other, DOWN, &bytes)?;
            }
        }
        Ok(bytes)
        // END SOLUTION
        // STUB: todo!("M5: from the root to all, in ceil(log2 n) rounds")
    }

    /// Gives each rank its piece of what `root` has given, one for each rank.
    ///
    /// # Errors
    /// There is no rank `root`, or it has not given a piece for each rank; a system call failed.
    pub fn scatter(&mut self, root: usize, pieces: Vec<Vec<u8>>) -> Result<Vec<u8>, Failure> {
        // BEGIN SOLUTION
        self.check_root(root)?;
        if self.rank() != root {
            return Ok(self.receive(Some(root), Some(SCATTER))?.bytes);
        }
        if pieces.len() != self.size() {
            return Err(Failure::new(
                "scatter",
                format!("{} pieces for {} ranks", pieces.len(), self.size()),
            ));
        }
        let mut own = Vec::new();
        for (to, piece) in pieces.into_iter().enumerate() {
            if to == root {
                own = piece;
            } else {
                self.send(to, SCATTER, &piece)?;
            }
        }
        Ok(own)
        // END SOLUTION
        // STUB: todo!("M5: a piece for each rank")
    }

    /// Gives `root` what all ranks have given, in the order of the ranks; gives the others nothing.
    ///
    /// # Errors
    /// There is no rank `root`; a system call failed.
    pub fn gather(&mut self, root: usize, bytes: Vec<u8>) -> Result<Option<Vec<Vec<u8>>>, Failure> {
        // BEGIN SOLUTION
        self.check_root(root)?;
        if self.rank() != root {
            return self.send(root, GATHER, &bytes).map(|()| None);
        }
        let mut own = Some(bytes);
        let mut all = Vec::with_capacity(self.size());
        for from in 0..self.size() {
            all.push(match own.take_if(|_| from == root) {
                Some(own) => own,
                None => self.receive(Some(from), Some(GATHER))?.bytes,
            });
        }
        Ok(Some(all))
        // END SOLUTION
        // STUB: todo!("M5: from all ranks to the root, in the order of the ranks")
    }

    /// Gives `root` the values of all ranks, joined in the order of the ranks; gives the others nothing. The
    /// grouping depends on nothing but the number of ranks and the root.
    ///
    /// # Errors
    /// There is no rank `root`; a system call failed.
    pub fn reduce(&mut self, root: usize, value: Vec<u8>, op: Operation) -> Result<Option<Vec<u8>>, Failure> {
        // BEGIN SOLUTION
        self.check_root(root)?;
        let mut value = value;
        for split in splits(self.rank(), self.size(), root).into_iter().rev() {
            if split.other == self.rank() {
                return self.send(split.root, UP, &value).map(|()| None);
            }
            let theirs = self.receive(Some(split.other), Some(UP))?.bytes;
            // The halves are neighbours: either all of theirs stand before all of ours, or behind.
            value = if split.half.0 < self.rank() { op(&theirs, &value) } else { op(&value, &theirs) };
        }
        Ok(Some(value))
        // END SOLUTION
        // STUB: todo!("M5: join the values of all ranks, in ceil(log2 n) rounds")
    }

    /// Gives everybody the values of all ranks, joined in the order of the ranks.
    ///
    /// # Errors
    /// A system call failed.
    pub fn allreduce(&mut self, value: Vec<u8>, op: Operation) -> Result<Vec<u8>, Failure> {
        // BEGIN SOLUTION
        let joined = self.reduce(0, value, op)?;
        self.bcast(0, joined.unwrap_or_default())
        // END SOLUTION
        // STUB: todo!("M5: join the values of all ranks, and give everybody the result")
    }
    // BEGIN SOLUTION

    fn check_root(&self, root: usize) -> Result<(), Failure> {
        let is_there = root < self.size();
        is_there.then_some(()).ok_or_else(|| Failure::new("root", format!("there is no rank {root}")))
    }
    // END SOLUTION
}
