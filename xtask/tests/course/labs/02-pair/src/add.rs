//! Given: calls the library.

fn main() {
    lab02_pair::add();
}
