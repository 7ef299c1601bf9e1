//! The game of life on a torus of 64 columns: a row is one word, so one operation works on 64 cells at once.
//!
//! The rule (Conway): a cell with three living neighbours lives; with two it stays as it is; else it is dead.

/// Columns of every board: the bits of a row.
pub const COLUMNS: usize = 64;

/// Rows of 64 cells. Bit 0 is the leftmost column; the row below the last is the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board(pub Vec<u64>);

/// The shapes that a board can begin with.
pub const SHAPES: [(&str, &[&str]); 5] = [
    ("blinker", &["###"]),
    ("glider", &[".#.", "..#", "###"]),
    ("pentomino", &[".##", "##.", ".#."]),
    ("acorn", &[".#.....", "...#...", "##..###"]),
    ("ship", &[".#..#", "#....", "#...#", "####."]),
];

impl Board {
    /// A shape in the middle of an empty board, or `None` if there is no such shape, or it has more rows.
    #[must_use]
    pub fn with(shape: &str, rows: usize) -> Option<Self> {
        let (_, lines) = SHAPES.iter().find(|(name, _)| *name == shape)?;
        let top = rows.checked_sub(lines.len())? / 2;
        let mut board = vec![0; rows];
        for (row, line) in board[top..].iter_mut().zip(*lines) {
            let cells = line.bytes().rev().fold(0, |cells, cell| cells << 1 | u64::from(cell == b'#'));
            *row = cells << ((COLUMNS - line.len()) / 2);
        }
        Some(Self(board))
    }

    /// How many cells live.
    #[must_use]
    pub fn alive(&self) -> u32 {
        self.0.iter().map(|row| row.count_ones()).sum()
    }

    /// A row as text: `#` lives, `.` does not.
    #[must_use]
    pub fn text(row: u64) -> String {
        (0..COLUMNS).map(|column| if row >> column & 1 == 1 { '#' } else { '.' }).collect()
    }
}

/// The next generation of rows that lie between `above` and `below`.
#[must_use]
pub fn next(above: u64, rows: &[u64], below: u64) -> Vec<u64> {
    let up = std::iter::once(&above).chain(rows);
    let down = rows.iter().skip(1).chain([&below]);
    up.zip(rows).zip(down).map(|((up, row), down)| next_row(*up, *row, *down)).collect()
}

/// Adds eight neighbours for 64 cells at once: numbers of two bits, in two words, as a circuit would.
fn next_row(up: u64, row: u64, down: u64) -> u64 {
    let (up_ones, up_twos) = three(up);
    let (down_ones, down_twos) = three(down);
    let (left, right) = (row.rotate_left(1), row.rotate_right(1));
    let (row_ones, row_twos) = (left ^ right, left & right);
    let (ones, carry) = add(up_ones, row_ones, down_ones);
    // The count is 2 or 3 when exactly one of the four words worth two has the bit.
    let odd = up_twos ^ row_twos ^ down_twos ^ carry;
    let three_of_four = up_twos & row_twos | down_twos & carry;
    odd & !three_of_four & (ones | row)
}

/// How many of a cell, its left and its right neighbour live.
fn three(row: u64) -> (u64, u64) {
    add(row.rotate_left(1), row, row.rotate_right(1))
}

/// A full adder: sum and carry of three bits, 64 times.
fn add(a: u64, b: u64, c: u64) -> (u64, u64) {
    (a ^ b ^ c, a & b | c & (a ^ b))
}
