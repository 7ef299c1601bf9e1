//! Pure: a check's doc comment and line, found in the text of its spec file. The comment is the lesson of
//! the check: the rule, the reason, the man page.

/// A check as its spec file shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documented {
    /// The doc comment, without `///`.
    pub doc: String,
    /// The line of `fn`, from 1.
    pub line: usize,
}

/// The file of a check, relative to its lab: `tests/spec/m2_pipe.rs`.
#[must_use]
pub fn file_of(check: &str) -> String {
    let module = check.split("::").next().unwrap_or(check);
    format!("tests/spec/{module}.rs")
}

/// Finds the function of `check` (`m2_pipe::name` or `name`) in the text of its file.
#[must_use]
pub fn find(text: &str, check: &str) -> Option<Documented> {
    let name = check.rsplit("::").next().unwrap_or(check);
    let lines: Vec<&str> = text.lines().collect();
    let index = lines.iter().position(|line| is_head(line, name))?;
    // Attributes and comments stand in one block above the function; a blank line or a brace ends it.
    let mut start = index;
    while start > 0 && !matches!(lines[start - 1].trim(), "" | "}") {
        start -= 1;
    }
    let doc: Vec<&str> = lines[start..index]
        .iter()
        .filter_map(|line| line.trim().strip_prefix("///"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    Some(Documented { doc: doc.join("\n"), line: index + 1 })
}

fn is_head(line: &str, name: &str) -> bool {
    let line = line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
    line.strip_prefix("fn ")
        .and_then(|rest| rest.strip_prefix(name))
        .is_some_and(|rest| rest.starts_with(['(', '<']))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "//! Milestone 2.
use testkit::Room;

fn psh() {}

/// A reader sees the end only when every writer is closed.
///
/// Man pages: pipe(7).
#[rstest]
#[case::first(1)]
#[case::last(
    2,
)]
fn the_reader_sees_the_end(#[case] n: u32) {
    run(n);
}

#[test]
fn the_reader_sees() {}
";

    #[test]
    fn the_comment_above_the_attributes_is_found() {
        let found = find(TEXT, "m2_pipe::the_reader_sees_the_end").unwrap();
        assert_eq!(
            found.doc,
            "A reader sees the end only when every writer is closed.\n\nMan pages: pipe(7)."
        );
        assert_eq!(found.line, 14);
    }

    #[test]
    fn a_name_that_begins_alike_is_another_check() {
        assert_eq!(find(TEXT, "the_reader_sees"), Some(Documented { doc: String::new(), line: 19 }));
        assert_eq!(find(TEXT, "the_reader"), None);
    }

    #[test]
    fn the_file_is_named_by_the_module() {
        assert_eq!(file_of("m2_pipe::x"), "tests/spec/m2_pipe.rs");
    }
}
