//! Stands for the helper programs: `testkit-helper install DIR` makes the folder.
fn main() {
    std::fs::create_dir_all(std::env::args().nth(2).unwrap()).unwrap();
}
