//! The report as text: short for a student, full for whoever must know.

use std::collections::BTreeSet;

use crate::report::{CauseKind, Report, State, Verdict, Wait};
use crate::words::{count, printable};

/// How long a line of the short text may be, in characters.
const LINE: usize = 200;
/// How many waits of one cause the short text shows.
const WAITS: usize = 4;

impl Verdict {
    /// The verdict as a sentence.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Stuck => "stuck, and that is proved: nobody is left who could wake anyone",
            Self::LikelyStuck => "probably stuck",
            Self::Busy => "busy: somebody runs",
            Self::Sleeping => "asleep until the clock wakes somebody",
            Self::Idle => "idle: everybody waits for something that can still come",
            Self::Gone => "gone: no process is left that could do anything",
        }
    }
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Stuck => "stuck",
            Self::Waits => "waits",
            Self::Busy => "busy",
            Self::Zombie => "zombie",
            Self::Stopped => "stopped",
        }
    }
}

impl Report {
    /// For a student: the waits that belong to the root causes, why, and what to change. At most `lines` lines.
    #[must_use]
    pub fn short(&self, lines: usize) -> String {
        let mut all = Vec::new();
        for cause in &self.causes {
            let told = cause.waits.iter().filter_map(|at| self.waits.get(*at));
            // The sentence about zombies names them all.
            if cause.kind != CauseKind::NeverReaped {
                all.extend(told.clone().take(WAITS).map(Wait::line));
                if told.clone().count() > WAITS {
                    all.push(format!("... and {} more of the same", told.count() - WAITS));
                }
            }
            all.push(format!("why: {}", cause.why));
            all.extend(cause.fixes.iter().map(|fix| format!("fix: {fix}")));
        }
        if self.causes.is_empty() {
            all.extend(self.waits.iter().map(Wait::line));
        } else {
            let (own, others) = self.consequences();
            // What the student wrote comes first: that can be changed. But who waits for the student's own
            // programs is innocent, and comes after them. Whoever runs is always first.
            let is_innocent = self.causes.iter().flat_map(|cause| &cause.waits).any(|at| self.is_own(*at));
            let at = if is_innocent { all.len() } else { 0 };
            all.splice(at..at, own);
            let busy = self.waits.iter().filter(|wait| wait.state == State::Busy);
            all.splice(0..0, busy.take(WAITS).map(Wait::line));
            all.extend(others);
        }
        clip(all, lines)
    }

    fn is_own(&self, wait: usize) -> bool {
        self.waits.get(wait).is_some_and(|wait| wait.is_own)
    }

    /// The stuck waits that are no root: those of the student's programs, and `(2 more processes wait for
    /// these)`.
    fn consequences(&self) -> (Vec<String>, Option<String>) {
        let is_root = |pid: i32| self.causes.iter().any(|cause| cause.members.contains(&pid));
        let others = self.waits.iter().filter(|wait| wait.state == State::Stuck && !is_root(wait.pid));
        let (own, others): (Vec<&Wait>, Vec<&Wait>) = others.partition(|wait| wait.is_own);
        let own = own.into_iter().take(WAITS).map(Wait::line).collect();
        let pids: BTreeSet<i32> = others.into_iter().map(|wait| wait.pid).collect();
        let many = count(pids.len(), "more process waits", "more processes wait");
        (own, (!pids.is_empty()).then(|| format!("({many} for these)")))
    }

    /// Everything: each process and thread, what it has open, notes, and what is not known.
    #[must_use]
    pub fn full(&self) -> String {
        let mut lines = vec![self.verdict.words().to_owned()];
        for wait in &self.waits {
            lines.push(format!("  {:<8} {} {}", wait.state.word(), wait.who, wait.text));
            lines.extend(wait.woken_by.iter().map(|by| format!("             can still be ended by {by}")));
            lines.extend(wait.notes.iter().map(|note| format!("             note: {note}")));
        }
        for cause in &self.causes {
            lines.push(format!("why: {}", cause.why));
            lines.extend(cause.fixes.iter().map(|fix| format!("fix: {fix}")));
        }
        for open in self.open.iter().filter(|open| !open.descriptors.is_empty()) {
            lines.push(format!("open in {}:", open.who));
            lines.extend(open.descriptors.iter().map(|descriptor| format!("  {descriptor}")));
        }
        lines.extend(self.unknown.iter().map(|text| format!("not known: {text}")));
        lines.join("\n")
    }
}

impl Wait {
    fn line(&self) -> String {
        let by = self.woken_by.as_ref().filter(|_| self.state == State::Waits);
        let by = by.map_or(String::new(), |by| format!(" (can still be ended by {by})"));
        format!("{} {}{by}", self.who, self.text)
    }
}

/// At most `lines` lines; the last one counts what was left out.
fn clip(mut all: Vec<String>, lines: usize) -> String {
    if all.len() > lines {
        let rest = all.len() - lines.saturating_sub(1);
        all.truncate(lines.saturating_sub(1));
        all.push(format!("... {rest} more lines"));
    }
    all.iter().take(lines).map(|line| printable(line, LINE)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Cause, Kind};

    fn wait(pid: i32, text: &str, state: State) -> Wait {
        let who = format!("`p{pid}` (pid {pid})");
        let (text, notes) = (text.to_owned(), Vec::new());
        Wait { pid, tid: pid, who, is_own: false, kind: Kind::Read, state, text, woken_by: None, notes }
    }

    fn report() -> Report {
        let cause = Cause {
            members: vec![1, 2],
            why: "a circle".to_owned(),
            fixes: vec!["close it".to_owned()],
            kind: CauseKind::Cycle,
            waits: vec![0, 1],
        };
        let waits = vec![
            wait(1, "waits for 2", State::Stuck),
            wait(2, "waits for 1", State::Stuck),
            wait(3, "waits for 1", State::Stuck),
        ];
        Report {
            verdict: Verdict::LikelyStuck,
            waits,
            causes: vec![cause],
            open: Vec::new(),
            unknown: Vec::new(),
        }
    }

    #[test]
    fn the_short_text_shows_the_root_and_counts_the_consequences() {
        let expected = "`p1` (pid 1) waits for 2\n`p2` (pid 2) waits for 1\nwhy: a circle\nfix: close it\n\
            (1 more process waits for these)";
        assert_eq!(report().short(10), expected);
    }

    #[test]
    fn what_the_student_wrote_is_shown_though_it_is_a_consequence() {
        let mut report = report();
        report.waits[2].is_own = true;
        assert!(report.short(10).starts_with("`p3` (pid 3) waits for 1\n"));
        assert!(!report.short(10).contains("more process"));
    }

    #[test]
    fn who_waits_for_another_program_of_the_student_comes_behind_it() {
        let mut report = report();
        report.waits[2].is_own = true;
        report.waits[0].is_own = true;
        let short = report.short(10);
        assert!(short.starts_with("`p1` (pid 1) waits for 2\n"), "{short}");
        assert!(short.ends_with("fix: close it\n`p3` (pid 3) waits for 1"), "{short}");
    }

    #[test]
    fn the_short_text_keeps_to_its_lines() {
        assert_eq!(report().short(3).lines().last(), Some("... 3 more lines"));
        assert_eq!(report().short(3).lines().count(), 3);
        assert_eq!(report().short(1).lines().count(), 1);
    }

    #[test]
    fn a_long_line_is_cut() {
        let mut report = report();
        report.causes[0].why = "x".repeat(900);
        assert!(report.short(10).lines().all(|line| line.chars().count() <= LINE + 1));
    }
}
