//! Messages of all ranks: each rank calls the same, in the same order.
//!
//! `reduce` and `bcast` go along one tree of *blocks*. Block `b` of level `l` has the ranks of which the upper bits,
//! without the `l` lowest, are `b`. Two neighbouring blocks make one block of the next level. Each block has a leader:
//! the root if it is in it, or its first rank. Upwards, in each level the leader of one of two neighbours sends to that
//! of the other; downwards back again. So a level is a round, each rank but the root sends (or gets) once, and a block
//! is a range of ranks, so their order can be kept.

use crate::failure::Failure;
use crate::mpi::{Tag, World};

/// How two values become one. It is associative: how values are grouped does not matter, but their order may.
pub type Operation = fn(&[u8], &[u8]) -> Vec<u8>;

impl World {
    /// Nobody returns before all have called it.
    ///
    /// # Errors
    /// A system call failed.
    pub fn barrier(&mut self) -> Result<(), Failure> {
        // Rank 0 has nothing before all have come, and nobody has anything before rank 0.
        self.allreduce(Vec::new(), |_, _| Vec::new()).map(drop)
    }

    /// Gives everybody what `root` has given; what others give does not count.
    ///
    /// # Errors
    /// There is no rank `root`; a system call failed.
    pub fn bcast(&mut self, root: usize, bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
        self.check(root)?;
        let tag = self.next_tag();
        let mut bytes = bytes;
        for meeting in self.meetings(root).into_iter().rev() {
            match meeting {
                Meeting::Report { to } => bytes = self.expect(to, tag)?,
                Meeting::Hear { from, .. } => self.post(from, tag, &bytes)?,
            }
        }
        Ok(bytes)
    }

    /// Gives each rank its piece of what `root` has given, one for each rank.
    ///
    /// # Errors
    /// There is no rank `root`, or it has not given a piece for each rank; a system call failed.
    pub fn scatter(&mut self, root: usize, pieces: Vec<Vec<u8>>) -> Result<Vec<u8>, Failure> {
        self.check(root)?;
        let tag = self.next_tag();
        if self.rank() != root {
            return self.expect(root, tag);
        }
        if pieces.len() != self.size() {
            let reason = format!("{} pieces for {} ranks", pieces.len(), self.size());
            return Err(Failure::new("scatter", reason));
        }
        let mut own = Vec::new();
        for (to, piece) in pieces.into_iter().enumerate() {
            if to == root {
                own = piece;
            } else {
                self.post(to, tag, &piece)?;
            }
        }
        Ok(own)
    }

    /// Gives `root` what all ranks have given, in the order of the ranks; gives the others nothing.
    ///
    /// # Errors
    /// There is no rank `root`; a system call failed.
    pub fn gather(&mut self, root: usize, bytes: Vec<u8>) -> Result<Option<Vec<Vec<u8>>>, Failure> {
        self.check(root)?;
        let tag = self.next_tag();
        if self.rank() != root {
            self.post(root, tag, &bytes)?;
            return Ok(None);
        }
        let mut own = Some(bytes);
        let all = (0..self.size()).map(|from| match own.take_if(|_| from == root) {
            Some(own) => Ok(own),
            None => self.expect(from, tag),
        });
        all.collect::<Result<_, _>>().map(Some)
    }

    /// Gives `root` the values of all ranks, joined in the order of the ranks; gives the others nothing. The
    /// grouping depends on nothing but the number of ranks and the root.
    ///
    /// # Errors
    /// There is no rank `root`; a system call failed.
    pub fn reduce(&mut self, root: usize, value: Vec<u8>, op: Operation) -> Result<Option<Vec<u8>>, Failure> {
        self.check(root)?;
        let tag = self.next_tag();
        let mut value = value;
        for meeting in self.meetings(root) {
            match meeting {
                Meeting::Report { to } => {
                    self.post(to, tag, &value)?;
                    return Ok(None);
                }
                Meeting::Hear { from, is_lower: true } => value = op(&self.expect(from, tag)?, &value),
                Meeting::Hear { from, is_lower: false } => value = op(&value, &self.expect(from, tag)?),
            }
        }
        Ok(Some(value))
    }

    /// Gives everybody the values of all ranks, joined in the order of the ranks.
    ///
    /// # Errors
    /// A system call failed.
    pub fn allreduce(&mut self, value: Vec<u8>, op: Operation) -> Result<Vec<u8>, Failure> {
        let joined = self.reduce(0, value, op)?;
        self.bcast(0, joined.unwrap_or_default())
    }

    /// The tag of this collective: all ranks call the same ones, so they count alike. It comes back after 2^31 of
    /// them; what goes from one rank to another stays in order even then.
    fn next_tag(&mut self) -> Tag {
        let tag = Tag::MIN + Tag::try_from(self.collectives).unwrap_or_default();
        self.collectives = (self.collectives + 1) & 0x7fff_ffff;
        tag
    }

    /// Whom this rank meets on the way up, level by level: some who report to it, and at last one to whom it reports,
    /// unless it is the root.
    fn meetings(&self, root: usize) -> Vec<Meeting> {
        let (rank, size) = (self.rank(), self.size());
        let leader = |block: usize, level: u32| if root >> level == block { root } else { block << level };
        let levels = size.next_power_of_two().trailing_zeros();
        let mut meetings = Vec::new();
        for level in 0..levels {
            let block = rank >> level;
            let sibling = block ^ 1;
            if sibling << level >= size {
                // The upper neighbour would be beyond the last rank: this block has the whole next one.
                continue;
            }
            if leader(block >> 1, level + 1) != rank {
                meetings.push(Meeting::Report { to: leader(sibling, level) });
                break;
            }
            meetings.push(Meeting::Hear { from: leader(sibling, level), is_lower: sibling < block });
        }
        meetings
    }
}

/// What two leaders of neighbouring blocks do on the way up.
enum Meeting {
    /// The other one reports; whether its ranks are below those of this block.
    Hear { from: usize, is_lower: bool },
    /// This one reports, and leads no block any more.
    Report { to: usize },
}
