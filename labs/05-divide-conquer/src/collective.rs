//! Messages of all ranks: each rank calls the same, in the same order.

use crate::failure::Failure;
use crate::mpi::World;

/// How two values become one. It is associative: how values are grouped does not matter, but their order may.
pub type Operation = fn(&[u8], &[u8]) -> Vec<u8>;

impl World {
    /// Nobody returns before all have called it.
    ///
    /// # Errors
    /// A system call failed.
    pub fn barrier(&mut self) -> Result<(), Failure> {
        todo!("M5: nobody leaves before all have come")
    }

    /// Gives everybody what `root` has given; what others give does not count.
    ///
    /// # Errors
    /// There is no rank `root`; a system call failed.
    pub fn bcast(&mut self, root: usize, bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
        todo!("M5: from the root to all, in ceil(log2 n) rounds")
    }

    /// Gives each rank its piece of what `root` has given, one for each rank.
    ///
    /// # Errors
    /// There is no rank `root`, or it has not given a piece for each rank; a system call failed.
    pub fn scatter(&mut self, root: usize, pieces: Vec<Vec<u8>>) -> Result<Vec<u8>, Failure> {
        todo!("M5: a piece for each rank")
    }

    /// Gives `root` what all ranks have given, in the order of the ranks; gives the others nothing.
    ///
    /// # Errors
    /// There is no rank `root`; a system call failed.
    pub fn gather(&mut self, root: usize, bytes: Vec<u8>) -> Result<Option<Vec<Vec<u8>>>, Failure> {
        todo!("M5: from all ranks to the root, in the order of the ranks")
    }

    /// Gives `root` the values of all ranks, joined in the order of the ranks; gives the others nothing. The
    /// grouping depends on nothing but the number of ranks and the root.
    ///
    /// # Errors
    /// There is no rank `root`; a system call failed.
    pub fn reduce(&mut self, root: usize, value: Vec<u8>, op: Operation) -> Result<Option<Vec<u8>>, Failure> {
        todo!("M5: join the values of all ranks, in ceil(log2 n) rounds")
    }

    /// Gives everybody the values of all ranks, joined in the order of the ranks.
    ///
    /// # Errors
    /// A system call failed.
    pub fn allreduce(&mut self, value: Vec<u8>, op: Operation) -> Result<Vec<u8>, Failure> {
        todo!("M5: join the values of all ranks, and give everybody the result")
    }
}
