//! A folder of submissions as a class in each lab: each folder or archive in it is a student, who may have handed in several
//! labs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;

use super::Class;
use super::args::Shard;
use super::class::Member;
use super::roster::Roster;
use super::students::{self, Student};
use super::work::Reading;
use crate::exit::bad_input;
use crate::intake::HandIn;
use crate::intake::git::Until;
use crate::intake::rules::Rules;
use crate::score::{Entry, Standing};
use crate::text::one_line;
use crate::workspace::{Lab, Workspace};

/// Sentences about submissions that are unclear; more than this many help nobody.
const MAX_UNCLEAR: usize = 5;

/// How a folder of submissions is read.
#[derive(Debug, Default)]
pub(super) struct How {
    /// The labs were named: all of them are graded, whatever was handed in.
    pub(super) is_named: bool,
    /// Only this part of the class.
    pub(super) shard: Option<Shard>,
    /// Who is in the class.
    pub(super) roster: Option<Roster>,
    /// Of a git repository only what was committed until then.
    pub(super) until: Until,
    /// Every attempt is graded, not only the last version.
    pub(super) counts_attempts: bool,
}

/// Takes every submission in `dir`, by name. `labs` are those that may be graded: where they were not named, those of which
/// anything was handed in.
///
/// # Errors
/// When `dir` is missing, unreadable, or holds nothing that could be graded.
pub(super) fn read(workspace: &Workspace, dir: &Path, labs: Vec<Lab>, how: &How) -> Result<Class> {
    let (mut students, notes) = students::read(dir, how.roster.as_ref(), how.counts_attempts)?;
    if let Some(shard) = how.shard {
        let mut places = 0..;
        students.retain(|_| places.next().is_some_and(|place| shard.has(place)));
    }
    let is_sure = labs.len() == 1;
    let reading = Reading { labs: workspace.lab_names()?.into(), is_sure, until: how.until };
    let labs: Vec<(Lab, Arc<Rules>)> =
        labs.into_iter().map(|lab| rules(&lab).map(|rules| (lab, Arc::new(rules)))).collect::<Result<_>>()?;
    let mut of_labs: Vec<Vec<Member>> = labs.iter().map(|_| Vec::new()).collect();
    let mut is_there = vec![false; labs.len()];
    for turn in students.iter().flat_map(Student::turns) {
        // One at a time: what is not taken of it is forgotten before the next is opened.
        let hand_in = turn.hand_in(&reading);
        let is_usable = hand_in.as_ref().is_ok_and(HandIn::is_readable);
        for (at, (lab, rules)) in labs.iter().enumerate() {
            let member = turn.member(&hand_in, &reading, rules, &lab.dir);
            is_there[at] |= is_usable && member.entry.standing == Standing::HandedIn;
            of_labs[at].push(member);
        }
    }
    let mut class = Class { labs: Vec::new(), notes };
    let mut others = Vec::new();
    for (((lab, _), members), is_there) in labs.into_iter().zip(of_labs).zip(is_there) {
        if is_sure || how.is_named || is_there {
            class.labs.push((lab, members));
        } else {
            others.extend(members);
        }
    }
    if !class.labs.is_empty() {
        return Ok(class);
    }
    let why = unclear(others.iter().map(|member| &member.entry));
    let why = why.unwrap_or_else(|| "nothing of any lab is in the submissions".to_owned());
    Err(bad_input(format!("{}: {why}", dir.display())))
}

/// The one submission at `path`, a folder or an archive, which is of this lab.
///
/// # Errors
/// When a glob of `lab.toml` is malformed, or the labs cannot be listed.
pub(super) fn one(workspace: &Workspace, path: &Path, lab: &Lab) -> Result<Member> {
    let student = Student::with_one("submission", path);
    let turn = student.last_turn();
    let reading = Reading { labs: workspace.lab_names()?.into(), is_sure: true, until: None };
    let hand_in = turn.hand_in(&reading);
    Ok(turn.member(&hand_in, &reading, &Arc::new(rules(lab)?), &lab.dir))
}

/// The sentence for those of whom nobody knows what they have handed in, if there are any.
pub(super) fn unclear<'a>(entries: impl Iterator<Item = &'a Entry>) -> Option<String> {
    let unclear = entries.filter(|entry| entry.standing == Standing::Unclear);
    let told: BTreeMap<&str, &str> =
        unclear.map(|entry| (entry.name.as_str(), entry.refused.as_deref().unwrap_or_default())).collect();
    let first = told.iter().take(MAX_UNCLEAR).map(|(name, why)| format!("{}: {why}", one_line(name, 40)));
    let first: Vec<String> = first.collect();
    let more = match told.len() - first.len() {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let plural = if told.len() == 1 { "submission has" } else { "submissions have" };
    (!told.is_empty()).then(|| format!("{} {plural} no grade yet: {}{more}", told.len(), first.join("; ")))
}

/// What a student may change in `lab`.
///
/// # Errors
/// When a glob of `lab.toml` is malformed.
pub fn rules(lab: &Lab) -> Result<Rules> {
    Rules::new(&lab.manifest.editable, &lab.manifest.given, &lab.manifest.folder())
}
