//! Pure: the generated parts of the READMEs, the order of their headings, and the examples in them.

use std::fmt::Write as _;

use crate::manifest::{Manifest, Milestone, POINTS, order};
use crate::patch::Mutant;

/// The headings every lab's README has, in this order; others may stand between them.
pub const HEADINGS: [&str; 11] = [
    "You will be able to",
    "Predict first",
    "Background",
    "Man pages",
    "Files",
    "Milestones",
    "Run and grade",
    "When it goes wrong",
    "Reflection",
    "Going further",
    "Reading",
];

/// Puts `body` between `<!-- name -->` and `<!-- /name -->`.
///
/// # Errors
/// When one of the markers is missing.
pub fn replace(text: &str, name: &str, body: &str) -> Result<String, String> {
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let start = text.find(&begin).ok_or_else(|| format!("no line `{begin}`"))? + begin.len();
    let length = text[start..].find(&end).ok_or_else(|| format!("no line `{end}` after `{begin}`"))?;
    Ok(format!("{}\n{body}{}", &text[..start], &text[start + length..]))
}

/// The table of milestones in a lab's README.
#[must_use]
pub fn milestone_table(manifest: &Manifest) -> String {
    let mut out = String::from("| | milestone | checks | points | hours |\n|---|---|--:|--:|--:|\n");
    for milestone in &manifest.milestones {
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            milestone.id,
            milestone.title,
            milestone.checks.len(),
            milestone.points(),
            milestone.hours
        );
    }
    let checks = manifest.checks().count();
    let points: u32 = manifest.milestones.iter().map(Milestone::points).sum();
    let hours: f64 = manifest.milestones.iter().map(|milestone| milestone.hours).sum();
    let _ = writeln!(out, "| | all | {checks} | {points} | {hours} |");
    out
}

/// The list of a milestone's checks in a lab's README: each as its sentence, with its points.
#[must_use]
pub fn check_list(milestone: &Milestone) -> String {
    let mut out = String::new();
    for check in &milestone.checks {
        let points = if check.points == 1 { "point" } else { "points" };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "- {} ({} {points})", check.sentence(), check.points);
    }
    out
}

/// The table of labs in `labs/README.md`, in the order of study.
#[must_use]
pub fn index(manifests: &[&Manifest]) -> String {
    let mut out = String::from(
        "| | lab | outcome | needs | hours | points | lecture |\n|--:|---|---|---|--:|--:|---|\n",
    );
    for m in order::in_order(manifests) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| {study} | [{id} {title}]({folder}/README.md) | {outcome} | {needs} | {hours} | {POINTS} | `{lecture}` |",
            study = m.study,
            id = m.id,
            title = m.title,
            folder = m.folder(),
            outcome = m.outcome,
            needs = m.needs.join(", "),
            hours = m.hours,
            lecture = m.lecture
        );
    }
    let hours: f64 = manifests.iter().map(|m| m.hours).sum();
    let _ = writeln!(out, "| | all | | | {hours} | | |");
    out
}

/// The matrix of mutants in `solutions/README.md`: which wrong solution is caught by which check.
#[must_use]
pub fn matrix(labs: &[(&Manifest, Vec<Mutant>)]) -> String {
    let mut out = String::new();
    for (manifest, mutants) in labs {
        let _ = writeln!(out, "\n### Lab {} {}: {} mutants\n", manifest.id, manifest.title, mutants.len());
        out.push_str("| mutant | what the student believes | caught by |\n|---|---|---|\n");
        for mutant in mutants {
            let catchers: Vec<String> = mutant.catches.iter().map(|check| format!("`{check}`")).collect();
            let belief = mutant.misconception.replace('|', "\\|");
            let _ =
                writeln!(out, "| {} | {belief} | {} |", mutant.name.replace('_', " "), catchers.join("<br>"));
        }
    }
    out.push('\n');
    out
}

/// What is wrong with the headings of a lab's README.
#[must_use]
pub fn heading_problems(text: &str) -> Vec<String> {
    let mut is_code = false;
    let mut found = Vec::new();
    for line in text.lines() {
        is_code ^= line.trim_start().starts_with("```");
        if let Some(title) = line.strip_prefix("## ").filter(|_| !is_code)
            && let Some(place) = HEADINGS.iter().position(|heading| *heading == title.trim())
        {
            found.push(place);
        }
    }
    let missing = (0..HEADINGS.len()).filter(|place| !found.contains(place));
    let mut problems: Vec<String> =
        missing.map(|place| format!("no heading `## {}`", HEADINGS[place])).collect();
    if let Some(pair) = found.windows(2).find(|pair| pair[0] >= pair[1]) {
        problems.push(format!("`## {}` must stand after `## {}`", HEADINGS[pair[0]], HEADINGS[pair[1]]));
    }
    problems
}

/// A command in a `console` block, and what it shall print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The line of the command, from 1.
    pub line: usize,
    /// Number of the block; the commands of one block share a folder.
    pub block: usize,
    /// What stands after `$ `, with its continuation lines (`> `).
    pub command: String,
    /// The lines up to the next command.
    pub output: String,
}

/// All commands in the `console` blocks of a text.
#[must_use]
pub fn examples(text: &str) -> Vec<Example> {
    let mut found: Vec<Example> = Vec::new();
    let (mut block, mut is_inside) = (0, false);
    for (index, line) in text.lines().enumerate() {
        let fence = line.trim_start();
        if fence.starts_with("```") {
            is_inside = !is_inside && fence == "```console";
            block += 1;
        } else if is_inside {
            let last = found.last_mut().filter(|example| example.block == block);
            match (line.strip_prefix("$ "), line.strip_prefix("> "), last) {
                (Some(command), _, _) => found.push(Example {
                    line: index + 1,
                    block,
                    command: command.to_owned(),
                    output: String::new(),
                }),
                (None, Some(more), Some(last)) if last.output.is_empty() => {
                    last.command = format!("{}\n{more}", last.command);
                }
                (None, _, Some(last)) => last.output = format!("{}{line}\n", last.output),
                (None, _, None) => {}
            }
        }
    }
    found
}

/// Whether `output` is what the README shows. There, a line `...` stands for any lines, and `…` in a line for
/// any text.
#[must_use]
pub fn is_like(shown: &str, output: &str) -> bool {
    let (shown, output): (Vec<&str>, Vec<&str>) = (shown.lines().collect(), output.lines().collect());
    lines_match(&shown, &output)
}

fn lines_match(shown: &[&str], output: &[&str]) -> bool {
    match (shown.split_first(), output.split_first()) {
        (None, _) => output.is_empty(),
        (Some((&"...", rest)), _) => (0..=output.len()).any(|skipped| lines_match(rest, &output[skipped..])),
        (Some(_), None) => false,
        (Some((line, shown)), Some((got, output))) => line_matches(line, got) && lines_match(shown, output),
    }
}

fn line_matches(shown: &str, got: &str) -> bool {
    let (shown, got) = (shown.trim_end(), got.trim_end());
    let pieces: Vec<&str> = shown.split('…').collect();
    let [first, between @ .., last] = pieces.as_slice() else { return shown == got };
    let rest = got.strip_prefix(first).and_then(|rest| rest.strip_suffix(last));
    let mut rest = rest;
    for piece in between {
        rest = rest.and_then(|rest| rest.find(piece).map(|at| &rest[at + piece.len()..]));
    }
    rest.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Check;
    use rstest::rstest;

    #[test]
    fn what_stands_between_the_markers_is_replaced() {
        let text = "a\n<!-- labs -->\nold\n<!-- /labs -->\nb\n";
        let new = replace(text, "labs", "new\n").unwrap();
        assert_eq!(new, "a\n<!-- labs -->\nnew\n<!-- /labs -->\nb\n");
        assert_eq!(replace(&new, "labs", "new\n").unwrap(), new);
    }

    #[rstest]
    #[case("nothing", "no line `<!-- labs -->`")]
    #[case("<!-- labs -->", "no line `<!-- /labs -->` after `<!-- labs -->`")]
    fn a_missing_marker_is_told(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(replace(text, "labs", "").unwrap_err(), expected);
    }

    #[test]
    fn each_check_is_listed_with_its_sentence_and_its_points() {
        let check = |name: &str, points| Check { name: name.to_owned(), points, in_process: false };
        let milestone = Milestone {
            id: "m1".to_owned(),
            module: "m1_one".to_owned(),
            title: String::new(),
            hours: 1.0,
            checks: vec![check("m1_one::it_prints_one", 1), check("m1_one::it_ends", 2)],
        };
        assert_eq!(check_list(&milestone), "- it prints one (1 point)\n- it ends (2 points)\n");
    }

    #[test]
    fn headings_are_checked_for_presence_and_order() {
        let good: String = HEADINGS.iter().map(|heading| format!("## {heading}\n## Extra\n")).collect();
        assert!(heading_problems(&good).is_empty());
        let swapped = good.replace("Files", "x").replace("Reading", "Files").replace("## x", "## Reading");
        let problems = heading_problems(&swapped);
        assert_eq!(problems, ["`## Reading` must stand after `## Milestones`"]);
        assert_eq!(heading_problems(&good.replace("## Files", "")), ["no heading `## Files`"]);
    }

    #[test]
    fn examples_are_commands_with_their_output() {
        let text = "```console\n$ psh -c 'a\n> b'\nout\nput\n$ cargo x\n```\n```text\n$ no\n```\n";
        let found = examples(text);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].line, found[0].command.as_str()), (2, "psh -c 'a\nb'"));
        assert_eq!(found[0].output, "out\nput\n");
        assert_eq!((found[1].command.as_str(), found[1].output.as_str()), ("cargo x", ""));
    }

    #[rstest]
    #[case::equal("a\nb\n", "a\nb\n", true)]
    #[case::different("a\nb\n", "a\nc\n", false)]
    #[case::any_lines("a\n...\nz\n", "a\nb\nc\nz\n", true)]
    #[case::no_lines("a\n...\n", "a\n", true)]
    #[case::any_text("[1] …\n", "[1] 4711\n", true)]
    #[case::any_text_within("pipe 1: write … read …\n", "pipe 1: write 12 read 13\n", true)]
    #[case::the_last_of_several("a…b\n", "axbyb\n", true)]
    #[case::text_after_any("pid … ok\n", "pid 12 no\n", false)]
    #[case::end_after_any("pid … ok\n", "pid 12 ok!\n", false)]
    #[case::too_much("a\n", "a\nb\n", false)]
    #[case::nothing("", "", true)]
    fn output_is_compared_with_wildcards(#[case] shown: &str, #[case] output: &str, #[case] expected: bool) {
        assert_eq!(is_like(shown, output), expected);
    }
}
