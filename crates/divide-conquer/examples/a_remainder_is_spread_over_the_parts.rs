//! Claim: parts differ by one item at most, and cover everything once, also when there are more parts than items.
//!
//! The tempting `items / parts` for everybody loses the remainder; the whole remainder to the last one makes it the
//! slowest. The slowest part is the time of all.
//!
//! Usage: cargo run -q -p divide-conquer --example a_remainder_is_spread_over_the_parts
//! See also: `src/cut.rs`

use divide_conquer::cut;

fn main() {
    for (items, parts) in [(10, 4), (8, 4), (3, 5), (0, 2)] {
        let lengths: Vec<usize> = (0..parts).map(|index| cut::part(items, parts, index).len()).collect();
        let covered: Vec<usize> = (0..parts).flat_map(|index| cut::part(items, parts, index)).collect();
        let once = covered.iter().copied().eq(0..items);
        println!("{items} items, {parts} parts: {lengths:?}, each item once: {once}");
    }
    let lost = 1003 - (1003 / 8) * 8;
    let last = 1003 / 8 + lost;
    println!("1003 items, 8 parts: division alone loses {lost}; all to the last one: {last} instead of 126");
}
