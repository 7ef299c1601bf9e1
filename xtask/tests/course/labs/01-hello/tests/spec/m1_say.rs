//! Milestone 1.

/// The first line is the greeting.
#[test]
fn it_says_hello() {
    testkit::check("m1_say::it_says_hello", "hello", "", |output, _| match output.lines().next() {
        Some("hello") => Ok(()),
        other => Err(format!("expected hello, received {other:?}")),
    });
}

/// Status 0 means success.
#[test]
fn it_ends_with_zero() {
    testkit::check("m1_say::it_ends_with_zero", "hello", "", |_, code| match code {
        0 => Ok(()),
        code => Err(format!("expected status 0, received {code}")),
    });
}
