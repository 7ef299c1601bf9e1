//! Pure: text that a student's program wrote is data. It is bounded, and nothing in it can steer a terminal
//! or reorder a report.

use std::fmt::Write as _;
use std::io;

use console::{measure_text_width, truncate_str};

/// Makes `text` safe to print: at most `lines` lines and `bytes` bytes, control characters and
/// direction marks written as escapes. Newlines and tabs stay.
#[must_use]
pub fn printable(text: &str, lines: usize, bytes: usize) -> String {
    let mut out = String::new();
    for (number, line) in text.trim_end().lines().enumerate() {
        if number == lines || out.len() + line.len() > bytes {
            out.push_str("[cut]\n");
            break;
        }
        out.extend(line.chars().map(escaped));
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

/// One line for a name or a cell: no newline either, at most `chars` characters.
#[must_use]
pub fn one_line(text: &str, chars: usize) -> String {
    let shown: String =
        text.chars().take(chars).map(|c| if c == '\t' { "\\t".into() } else { escaped(c) }).collect();
    if text.chars().nth(chars).is_some() { format!("{shown}…") } else { shown }
}

/// Cuts a printable line in its middle, so that names with one beginning stay apart: at most `width` columns of
/// a terminal.
#[must_use]
pub fn fitted(text: &str, width: usize) -> String {
    if measure_text_width(text) <= width {
        return text.to_owned();
    }
    let tail_width = width.saturating_sub(1) / 3;
    let head = truncate_str(text, width.saturating_sub(tail_width), "…").into_owned();
    let mut tail = text;
    while measure_text_width(tail) > tail_width {
        let mut chars = tail.chars();
        chars.next();
        tail = chars.as_str();
    }
    format!("{head}{tail}")
}

/// The system's words, without "(os error 13)" and what a library has added behind it.
#[must_use]
pub fn reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => nix::errno::Errno::from_raw(code).desc().to_owned(),
        None => error.to_string().split(" (os error ").next().unwrap_or_default().to_owned(),
    }
}

/// The same for an error that has been wrapped in words of ours.
#[must_use]
pub fn root_reason(error: &anyhow::Error) -> String {
    match error.chain().find_map(|cause| cause.downcast_ref::<io::Error>()) {
        Some(cause) => reason(cause),
        None => format!("{error:#}"),
    }
}

fn escaped(c: char) -> String {
    let is_mark =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let mut out = String::new();
    if (c.is_control() && c != '\t') || is_mark {
        // Writing to a String cannot fail.
        let _ = write!(out, "{}", c.escape_default());
    } else {
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("plain\ttext\n", "plain\ttext")]
    #[case("a\u{1b}[2Jb", "a\\u{1b}[2Jb")]
    #[case("a\rb", "a\\rb")]
    #[case("evil\u{202e}txt", "evil\\u{202e}txt")]
    #[case("Übung", "Übung")]
    #[case("1\n2\n3\n4", "1\n2\n3\n[cut]")]
    fn text_is_made_printable(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(printable(text, 3, 100), expected);
    }

    #[test]
    fn a_long_line_is_cut() {
        assert_eq!(printable(&format!("ok\n{}", "x".repeat(200)), 3, 100), "ok\n[cut]");
    }

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(one_line("a\nb\tc", 10), "a\\nb\\tc");
        assert_eq!(one_line("abcdef", 3), "abc…");
    }

    #[rstest]
    #[case("short", 10, "short")]
    #[case("mutant leaves_sigpipe_ignored", 20, "mutant leaves…gnored")]
    #[case("王小明王小明王小明", 10, "王小明…明")]
    #[case("abc", 1, "…")]
    fn a_name_is_cut_in_its_middle(#[case] name: &str, #[case] width: usize, #[case] expected: &str) {
        let cut = fitted(name, width);
        assert_eq!(cut, expected);
        assert!(measure_text_width(&cut) <= width);
    }

    #[test]
    fn a_reason_is_the_systems_words_however_it_was_wrapped() {
        let plain = std::fs::read("/no/such/file").unwrap_err();
        let wrapped = tempfile::tempdir_in("/no/such").unwrap_err();
        assert!(wrapped.to_string().contains("/no/such"), "{wrapped}");
        assert_eq!([reason(&plain), reason(&wrapped)], ["No such file or directory"; 2]);
    }
}
