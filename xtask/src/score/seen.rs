//! What students may see of a run in which checks are hidden: of each of these the points, and nothing that tells what it is.
//! Pure.

use std::borrow::Cow;

use sandbox::protocol::Verdict;

use super::{LabResults, LabScore, Member, Milestone, Results, summary};
use crate::outcome::CheckOutcome;

impl Results {
    /// Whether students may see what this check is and says.
    #[must_use]
    pub fn is_revealed(&self, lab: &str, check: &str) -> bool {
        let mut labs = self.labs.iter().filter(|other| other.head.lab == lab);
        let mut checks = labs.by_ref().flat_map(|lab| &lab.head.milestones).flat_map(|m| &m.checks);
        !checks.any(|info| info.name == check && info.hidden)
    }

    /// The same as students may see it: of a hidden check the points, and neither its name nor what it says.
    #[must_use]
    pub fn as_students_see(&self) -> Cow<'_, Self> {
        if !self.labs.iter().any(LabResults::has_hidden) {
            return Cow::Borrowed(self);
        }
        let mut results = self.clone();
        for (number, lab) in results.labs.iter_mut().enumerate() {
            if lab.has_hidden() {
                let scores = self.students.iter().map(|student| &student.labs[number]);
                lab.hide(scores);
            }
        }
        Cow::Owned(results)
    }
}

impl LabResults {
    /// Whether there are checks that students do not see yet.
    #[must_use]
    pub fn has_hidden(&self) -> bool {
        self.head.milestones.iter().flat_map(|milestone| &milestone.checks).any(|info| info.hidden)
    }

    fn hide<'a>(&mut self, scores: impl Iterator<Item = &'a LabScore>) {
        let mut at = 0;
        for milestone in &mut self.head.milestones {
            for (number, info) in (1..).zip(&mut milestone.checks) {
                if info.hidden {
                    info.sentence = format!("hidden check {number} of {}", milestone.id);
                    info.name = format!("{}_hidden::check_{number}", milestone.id);
                    self.members.iter_mut().for_each(|member| member.hide(at, &info.name));
                }
                at += 1;
            }
        }
        for score in scores {
            if let Some(member) = score.member.and_then(|at| self.members.get_mut(at)) {
                let told = member.what_happened(&self.head.milestones);
                member.summary =
                    [Some(told), score.in_words()].into_iter().flatten().collect::<Vec<_>>().join(" ");
            }
        }
    }
}

impl Member {
    /// What happened, in a sentence, told of the checks that may be seen; of the others their points.
    #[must_use]
    pub fn what_happened(&self, milestones: &[Milestone]) -> String {
        let infos = milestones.iter().flat_map(|milestone| &milestone.checks);
        let (hidden, seen): (Vec<_>, Vec<_>) = infos
            .zip(&self.checks)
            .map(|(info, check)| (info.hidden, check))
            .partition(|(hidden, _)| *hidden);
        let told =
            summary::sentence(&self.entry, self.compile_error.as_ref(), seen.iter().map(|(_, check)| *check));
        if hidden.is_empty() || !self.was_run() {
            return told;
        }
        let is_open = |check: &&CheckOutcome| matches!(check.verdict, Verdict::NotRun | Verdict::GraderError);
        let checks = || hidden.iter().map(|(_, check)| *check);
        let points: u32 = checks().map(|check| check.points).sum();
        let max: u32 = checks().map(|check| check.max).sum();
        let open: u32 = checks().filter(is_open).map(|check| check.max).sum();
        let open = if open > 0 { format!(", {open} undecided") } else { String::new() };
        let (count, plural) = (hidden.len(), if hidden.len() == 1 { "" } else { "s" });
        format!("{told} {count} hidden check{plural}: {points} of {max} points{open}.")
    }

    /// Leaves away what the check at this place says. What the failures look like together would tell of it, too, and so
    /// would that there is no likely cause any more: it goes in any case.
    fn hide(&mut self, at: usize, name: &str) {
        let Some(check) = self.checks.get_mut(at) else { return };
        name.clone_into(&mut check.check);
        check.text.clear();
        check.detail.clear();
        self.likely.clear();
    }
}
