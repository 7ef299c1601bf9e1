//! Says hello, then copies its input, line by line.

pub fn run() -> u8 {
    println!("hello");
    for line in std::io::stdin().lines().map_while(Result::ok) {
        println!("{line}");
    }
    0
}
