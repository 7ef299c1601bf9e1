//! One program counts, the other adds; everything is read at once.

pub fn count() {
    print!("1\n2\n3\n");
}

pub fn add() {
    let text = std::io::read_to_string(std::io::stdin()).unwrap_or_default();
    let mut sum = 0;
    for word in text.split_whitespace() {
        sum += word.parse::<u64>().unwrap_or(0);
    }
    println!("{sum}");
}
