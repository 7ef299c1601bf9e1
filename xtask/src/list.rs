//! `list` and `explain`: what there is to do, and why.

use crate::check::find;
use crate::cli::{ExplainArgs, ListArgs};
use crate::exit::{Exit, bad_input, usage};
use crate::manifest::Check;
use crate::workspace::{Lab, Workspace};
use crate::{files, prose, spec_text};

/// Lists the labs with their milestones, or the checks of one lab.
///
/// # Errors
/// When there is no such lab or its manifest is wrong.
pub fn list(workspace: &Workspace, args: &ListArgs) -> anyhow::Result<Exit> {
    match &args.lab {
        Some(lab) => list_checks(&workspace.lab(lab)?),
        None => workspace.labs()?.iter().for_each(list_milestones),
    }
    Ok(Exit::Done)
}

fn list_milestones(lab: &Lab) {
    let manifest = &lab.manifest;
    anstream::println!("{} {}   {} hours", manifest.id, manifest.title, manifest.hours);
    for milestone in &manifest.milestones {
        let (count, points) = (milestone.checks.len(), milestone.points());
        anstream::println!(
            "  {:<4} {:<40} {count:>3} checks {points:>4} points",
            milestone.id,
            milestone.title
        );
    }
}

fn list_checks(lab: &Lab) {
    for milestone in &lab.manifest.milestones {
        anstream::println!("{} {}   {} points", milestone.id, milestone.title, milestone.points());
        for check in &milestone.checks {
            anstream::println!("  {:>3}  {}", check.points, check.name);
        }
    }
}

/// Shows a check's rule, reason and man page, from the comment above it.
///
/// # Errors
/// When no lab has such a check, or it has no comment.
pub fn explain(workspace: &Workspace, args: &ExplainArgs) -> anyhow::Result<Exit> {
    let labs = workspace.labs()?;
    let (lab, check) = find_in(&labs, &args.check)?;
    let file = lab.dir.join(spec_text::file_of(&check.name));
    let documented = spec_text::find(&files::read(&file)?, &check.name)
        .ok_or_else(|| bad_input(format!("{}: no function {}", workspace.shown(&file), check.name)))?;
    let milestone = lab.manifest.milestone_of(&check.name).map_or("", |milestone| milestone.id.as_str());
    anstream::println!("{}", check.sentence());
    anstream::println!("lab {}, {milestone}, {} points\n", lab.manifest.id, check.points);
    anstream::println!("{}\n", prose::wrap(&documented.doc, prose::columns()));
    anstream::println!("the check:  {}:{}", workspace.shown(&file), documented.line);
    anstream::println!("run it:     cargo xtask check {} {}", lab.manifest.id, check.name);
    Ok(Exit::Done)
}

fn find_in<'a>(labs: &'a [Lab], name: &str) -> anyhow::Result<(&'a Lab, &'a Check)> {
    let mut last = usage(format!("there is no check `{name}`"));
    for lab in labs {
        match find(&lab.manifest, name) {
            Ok(check) => return Ok((lab, check)),
            Err(error) => last = error,
        }
    }
    Err(last)
}
