//! Pure: the text of a solution's file to the text of the starter's file.
//!
//! Markers are whole lines, around whole bodies:
//!
//! ```text
//! fn connect() -> Pipe {
//!     // BEGIN SOLUTION
//!     pipe2(OFlag::O_CLOEXEC)          dropped
//!     // END SOLUTION
//!     // STUB: todo!("M2: make a pipe")  becomes the code after the colon
//! }
//! ```
//!
//! Names change from the solution's to the lab's, and blank lines that now stand together or at a block's
//! edge go. What comes out is formatted by the caller.

use std::ops::Range;

use crate::manifest::{Manifest, Problem};

const BEGIN: &str = "// BEGIN SOLUTION";
const END: &str = "// END SOLUTION";
const STUB: &str = "// STUB:";

/// The starter's text, or `None` if nothing of the file is left (a file that only the solution has).
///
/// # Errors
/// A marker without its partner or beside other code, with its line.
pub fn starter(text: &str, manifest: &Manifest) -> Result<Option<String>, Problem> {
    let mut kept = Vec::new();
    let mut begun: Option<usize> = None;
    for (index, line) in text.lines().enumerate() {
        let problem = |text: &str| Problem { line: index + 1, text: text.to_owned() };
        let trimmed = line.trim();
        if trimmed == BEGIN {
            if begun.replace(index + 1).is_some() {
                return Err(problem("BEGIN SOLUTION inside a solution"));
            }
        } else if trimmed == END {
            begun.take().ok_or_else(|| problem("END SOLUTION without BEGIN SOLUTION"))?;
        } else if let Some(code) = trimmed.strip_prefix(STUB) {
            let indent = &line[..line.len() - line.trim_start().len()];
            kept.push(format!("{indent}{}", code.trim()));
        } else if is_marker_like(trimmed) {
            return Err(problem(
                "a marker must be a line of its own: `// BEGIN SOLUTION`, `// END SOLUTION`",
            ));
        } else if begun.is_none() {
            kept.push(line.to_owned());
        }
    }
    if let Some(line) = begun {
        return Err(Problem { line, text: "BEGIN SOLUTION without END SOLUTION".to_owned() });
    }
    let is_empty = kept.iter().all(|line| line.trim().is_empty());
    Ok((!is_empty).then(|| rename(&collapse(&kept), manifest)))
}

/// The solution's text with markers only where the stub names a milestone (`M7`) after `written`: its starter is a
/// program whose first `written` milestones are done. A region whose stub names none is as in the solution.
#[must_use]
pub fn keep_written(text: &str, written: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let region = region_at(&lines, at).filter(|region| {
            let stubs = &lines[region.stubs.clone()];
            stubs.iter().find_map(|line| milestone_in(line)).is_none_or(|milestone| milestone <= written)
        });
        match region {
            Some(region) => {
                out.extend(&lines[region.body]);
                at = region.stubs.end;
            }
            None => {
                out.push(lines[at]);
                at += 1;
            }
        }
    }
    out.join("\n") + "\n"
}

/// The lines of a solution's region and of the stubs that follow it.
struct Region {
    body: Range<usize>,
    stubs: Range<usize>,
}

/// The region that begins at this line.
fn region_at(lines: &[&str], at: usize) -> Option<Region> {
    let length =
        lines[at..].iter().position(|line| line.trim() == END).filter(|_| lines[at].trim() == BEGIN)?;
    let first = at + length + 1;
    let stubs = lines[first..].iter().take_while(|line| line.trim().starts_with(STUB)).count();
    Some(Region { body: at + 1..at + length, stubs: first..first + stubs })
}

/// 7 for `// STUB: todo!("M7: run the list")`.
fn milestone_in(line: &str) -> Option<usize> {
    line.match_indices('M').find_map(|(at, _)| {
        let digits = &line[at + 1..];
        let end = digits.find(|c: char| !c.is_ascii_digit())?;
        digits[..end].parse().ok()
    })
}

fn is_marker_like(line: &str) -> bool {
    ["BEGIN SOLUTION", "END SOLUTION", "// STUB"].iter().any(|marker| line.contains(marker))
}

/// Names of the solution become names of the lab. Also used to hand a solution in as a submission.
#[must_use]
pub fn rename(text: &str, manifest: &Manifest) -> String {
    let id = &manifest.id;
    let mut text = text.replace(&format!("sol{id}"), &format!("lab{id}"));
    for program in &manifest.programs {
        text = text.replace(&format!("sol-{program}"), program);
    }
    text
}

/// At most one blank line together, none at the edges of the file or of a block.
fn collapse(lines: &[String]) -> String {
    let mut out: Vec<&str> = Vec::new();
    for line in lines.iter().map(|line| line.trim_end()) {
        let is_after_edge = out.last().is_none_or(|last| last.is_empty() || last.ends_with(['{', '(', '[']));
        if line.is_empty() && is_after_edge {
            continue;
        }
        if line.trim_start().starts_with(['}', ')', ']']) && out.last().is_some_and(|last| last.is_empty()) {
            out.pop();
        }
        out.push(line);
    }
    while out.last().is_some_and(|last| last.is_empty()) {
        out.pop();
    }
    out.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn manifest() -> Manifest {
        let text = r#"id = "01"
slug = "pipeline-shell"
title = "t"
outcome = "o"
hours = 1.0
lecture = "l"
programs = ["psh"]
editable = ["src/**/*.rs"]
milestone = [{ id = "m1", module = "m1_a", title = "t", hours = 1.0, checks = [{ name = "a", points = 100 }] }]
"#;
        crate::manifest::parse(text).unwrap()
    }

    #[rstest]
    #[case::a_body_becomes_its_stub(
        "fn f() {\n    // BEGIN SOLUTION\n    work();\n    // END SOLUTION\n    // STUB: todo!(\"M1: work\")\n}\n",
        "fn f() {\n    todo!(\"M1: work\")\n}\n"
    )]
    #[case::blank_runs_collapse(
        "a();\n\n// BEGIN SOLUTION\nb();\n// END SOLUTION\n\nc();\n\n",
        "a();\n\nc();\n"
    )]
    #[case::no_blank_line_is_left_at_a_blocks_edge(
        "{\n    // BEGIN SOLUTION\n    x\n    // END SOLUTION\n\n    y\n\n    // BEGIN SOLUTION\n    z\n    // END SOLUTION\n}\n",
        "{\n    y\n}\n"
    )]
    #[case::names_are_the_labs(
        "use sol01_pipeline_shell as l; // sol-psh\n",
        "use lab01_pipeline_shell as l; // psh\n"
    )]
    #[case::a_stub_inside_a_region_is_kept(
        "// BEGIN SOLUTION\nx();\n// STUB: y();\n// END SOLUTION\n",
        "y();\n"
    )]
    #[case::text_without_markers_is_kept("//! Parses.\n\nfn f() {}\n", "//! Parses.\n\nfn f() {}\n")]
    fn a_solution_becomes_a_starter(#[case] solution: &str, #[case] expected: &str) {
        assert_eq!(starter(solution, &manifest()).unwrap().unwrap(), expected);
    }

    #[test]
    fn a_region_is_kept_whose_milestone_is_written() {
        let region = |body: &str, stub: &str| format!("// BEGIN SOLUTION\n{body}\n// END SOLUTION\n{stub}\n");
        let one = region("one();", "// STUB: todo!(\"M1: one\")");
        let two = region("two();", "// STUB: if many {\n// STUB:     todo!(\"M2: two\");\n// STUB: }");
        let shared = region("helper();", "");
        assert_eq!(keep_written(&format!("{one}{shared}{two}"), 1), format!("one();\nhelper();\n\n{two}"));
        assert_eq!(keep_written(&format!("{one}{two}"), 2), "one();\ntwo();\n");
    }

    #[test]
    fn a_file_of_which_nothing_is_left_is_no_starter_file() {
        let text = "// BEGIN SOLUTION\nfn helper() {}\n// END SOLUTION\n";
        assert_eq!(starter(text, &manifest()).unwrap(), None);
    }

    #[rstest]
    #[case("x\n// END SOLUTION\n", 2, "END SOLUTION without BEGIN SOLUTION")]
    #[case("// BEGIN SOLUTION\nx\n", 1, "BEGIN SOLUTION without END SOLUTION")]
    #[case("// BEGIN SOLUTION\n// BEGIN SOLUTION\n", 2, "BEGIN SOLUTION inside a solution")]
    #[case("x(); // BEGIN SOLUTION\n", 1, "a marker must be a line of its own")]
    fn an_unpaired_marker_is_told_with_its_line(
        #[case] text: &str,
        #[case] line: usize,
        #[case] start: &str,
    ) {
        let problem = starter(text, &manifest()).unwrap_err();
        assert_eq!(problem.line, line);
        assert!(problem.text.starts_with(start), "{}", problem.text);
    }
}
