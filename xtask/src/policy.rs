//! The policy of a class: from raw points to the grade that counts.
//!
//! A TOML says when each lab is due, what lateness costs, who has more time, who is excused, which labs count how much, and
//! what students do not see yet; `xtask/docs/policy.md` has every key. Pure, but for `files`: the text is read to a
//! [`Policy`] (`parse`), the times of the hand-ins to [`Times`], and both are applied to what the checks gave (`apply`).
//!
//! No points are ever lost to what is not known: without a time of hand-in there is no penalty, and what nobody has decided
//! has no grade.

use std::collections::{BTreeMap, BTreeSet};

mod apply;
mod attempts;
pub mod files;
mod late;
mod parse;
mod sum;
mod time;
mod times;

pub use parse::Problem;
pub use time::Moment;
pub use times::Times;

/// What a class agreed on. The default takes nothing away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// The minutes east of UTC of every time that has no offset of its own.
    pub offset: Option<i16>,
    /// The file with the times of the hand-ins, as it was written.
    pub times: Option<String>,
    /// Seconds after a deadline that cost nothing.
    pub grace: i64,
    /// Which of several attempts counts. `None`: attempts are not told apart.
    pub count: Option<Count>,
    /// The late days that each student has.
    pub late_days: u32,
    /// So many of the lowest labs do not count.
    pub drop: u32,
    /// What lateness costs.
    pub penalty: Penalty,
    /// By id.
    pub labs: BTreeMap<String, LabRules>,
    /// Who has more time.
    pub extensions: Vec<Extension>,
    /// Who is excused: student and lab; without a lab from all of them.
    pub excused: BTreeSet<(String, Option<String>)>,
}

/// Which of several attempts counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Count {
    /// The one that is worth most, after its penalty.
    Best,
    /// The last one before the cutoff.
    Last,
}

/// What lateness costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Penalty {
    /// Percent of the raw points for each started step.
    pub percent: u32,
    /// The length of a step.
    pub per: Step,
    /// So many percent stay in any case, up to the cutoff.
    pub floor: u32,
    /// Seconds after the end of the grace from which nothing is left.
    pub cutoff: Option<i64>,
}

/// The length of a step of the penalty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// 24 hours.
    #[default]
    Day,
    /// An hour.
    Hour,
}

/// What is said of one lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabRules {
    /// The last second that is in time.
    pub deadline: Option<Moment>,
    /// The last second that is worth anything.
    pub cutoff: Option<Moment>,
    /// How much it counts.
    pub weight: u32,
    /// Milestones and checks that students do not see.
    pub hidden: BTreeSet<String>,
    /// From when on they do.
    pub reveal: Reveal,
}

impl Default for LabRules {
    fn default() -> Self {
        Self { deadline: None, cutoff: None, weight: 1, hidden: BTreeSet::new(), reveal: Reveal::Never }
    }
}

/// When hidden checks are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reveal {
    /// Not as long as the policy says nothing else.
    Never,
    /// Now.
    Now,
    /// From this moment on.
    At(Moment),
}

/// More time for a student.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Who has it.
    pub student: String,
    /// In which lab; `None`: in each.
    pub lab: Option<String>,
    /// How much.
    pub seconds: i64,
}

impl Policy {
    /// What is said of a lab.
    fn lab(&self, lab: &str) -> LabRules {
        self.labs.get(lab).cloned().unwrap_or_default()
    }

    /// How many seconds more a student has in a lab, by all extensions together.
    fn extension(&self, student: &str, lab: &str) -> i64 {
        let is_meant =
            |one: &&Extension| one.student == student && one.lab.as_deref().is_none_or(|meant| meant == lab);
        self.extensions.iter().filter(is_meant).map(|one| one.seconds).sum()
    }

    fn is_excused(&self, student: &str, lab: &str) -> bool {
        let meant = |lab: Option<&str>| (student.to_owned(), lab.map(str::to_owned));
        self.excused.contains(&meant(Some(lab))) || self.excused.contains(&meant(None))
    }
}
