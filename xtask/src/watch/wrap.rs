//! Pure: lines made to fit a terminal. Colours have no width.

use console::measure_text_width;

const TAB: &str = "    ";

/// What stands before the pieces of a report's line after the first.
const MARGIN: &str = "    ";

/// Breaks a line into pieces of at most `width` columns, at a blank if there is one. The pieces after the first are
/// indented.
pub(super) fn wrap(line: &str, width: usize) -> Vec<String> {
    broken(line, width, MARGIN)
}

/// The same for the lines of a page: prose stays flush, and what was indented stays so.
pub(super) fn wrap_page(text: &str, width: usize) -> Vec<String> {
    let indent = |line: &str| " ".repeat(line.len() - line.trim_start_matches(' ').len());
    text.lines().flat_map(|line| broken(line, width, &indent(line))).collect()
}

fn broken(line: &str, width: usize, margin: &str) -> Vec<String> {
    let width = width.max(16);
    let margin = &margin[..margin.len().min(width / 2)];
    let mut pieces = Vec::new();
    let (mut piece, mut used) = (String::new(), 0);
    // Where the piece may be broken: its length in bytes and in columns after the last blank in it.
    let mut blank = None;
    for part in parts(&line.replace('\t', TAB)) {
        let columns = if part.starts_with('\x1b') { 0 } else { measure_text_width(&part) };
        if used + columns > width {
            let (at, before) = blank.take().unwrap_or((piece.len(), used));
            let rest = piece.split_off(at);
            pieces.push(std::mem::replace(&mut piece, format!("{margin}{rest}")));
            used = margin.len() + used - before;
        }
        piece.push_str(&part);
        used += columns;
        // A break near the beginning would leave a line almost empty.
        if part == " " && used > width / 3 {
            blank = Some((piece.len(), used));
        }
    }
    pieces.push(piece);
    pieces
}

/// A text, each of its lines wrapped.
pub(super) fn wrap_all(text: &str, width: usize) -> Vec<String> {
    text.lines().flat_map(|line| wrap(line, width)).collect()
}

/// Characters, and colour sequences (`ESC [ … m`) whole.
fn parts(line: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        let mut part = c.to_string();
        if c == '\x1b' {
            for next in chars.by_ref() {
                part.push(next);
                if next.is_ascii_alphabetic() {
                    break;
                }
            }
        }
        parts.push(part);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn a_page_is_broken_without_a_margin_of_its_own() {
        let page = wrap_page("Which pipe ends does psh hold?\n  let line = a + b + c;", 16);
        assert_eq!(page, ["Which pipe ends ", "does psh hold?", "  let line = a ", "  + b + c;"]);
    }

    #[rstest]
    #[case("short", &["short"])]
    #[case("", &[""])]
    #[case("0123456789abcdefgh", &["0123456789abcdef", "    gh"])]
    #[case("\x1b[31m0123456789abcdef\x1b[0m", &["\x1b[31m0123456789abcdef\x1b[0m"])]
    #[case("a\tb", &["a    b"])]
    #[case("0123456789 abcdefgh", &["0123456789 ", "    abcdefgh"])]
    #[case("0123 789abcdefghi", &["0123 789abcdefgh", "    i"])]
    #[case("王小明王小明王小明", &["王小明王小明王小", "    明"])]
    fn a_line_is_broken_where_the_terminal_ends(#[case] line: &str, #[case] expected: &[&str]) {
        assert_eq!(wrap(line, 16), expected);
    }
}
