//! psh
fn main() {}
