//! What the library refuses, asked from inside: nothing here may fork.

use pipeline_shell::{exec::Program, fork};

#[test]
fn a_closure_is_not_forked_in_a_process_with_threads() {
    // A thread of its own: with `--test-threads=1` a test may run in a process that has no second one.
    let refusal = std::thread::spawn(|| fork::child(|| Ok(0)).map_err(|error| error.to_string()));
    let refusal = refusal.join().expect("the thread ends well").expect_err("two threads are one too many");
    assert!(refusal.starts_with("fork with "), "{refusal}");
}

#[test]
fn a_command_without_words_or_with_a_nul_byte_is_refused() {
    assert!(Program::new::<&str>(&[]).is_err());
    assert!(Program::new(&["true", "a\0b"]).is_err());
}
