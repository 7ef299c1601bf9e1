//! Text for the student: bytes made visible, commands to copy, a caret under the first difference.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Stands for an output without a byte.
const NOTHING: &str = "(nothing)";
/// How much of one side of a comparison is shown, in columns: with its label and dots it fits a terminal.
const WINDOW: usize = 58;

/// Bytes with the invisible ones as escapes: `\n`, `\t`, `\x00`. UTF-8 text stays readable.
#[must_use]
pub fn visible(bytes: &[u8]) -> String {
    pieces(bytes).collect()
}

/// The same, character by character.
fn pieces(bytes: &[u8]) -> impl Iterator<Item = String> {
    bytes.utf8_chunks().flat_map(|chunk| {
        let valid = chunk.valid().chars().map(|c| match c {
            '\n' => "\\n".to_owned(),
            '\t' => "\\t".to_owned(),
            '\r' => "\\r".to_owned(),
            '\\' => "\\\\".to_owned(),
            c if c.is_control() => format!("\\x{:02x}", u32::from(c)),
            c => c.to_string(),
        });
        valid.chain(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")))
    })
}

/// One word for a shell: as it is, or in single quotes. Bytes a terminal cannot show are `$'..'`-quoted.
#[must_use]
pub fn shell_quote(word: &OsStr) -> String {
    let bytes = word.as_bytes();
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"_-./=:,+@%".contains(b);
    if !bytes.is_empty() && bytes.iter().all(plain) {
        return word.to_string_lossy().into_owned();
    }
    let printable = |c: char| c == '\n' || !c.is_control();
    match word.to_str() {
        Some(text) if text.chars().all(printable) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => format!("$'{}'", visible(bytes).replace('\'', r"\'")),
    }
}

/// A command that prints these bytes.
pub(crate) fn printf(bytes: &[u8]) -> String {
    format!("printf '{}'", visible(bytes).replace('%', "%%").replace('\'', r"'\''"))
}

/// At most `limit` lines; what is cut is counted.
pub(crate) fn clip_lines(text: &str, limit: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() <= limit {
        return lines.join("\n");
    }
    let kept = &lines[..limit - 1];
    format!("{}\n... {} more lines", kept.join("\n"), lines.len() - kept.len())
}

/// At most `limit` bytes of one line, cut at a character.
pub(crate) fn clip(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let mut end = limit;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}... ({} bytes)", &text[..end], text.len())
}

/// Replaces each `from`, which is not empty.
pub(crate) fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// An output in one line of at most `limit` bytes.
pub(crate) fn shown(bytes: &[u8], limit: usize) -> String {
    if bytes.is_empty() { NOTHING.to_owned() } else { clip(&visible(bytes), limit) }
}

/// Expected over received, around the first byte that differs, with a caret under it.
pub(crate) fn difference(expected: &[u8], received: &[u8]) -> String {
    let at = first_difference(expected, received);
    // The character that differs is shown whole, though its first bytes may be equal.
    let shown_at = if at < expected.len() { start_of_character(expected, at) } else { at };
    // Far into a long text: start a little before the difference.
    let (from, lead) = tail_in(&expected[..shown_at], WINDOW / 2);
    let dots = if from > 0 { "..." } else { "" };
    let line = |bytes: &[u8]| match bytes {
        [] => NOTHING.to_owned(),
        bytes => {
            let (rest, is_all) = head_in(&bytes[shown_at.min(bytes.len())..], WINDOW - width(&lead));
            format!("{dots}{lead}{rest}{}", if is_all { "" } else { "..." })
        }
    };
    let mut text = format!(
        "expected: {}\nreceived: {}\n          {}^ {}",
        line(expected),
        line(received),
        " ".repeat(width(&lead) + dots.len()),
        what_differs(expected, received, at),
    );
    if expected.len().max(received.len()) > WINDOW {
        text.push_str(&format!("\n          expected {} bytes, received {}", expected.len(), received.len()));
    }
    text
}

/// The place of the first byte that differs. By blocks first: a loop over megabytes is slow without optimisation.
fn first_difference(one: &[u8], other: &[u8]) -> usize {
    const BLOCK: usize = 4096;
    let blocks = one.chunks_exact(BLOCK).zip(other.chunks_exact(BLOCK));
    let equal = BLOCK * blocks.take_while(|(a, b)| a == b).count();
    equal + one[equal..].iter().zip(&other[equal..]).take_while(|(a, b)| a == b).count()
}

/// What the caret points at.
fn what_differs(expected: &[u8], received: &[u8], at: usize) -> String {
    match (expected.get(at..), received.get(at..)) {
        (Some(b"\n"), Some([])) => "the newline at its end is missing".to_owned(),
        (Some([]), Some(b"\n")) => "one newline too many at its end".to_owned(),
        (_, Some([])) if at > 0 => format!("ends too early, after {at} bytes"),
        (Some([]), _) if at > 0 => format!("should end here, after {at} bytes"),
        _ => format!("first difference at byte {at}"),
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// The last characters of `bytes` that fit into `columns`, made visible, and where they begin.
fn tail_in(bytes: &[u8], columns: usize) -> (usize, String) {
    let mut from = bytes.len();
    let mut text = String::new();
    while from > 0 {
        let before = start_of_character(bytes, from - 1);
        let longer = visible(&bytes[before..]);
        if width(&longer) > columns {
            break;
        }
        (from, text) = (before, longer);
    }
    (from, text)
}

/// The first characters of `bytes` that fit into `columns`, made visible, and whether these are all.
fn head_in(bytes: &[u8], columns: usize) -> (String, bool) {
    let near = &bytes[..bytes.len().min(4 * columns)];
    let mut text = String::new();
    let mut used = 0;
    for piece in pieces(near) {
        used += width(&piece);
        if used > columns {
            return (text, false);
        }
        text.push_str(&piece);
    }
    (text, near.len() == bytes.len())
}

/// The start of the UTF-8 character that `at` lies in.
fn start_of_character(bytes: &[u8], at: usize) -> usize {
    (at.saturating_sub(3)..=at).rev().find(|&i| bytes[i] & 0xC0 != 0x80).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_bytes_become_escapes() {
        assert_eq!(visible(b"a\tb\n\0\xff\\"), r"a\tb\n\x00\xff\\");
        assert_eq!(visible("gr\u{fc}n".as_bytes()), "gr\u{fc}n");
    }

    #[test]
    fn words_are_quoted_as_a_shell_reads_them() {
        let quote = |word: &str| shell_quote(OsStr::new(word));
        assert_eq!(quote("plain-word_1.txt"), "plain-word_1.txt");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("echo 'a b' | cat"), r"'echo '\''a b'\'' | cat'");
        assert_eq!(quote("two\nlines"), "'two\nlines'");
        assert_eq!(quote("bell\u{7}"), r"$'bell\x07'");
    }

    #[test]
    fn the_caret_stands_under_the_first_difference() {
        let text = difference(b"one\ntwo\n", b"one\ntoo\n");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], r"expected: one\ntwo\n");
        assert_eq!(lines[1], r"received: one\ntoo\n");
        assert_eq!(lines[2].find('^'), lines[0].find("wo"), "{text}");
    }

    #[test]
    fn bytes_are_replaced_wherever_they_are() {
        assert_eq!(replaced(b"/tmp/a/x /tmp/a", b"/tmp/a", b"ROOM"), b"ROOM/x ROOM");
        assert_eq!(replaced(b"/tmp", b"/tmp/a", b"ROOM"), b"/tmp");
    }

    #[test]
    fn a_late_difference_in_a_long_text_is_shown_from_shortly_before() {
        let expected = "x".repeat(5000) + "end";
        let received = "x".repeat(5000) + "and more";
        let text = difference(expected.as_bytes(), received.as_bytes());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[2].find('^'), lines[0].find("end"), "{text}");
        assert_eq!(lines[2].find('^'), lines[1].find("and"), "{text}");
        assert!(text.contains("at byte 5000\n          expected 5003 bytes, received 5008"), "{text}");
    }

    #[test]
    fn a_difference_of_any_bytes_fits_a_terminal() {
        let (expected, received) = ([0u8; 300], [[0u8; 100], [1; 100]].concat());
        let text = difference(&expected, &received);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[..2].iter().all(|line| line.len() <= 76), "{text}");
        assert_eq!(lines[2].find('^'), lines[1].find(r"\x01"), "{text}");
        let text = difference("gr\u{fc}n".as_bytes(), "gr\u{f6}n".as_bytes());
        assert_eq!(text.lines().last(), Some("            ^ first difference at byte 3"));
    }

    #[test]
    fn what_is_missing_at_the_end_is_said() {
        let last = |expected: &str, received: &str| {
            difference(expected.as_bytes(), received.as_bytes()).lines().last().map(str::to_owned)
        };
        assert_eq!(last("a\n", "a").as_deref(), Some("           ^ the newline at its end is missing"));
        assert_eq!(last("a", "a\n").as_deref(), Some("           ^ one newline too many at its end"));
        assert_eq!(last("abc", "ab").as_deref(), Some("            ^ ends too early, after 2 bytes"));
        assert_eq!(last("ab", "abc").as_deref(), Some("            ^ should end here, after 2 bytes"));
    }

    #[test]
    fn a_prefix_differs_at_its_end() {
        let text = difference(b"ab", b"");
        assert!(
            text.contains("received: (nothing)") && text.contains("^ first difference at byte 0"),
            "{text}"
        );
    }

    #[test]
    fn long_texts_are_cut_to_their_limit() {
        assert_eq!(clip_lines("1\n2\n3\n4", 3), "1\n2\n... 2 more lines");
        assert_eq!(clip_lines("1\n2\n3", 3), "1\n2\n3");
        assert_eq!(clip("gr\u{fc}n", 3), "gr... (5 bytes)");
    }
}
