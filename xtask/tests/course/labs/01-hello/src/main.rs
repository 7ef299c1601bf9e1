//! Given: calls the library.

fn main() -> std::process::ExitCode {
    lab01_hello::run().into()
}
