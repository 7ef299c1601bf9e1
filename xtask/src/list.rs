//! `list`: what there is to do and what is done, from memory: offline and without a build.

use std::fmt::Write as _;

use clap::Args;
use console::measure_text_width;
use sandbox::protocol::Verdict;

use crate::exit::Exit;
use crate::manifest::{Check, Manifest, Milestone};
use crate::progress::{LabProgress, store};
use crate::show::{BOLD, DIM, style};
use crate::sources;
use crate::text::fitted;
use crate::workspace::{Lab, Workspace};

/// List the labs with what is done in them, or the checks of one lab.
///
/// Everything comes from the checks you have run; nothing is built. A check that passed once keeps its points in
/// the list of labs; its newest verdict is in the list of its lab.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cargo xtask list\n  cargo xtask list 01")]
pub struct ListArgs {
    /// The lab whose checks are to be listed.
    pub lab: Option<String>,
}

/// Lists the labs, or the checks of one lab.
///
/// # Errors
/// When there is no such lab or its manifest is wrong.
pub fn run(workspace: &Workspace, args: &ListArgs) -> anyhow::Result<Exit> {
    let text = match &args.lab {
        Some(lab) => {
            let lab = workspace.lab(lab)?;
            let known = store::load(workspace).lab(&lab.manifest.id);
            format!("{}{}", checks(&lab.manifest, &known), news(&lab, &known))
        }
        None => {
            let labs = workspace.labs()?;
            let progress = store::load(workspace);
            let rows = labs.iter().map(|lab| (&lab.manifest, progress.lab(&lab.manifest.id)));
            table(&rows.collect::<Vec<_>>())
        }
    };
    anstream::print!("{text}");
    Ok(Exit::Done)
}

/// One line a lab, 80 columns at most.
fn table(labs: &[(&Manifest, LabProgress)]) -> String {
    let mut out =
        format!("{BOLD}   {:<26}{:<6}  {:<8}  {:<20}next step{BOLD:#}\n", "lab", "hours", "done", "points");
    for (manifest, known) in labs {
        let done = manifest.milestones.iter().filter(|milestone| known.is_done(milestone)).count();
        let (best, max) = (known.best(manifest.checks()), points(manifest.checks()));
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{} {} {:>4} h  {:>2} of {:<2}  {} {best:>3}/{max}  {}",
            manifest.id,
            padded(&manifest.title, 25),
            manifest.hours,
            done,
            manifest.milestones.len(),
            bar(best, max),
            step(manifest, known)
        );
    }
    for (manifest, known) in labs {
        let (now, best) = (known.points(manifest.checks()), known.best(manifest.checks()));
        if now < best {
            let id = &manifest.id;
            let _ = writeln!(
                out,
                "\nlab {id}: {now} points now; what is missing passed before, see `cargo xtask list {id}`"
            );
        }
    }
    if let Some((manifest, known)) = labs.iter().find(|(manifest, known)| known.open(manifest).is_some()) {
        let _ = writeln!(out, "\nnext: cargo xtask {}", step(manifest, known));
    }
    out
}

/// A lab's milestones and checks, each with its newest verdict.
fn checks(manifest: &Manifest, known: &LabProgress) -> String {
    let (now, max) = (known.points(manifest.checks()), points(manifest.checks()));
    let mut out = format!(
        "{BOLD}{} {}{BOLD:#}   {} hours   {} {now}/{max} points\n",
        manifest.id,
        manifest.title,
        manifest.hours,
        bar(now, max)
    );
    for milestone in &manifest.milestones {
        let (now, max) = (known.points(&milestone.checks), milestone.points());
        let title = padded(&format!("{} {}", milestone.id, milestone.title), 58);
        // Writing to a String cannot fail.
        let _ = writeln!(out, "\n{BOLD}{title}{BOLD:#} {now:>3} / {max}{}", hints(milestone, known));
        for check in &milestone.checks {
            let _ = writeln!(out, "{}", line(check, known));
        }
    }
    let _ = writeln!(out, "\nnext: cargo xtask {}", step(manifest, known));
    out
}

fn hints(milestone: &Milestone, known: &LabProgress) -> String {
    match known.hints(&milestone.id) {
        0 => String::new(),
        1 => "   1 hint".to_owned(),
        seen => format!("   {seen} hints"),
    }
}

fn line(check: &Check, known: &LabProgress) -> String {
    let name = check.name.rsplit("::").next().unwrap_or(&check.name);
    let Some(verdict) = known.checks.get(&check.name) else {
        return format!("  {DIM}{:<8}{DIM:#}{:>3}  {name}", "-", check.points);
    };
    let style = style(verdict.last);
    let mut line = format!("  {style}{:<8}{style:#}{:>3}  {name}", verdict.last.word(), check.points);
    if let Some(day) = verdict.passed.as_ref().filter(|_| verdict.last != Verdict::Pass) {
        let _ = write!(line, "\n{:15}{DIM}passed on {day}{DIM:#}", "");
    }
    line
}

/// What has happened since the newest verdicts.
fn news(lab: &Lab, known: &LabProgress) -> String {
    let source = sources::fingerprint(lab);
    if known.checked.is_some() && source != known.checked {
        "\nYour files have changed since the last check.\n".to_owned()
    } else if known.broken.is_some() && source == known.broken {
        "\nYour files do not compile.\n".to_owned()
    } else {
        String::new()
    }
}

/// The command to run next, without `cargo xtask`.
fn step(manifest: &Manifest, known: &LabProgress) -> String {
    match known.open(manifest) {
        Some(milestone) => format!("check {} {}", manifest.id, milestone.id),
        None => format!("submit {}", manifest.id),
    }
}

fn points<'a>(checks: impl Iterator<Item = &'a Check>) -> u32 {
    checks.map(|check| check.points).sum()
}

/// Ten signs: full only when all points are there, empty only when there are none.
fn bar(points: u32, max: u32) -> String {
    const WIDTH: u32 = 10;
    let full = match points * WIDTH / max.max(1) {
        0 if points > 0 => 1,
        full => full,
    };
    (0..WIDTH).map(|place| if place < full { '#' } else { '.' }).collect()
}

/// A text of exactly so many columns.
fn padded(text: &str, width: usize) -> String {
    let text = fitted(text, width);
    let missing = width.saturating_sub(measure_text_width(&text));
    text + &" ".repeat(missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anstream::adapter::strip_str;
    use rstest::rstest;

    #[rstest]
    #[case(0, "..........")]
    #[case(1, "#.........")]
    #[case(50, "#####.....")]
    #[case(99, "#########.")]
    #[case(100, "##########")]
    fn the_bar_is_full_only_when_all_is_done(#[case] points: u32, #[case] expected: &str) {
        assert_eq!(bar(points, 100), expected);
    }

    #[rstest]
    #[case::long("A title that is far too long for one line of eighty columns")]
    #[case::wide("進程間通訊進程間通訊進程間通訊進程間通訊進程間通訊")]
    fn a_lab_is_one_line_of_a_terminal(#[case] title: &str) {
        let manifest = Manifest { title: title.to_owned(), ..crate::progress::tests::manifest() };
        let shown = strip_str(&table(&[(&manifest, LabProgress::default())])).to_string();
        assert!(shown.lines().all(|line| measure_text_width(line) <= 80), "{shown}");
        let column = |line: &str, word| measure_text_width(&line[..line.rfind(word).unwrap()]);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(column(lines[0], "next step"), column(lines[1], "check 01 m1"), "{shown}");
    }
}
