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
            table(&rows.collect::<Vec<_>>(), progress.latest.as_deref())
        }
    };
    anstream::print!("{text}");
    Ok(Exit::Done)
}

/// A lab and what is known of it.
type Row<'a> = (&'a Manifest, LabProgress);

/// One line a lab, 80 columns at most.
fn table(labs: &[Row<'_>], latest: Option<&str>) -> String {
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
    if let Some((manifest, known)) = next(labs, latest) {
        let _ = writeln!(out, "\nnext: cargo xtask {}", step(manifest, known));
    }
    out
}

/// The lab to go on with, of those in which something is left to do: the one that was tried last, or the one with the
/// newest verdict, or the first.
fn next<'a, 'b>(labs: &'a [Row<'b>], latest: Option<&str>) -> Option<&'a Row<'b>> {
    let open = || labs.iter().filter(|(manifest, known)| known.open(manifest).is_some());
    let newest =
        || open().filter(|(_, known)| known.newest().is_some()).max_by_key(|(_, known)| known.newest());
    open()
        .find(|(manifest, _)| Some(manifest.id.as_str()) == latest)
        .or_else(newest)
        .or_else(|| open().next())
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
    use crate::progress::CheckProgress;
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
        let shown = strip_str(&table(&[(&manifest, LabProgress::default())], None)).to_string();
        assert!(shown.lines().all(|line| measure_text_width(line) <= 80), "{shown}");
        let column = |line: &str, word| measure_text_width(&line[..line.rfind(word).unwrap()]);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(column(lines[0], "next step"), column(lines[1], "check 01 m1"), "{shown}");
    }

    /// A lab of one check and its newest verdict, of such a day.
    fn lab(manifest: &Manifest, verdict: Option<(Verdict, &str)>) -> LabProgress {
        let names = manifest.checks().map(|check| check.name.clone());
        let known = verdict.map(|(last, on)| CheckProgress { last, on: on.to_owned(), passed: None });
        let checks = names.filter_map(|name| Some((name, known.clone()?))).collect();
        LabProgress { checks, ..LabProgress::default() }
    }

    #[rstest]
    #[case::nothing_was_tried([None, None, None], None, "01")]
    #[case::tried_last([None, Some((Verdict::Fail, "2027-03-02")), None], Some("02"), "02")]
    #[case::tried_last_on_the_same_day(
        [Some((Verdict::Fail, "2027-03-02")), None, Some((Verdict::Fail, "2027-03-02"))],
        Some("01"),
        "01"
    )]
    #[case::it_did_not_compile_yet([None, None, None], Some("03"), "03")]
    #[case::it_is_done(
        [None, Some((Verdict::Fail, "2027-03-01")), Some((Verdict::Pass, "2027-03-02"))],
        Some("03"),
        "02"
    )]
    #[case::remembered_by_an_older_runner(
        [Some((Verdict::Fail, "2027-03-01")), Some((Verdict::Fail, "2027-03-03")), None],
        None,
        "02"
    )]
    fn the_next_step_is_in_the_lab_that_was_tried_last(
        #[case] verdicts: [Option<(Verdict, &str)>; 3],
        #[case] latest: Option<&str>,
        #[case] expected: &str,
    ) {
        let manifest = |id: &str| Manifest { id: id.to_owned(), ..crate::progress::tests::manifest() };
        let manifests = ["01", "02", "03"].map(manifest);
        let rows: Vec<Row<'_>> = manifests
            .iter()
            .zip(verdicts)
            .map(|(manifest, verdict)| (manifest, lab(manifest, verdict)))
            .collect();
        assert_eq!(next(&rows, latest).map(|(manifest, _)| manifest.id.as_str()), Some(expected));
    }
}
