//! One program counts, the other adds.

/// Prints 1, 2 and 3.
pub fn count() {
    // BEGIN SOLUTION
    for number in 1..=3 {
        println!("{number}");
    }
    // END SOLUTION
    // STUB: todo!("M1: count")
}

/// Prints the sum of the numbers it reads.
pub fn add() {
    // BEGIN SOLUTION
    let numbers = std::io::stdin().lines().map_while(Result::ok);
    println!("{}", numbers.filter_map(|line| line.parse::<u64>().ok()).sum::<u64>());
    // END SOLUTION
    // STUB: todo!("M2: add")
}
