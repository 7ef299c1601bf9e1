//! The library's parts, asked from inside: nothing here may fork.

use client_server::address::Address;
use client_server::asleep::{self, Call};
use client_server::line::{LineBuffer, TooLong};

#[test]
fn an_address_is_printed_as_it_was_written() {
    for text in ["unix:/tmp/book", "unix:book", "unix:@book", "127.0.0.1:8000", "[::1]:0"] {
        let address: Address = text.parse().expect("it is an address");
        assert_eq!(address.to_string(), text);
    }
    for text in ["", "unix:", "unix:@", "8000", "localhost:8000", "127.0.0.1", "127.0.0.1:65536", "::1:80"] {
        assert!(text.parse::<Address>().is_err(), "{text:?} is no address");
    }
}

#[test]
fn each_cut_of_a_stream_gives_the_same_lines() {
    let stream = b"a\n\n12345678\n123456789\nlast one is far too long\nb\nrest";
    let whole = lines(&[stream]);
    let good = |line: &str| Ok(line.as_bytes().to_owned());
    let expected = vec![good("a"), good(""), good("12345678"), Err(TooLong), Err(TooLong), good("b")];
    assert_eq!(whole, (expected, true));
    for first in 0..=stream.len() {
        for second in first..=stream.len() {
            let pieces = [&stream[..first], &stream[first..second], &stream[second..]];
            assert_eq!(lines(&pieces), whole, "cut at {first} and {second}");
        }
    }
}

#[test]
fn waiting_for_the_sleep_of_a_process_that_ended_is_an_error() {
    let mut child = std::process::Command::new("true").spawn().expect("true can be run");
    let pid = nix::unistd::Pid::from_raw(child.id().try_into().expect("a pid is positive"));
    let refusal = asleep::until(pid, Call::Accept).expect_err("true never accepts");
    assert_eq!(refusal.to_string(), format!("process {pid} ended before it slept in Accept"));
    child.wait().expect("it is our child");
}

/// The lines of at most 8 bytes, and whether another has begun.
fn lines(pieces: &[&[u8]]) -> (Vec<Result<Vec<u8>, TooLong>>, bool) {
    let (mut buffer, mut lines) = (LineBuffer::new(8), Vec::new());
    for piece in pieces {
        buffer.push(piece);
        lines.extend(std::iter::from_fn(|| buffer.next_line()));
    }
    (lines, buffer.is_inside_a_line())
}
