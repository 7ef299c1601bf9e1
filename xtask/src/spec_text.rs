//! Pure: a check's doc comment and source, found in the text of its spec file. The comment is the lesson of
//! the check: the rule, the reason, the man page. The text is formatted by rustfmt, which `cargo xtask ci`
//! demands; so a function ends at the first `}` that stands as far left as its `fn`.

/// A check as its spec file shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documented {
    /// The doc comment, without `///`.
    pub doc: String,
    /// The line of `fn`, from 1.
    pub line: usize,
    /// Attributes and function, with their cases, as they stand in the file.
    pub source: Vec<String>,
    /// The line of the first of them, from 1.
    pub start: usize,
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
    while lines[start].trim().starts_with("///") {
        start += 1;
    }
    let end = end(&lines, index);
    let source = lines[start..=end].iter().map(|line| (*line).to_owned()).collect();
    Some(Documented { doc: doc.join("\n"), line: index + 1, source, start: start + 1 })
}

/// The last line of the function whose head is at `index`.
fn end(lines: &[&str], index: usize) -> usize {
    let head = lines[index];
    if head.trim_end().ends_with('}') {
        return index;
    }
    let close = format!("{}}}", &head[..head.len() - head.trim_start().len()]);
    lines[index..].iter().position(|line| *line == close).map_or(lines.len() - 1, |length| index + length)
}

/// What the file's own comment says of man pages, for all its checks: `pipe(2), pipe(7).`
#[must_use]
pub fn man_pages(text: &str) -> Option<String> {
    let comment: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
    let start = comment.iter().position(|line| line.starts_with("Man pages:"))?;
    let lines: Vec<&str> = comment[start..].iter().take_while(|line| !line.is_empty()).copied().collect();
    Some(lines.join(" ").trim_start_matches("Man pages:").trim().to_owned())
}

/// The functions of the file `text` that `source` calls, each with its line, in the order of the file.
#[must_use]
pub fn called(source: &[String], text: &str) -> Vec<(String, usize)> {
    let is_called = |name: &str| source.iter().any(|line| calls(line, name));
    let heads = text.lines().enumerate().filter_map(|(index, line)| Some((head_name(line)?, index + 1)));
    heads.filter(|(name, _)| is_called(name)).map(|(name, line)| (name.to_owned(), line)).collect()
}

/// Whether a line calls the function `name`: not a method, not a longer name, not its own head.
fn calls(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + name.len()..]);
        let is_whole = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
        is_whole && after.starts_with('(') && !before.ends_with("fn ")
    })
}

fn is_head(line: &str, name: &str) -> bool {
    head_name(line) == Some(name)
}

/// The name of the function whose head a line is.
fn head_name(line: &str) -> Option<&str> {
    let line = line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
    let rest = line.strip_prefix("fn ")?;
    rest.split_once(['(', '<']).map(|(name, _)| name)
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
        assert_eq!((found.line, found.start), (14, 9));
        assert_eq!(found.source.first().unwrap(), "#[rstest]");
        assert_eq!(found.source[6..], ["    run(n);", "}"]);
    }

    #[test]
    fn a_name_that_begins_alike_is_another_check() {
        let found = find(TEXT, "the_reader_sees").unwrap();
        assert_eq!((found.doc.as_str(), found.line), ("", 19));
        assert_eq!(found.source, ["#[test]", "fn the_reader_sees() {}"]);
        assert_eq!(find(TEXT, "the_reader"), None);
    }

    #[test]
    fn the_file_is_named_by_the_module() {
        assert_eq!(file_of("m2_pipe::x"), "tests/spec/m2_pipe.rs");
    }

    #[test]
    fn man_pages_of_the_file_are_those_of_all_its_checks() {
        let text = "//! Milestone 2.\n//! Man pages: pipe(2),\n//! pipe(7).\n//!\n//! More.\nfn x() {}\n";
        assert_eq!(man_pages(text).as_deref(), Some("pipe(2), pipe(7)."));
        assert_eq!(man_pages("//! Milestone 2.\n"), None);
    }

    #[test]
    fn helpers_are_the_functions_a_check_calls() {
        let source =
            ["fn check() {", "    run(n).lines();", "    super::other(1); rerun(2);"].map(str::to_owned);
        let text = "fn check() {}\nfn run(n: i32) {}\n\npub(crate) fn other<T>() {}\nfn lines() {}\nfn unused() {}\n";
        assert_eq!(called(&source, text), [("run".to_owned(), 2), ("other".to_owned(), 4)]);
    }
}
