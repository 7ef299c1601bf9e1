//! Given: calls the library.

fn main() -> std::process::ExitCode {
    sol01_hello::run().into()
}
