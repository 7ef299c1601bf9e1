//! Milestone 2.

/// What comes in goes out.
#[test]
fn it_repeats_its_input() {
    testkit::check("m2_copy::it_repeats_its_input", "hello", "a\nb\n", |output, _| {
        if output == "hello\na\nb\n" { Ok(()) } else { Err(format!("received {output:?}")) }
    });
}
