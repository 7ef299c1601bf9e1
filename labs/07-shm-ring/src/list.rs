//! A linked list in a segment. Its links are offsets: a mapping may begin at any address, and does.

use crate::failure::Failure;
use crate::options::Place;

/// `ring list write`: makes a list of the lines of standard input, linked in the order of their bytes.
///
/// # Errors
/// The name is taken, or there is no room.
pub fn write(place: &Place) -> Result<(), Failure> {
    todo!("M5: make the segment of a list")
}

/// `ring list read`: prints the text of each node. With `twice`, the segment is mapped at two addresses; nodes are
/// read by the one and the other in turn, and each line begins with the address at which its node was read.
///
/// # Errors
/// There is no list, or it is malformed; then nothing is printed.
pub fn read(place: &Place, twice: bool) -> Result<(), Failure> {
    todo!("M5: follow the links; M6: believe none of them")
}
