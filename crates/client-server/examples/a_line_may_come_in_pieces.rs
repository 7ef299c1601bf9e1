//! Claim: a request may come in any pieces, and many in one: framing must give the same lines for every cut.
//!
//! The stream has two requests and half of a third. It is cut at every place into two receives, and then into single
//! bytes. `LineBuffer` keeps what is not finished.
//!
//! Usage: cargo run -q -p client-server --example a_line_may_come_in_pieces
//! See also: `recv(2)`, and `line.rs`

use client_server::line::LineBuffer;

const STREAM: &[u8] = b"get cherry\nput plum blue\nget le";

fn main() {
    println!("whole: {:?}", lines(&[STREAM]));
    let whole = lines(&[STREAM]);
    let same = (0..=STREAM.len()).filter(|cut| {
        let (left, right) = STREAM.split_at(*cut);
        lines(&[left, right]) == whole
    });
    println!("cut in two at each of {} places: {} times the same", STREAM.len() + 1, same.count());
    let bytes: Vec<&[u8]> = STREAM.chunks(1).collect();
    println!("cut into {} single bytes: the same: {}", bytes.len(), lines(&bytes) == whole);
}

/// The whole lines, and whether another has begun.
fn lines(pieces: &[&[u8]]) -> (Vec<String>, bool) {
    let (mut buffer, mut lines) = (LineBuffer::new(100), Vec::new());
    for piece in pieces {
        buffer.push(piece);
        while let Some(line) = buffer.next_line() {
            lines
                .push(line.map_or("too long".to_owned(), |line| String::from_utf8_lossy(&line).into_owned()));
        }
    }
    (lines, buffer.is_inside_a_line())
}
