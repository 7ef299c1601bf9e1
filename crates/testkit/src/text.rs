//! Text for the student: bytes made visible, commands to copy, a caret under the first difference.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Stands for an output without a byte.
const NOTHING: &str = "(nothing)";
/// How much of one side of a comparison is shown, in bytes.
const WINDOW: usize = 60;

/// Bytes with the invisible ones as escapes: `\n`, `\t`, `\x00`. UTF-8 text stays readable.
#[must_use]
pub fn visible(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                '\\' => out.push_str("\\\\"),
                c if c.is_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
                c => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
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

/// Replaces `from` by the shorter `to`. A caret in the next line moves along with what it points at.
pub(crate) fn replace_above_caret(text: &str, from: &str, to: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut above = "";
    for line in text.lines() {
        let column = line.find(|c: char| c != ' ').filter(|&at| line[at..].starts_with('^'));
        lines.push(match column {
            Some(column) => {
                let before: String = above.chars().take(column).collect();
                let moved = before.matches(from).count() * (from.chars().count() - to.chars().count());
                line[moved.min(column)..].to_owned()
            }
            None => line.replace(from, to),
        });
        above = line;
    }
    lines.join("\n")
}

/// An output in one line of at most `limit` bytes.
pub(crate) fn shown(bytes: &[u8], limit: usize) -> String {
    if bytes.is_empty() { NOTHING.to_owned() } else { clip(&visible(bytes), limit) }
}

/// Expected over received, around the first byte that differs, with a caret under it.
pub(crate) fn difference(expected: &[u8], received: &[u8]) -> String {
    let at = expected.iter().zip(received).take_while(|(a, b)| a == b).count();
    // Far into a long text: start a little before the difference.
    let from = if at > WINDOW / 2 { start_of_character(expected, at - WINDOW / 3) } else { 0 };
    let caret = visible(&expected[from..at]).chars().count() + usize::from(from > 0) * 3;
    let mut text = format!(
        "expected: {}\nreceived: {}\n          {}^ first difference at byte {at}",
        window(expected, from),
        window(received, from),
        " ".repeat(caret),
    );
    if expected.len().max(received.len()) > WINDOW {
        text.push_str(&format!(" (expected {} bytes, received {})", expected.len(), received.len()));
    }
    text
}

fn window(bytes: &[u8], from: usize) -> String {
    if bytes.is_empty() {
        return NOTHING.to_owned();
    }
    let from = from.min(bytes.len());
    let end = bytes.len().min(from + WINDOW);
    let head = if from > 0 { "..." } else { "" };
    let tail = if end < bytes.len() { "..." } else { "" };
    format!("{head}{}{tail}", visible(&bytes[from..end]))
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
    fn the_caret_stays_under_the_difference_when_a_path_is_shortened() {
        let text = difference(b"/tmp/a-long-name/x\nb\n", b"/tmp/a-long-name/x\nc\n");
        let text = replace_above_caret(&text, "/tmp/a-long-name", "ROOM");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], r"expected: ROOM/x\nb\n");
        assert_eq!(lines[2].find('^'), lines[0].find(r"b\n"), "{text}");
    }

    #[test]
    fn a_late_difference_in_a_long_text_is_shown_from_shortly_before() {
        let expected = "x".repeat(5000) + "end";
        let received = "x".repeat(5000) + "and more";
        let text = difference(expected.as_bytes(), received.as_bytes());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[2].find('^'), lines[0].find("end"), "{text}");
        assert_eq!(lines[2].find('^'), lines[1].find("and"), "{text}");
        assert!(text.contains("at byte 5000 (expected 5003 bytes, received 5008)"), "{text}");
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
