//! Given: calls the library.

fn main() {
    sol02_pair::add();
}
