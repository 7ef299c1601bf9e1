//! `hint`: the hints of a milestone, from a question to almost the answer. The first is free at once, each
//! further one after some honest attempts; `--force` is for those who teach themselves.

use clap::Args;

use crate::exit::{Exit, bad_input, usage};
use crate::manifest::Milestone;
use crate::progress::{NextHint, store};
use crate::workspace::{Lab, Workspace};
use crate::{files, hints, prose};

/// Show the next hint of a milestone.
///
/// Each milestone has three, from a question to almost the answer. The first is free; the next one opens after
/// two more attempts. An attempt: change your files, run `cargo xtask check`, and the milestone still fails.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask hint 01 m2
  cargo xtask hint 01 m2 --again")]
pub struct HintArgs {
    /// The lab; in its folder it need not be named.
    pub lab: String,
    /// The milestone.
    pub milestone: Option<String>,
    /// Show the hints already seen, and no further one.
    #[arg(long)]
    pub again: bool,
    /// Show the next one without further attempts. Nobody is told; the hints stand in the README, too.
    #[arg(long, conflicts_with = "again")]
    pub force: bool,
}

/// Shows the next hint of a milestone if it is free, or with `--again` those already seen.
///
/// # Errors
/// When there is no such milestone, or its README has no hints.
pub fn run(workspace: &Workspace, args: &HintArgs) -> anyhow::Result<Exit> {
    let is_part = |lab: &Lab, word: &str| milestone(lab, word).is_ok();
    let (lab, wanted) = workspace.lab_and_part(Some(&args.lab), args.milestone.as_deref(), is_part)?;
    let Some(wanted) = wanted else {
        return Err(usage(format!("which milestone? `cargo xtask hint {} m1`", lab.manifest.id)));
    };
    let milestone = milestone(&lab, wanted)?;
    let hints = of(workspace, &lab, milestone)?;
    let told = Told { lab: &lab, milestone, hints: &hints };
    if args.again {
        let progress = store::load(workspace).lab(&lab.manifest.id);
        told.again(progress.hints(&milestone.id));
        return Ok(Exit::Done);
    }
    let (next, after) = open(workspace, &lab, milestone, hints.len(), args.force);
    told.next(next, after);
    Ok(Exit::Done)
}

/// The hints of a milestone, from its lab's README.
///
/// # Errors
/// When the README cannot be read or has none.
pub fn of(workspace: &Workspace, lab: &Lab, milestone: &Milestone) -> anyhow::Result<Vec<String>> {
    let readme = lab.dir.join("README.md");
    let hints = hints::hints(&files::read(&readme)?, &milestone.id);
    if hints.is_empty() {
        return Err(bad_input(format!("{}: no hints for {}", workspace.shown(&readme), milestone.id)));
    }
    Ok(hints)
}

/// Opens the next of `count` hints if it is free, or if that is forced; which it is, and which comes after it.
#[must_use]
pub fn open(
    workspace: &Workspace,
    lab: &Lab,
    milestone: &Milestone,
    count: usize,
    is_forced: bool,
) -> (NextHint, NextHint) {
    store::update(workspace, |progress| {
        let lab = progress.lab_mut(&lab.manifest.id);
        let next = match lab.next_hint(milestone, count) {
            NextHint::After(level, _) if is_forced => NextHint::Free(level),
            next => next,
        };
        if let NextHint::Free(level) = next {
            lab.saw_hint(&milestone.id, level);
        }
        (next, lab.next_hint(milestone, count))
    })
}

fn milestone<'a>(lab: &'a Lab, wanted: &str) -> anyhow::Result<&'a Milestone> {
    let found = lab.manifest.milestones.iter().find(|m| m.id == wanted || m.module == wanted);
    found.ok_or_else(|| {
        let ids: Vec<&str> = lab.manifest.milestones.iter().map(|m| m.id.as_str()).collect();
        usage(format!("lab {} has no milestone `{wanted}`; it has {}", lab.manifest.id, ids.join(", ")))
    })
}

/// The hints of one milestone, on the screen.
struct Told<'a> {
    lab: &'a Lab,
    milestone: &'a Milestone,
    hints: &'a [String],
}

impl Told<'_> {
    /// The hint that was asked for, and what there is after it.
    fn next(&self, next: NextHint, after: NextHint) {
        let command = self.command();
        match next {
            NextHint::Free(level) => {
                self.hint(level);
                match after {
                    NextHint::NoMore => anstream::println!("That was the last hint."),
                    NextHint::Free(level) => {
                        anstream::println!("hint {level} of {}: {command}", self.hints.len())
                    }
                    NextHint::After(level, missing) => self.locked(level, missing),
                }
            }
            NextHint::After(level, missing) => {
                self.locked(level, missing);
                anstream::println!("the hints so far:    {command} --again");
                anstream::println!("you teach yourself?  {command} --force");
            }
            NextHint::NoMore => {
                anstream::println!("You have seen all {} hints. Again: {command} --again", self.hints.len());
            }
        }
    }

    fn again(&self, seen: usize) {
        for level in 1..=seen.min(self.hints.len()) {
            self.hint(level);
        }
        if seen == 0 {
            anstream::println!("no hint seen yet; the first: {}", self.command());
        }
    }

    fn hint(&self, level: usize) {
        let Milestone { id, title, .. } = self.milestone;
        anstream::println!(
            "{id} {title}, hint {level} of {}\n\n{}\n",
            self.hints.len(),
            prose::wrap(&self.hints[level - 1], prose::columns())
        );
    }

    fn locked(&self, level: usize, missing: u32) {
        let (lab, id) = (&self.lab.manifest.id, &self.milestone.id);
        let plural = if missing == 1 { "attempt" } else { "attempts" };
        anstream::println!("Hint {level} opens after {missing} more {plural} at {id}.");
        anstream::println!("An attempt: change your files and run `cargo xtask check {lab} {id}`.");
    }

    fn command(&self) -> String {
        format!("cargo xtask hint {} {}", self.lab.manifest.id, self.milestone.id)
    }
}
