//! Pure: what a referee wrote on the verdict pipe, judged into one verdict with its points.
//!
//! A check is a test function; `rstest` may have made several cases of it. All listed cases must have
//! passed. The exit status and the output of the referee are no part of the judgement.

use sandbox::protocol::{Record, Verdict};
use serde::{Deserialize, Serialize};

use crate::manifest::sentence;

/// One judged check: a line of the report and of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckOutcome {
    /// The check: `m2_pipe::the_reader_sees_the_end`.
    pub check: String,
    /// Points earned: `max`, or 0.
    pub points: u32,
    /// Points to be earned.
    pub max: u32,
    /// What happened.
    pub verdict: Verdict,
    /// Why, for the student; empty for a pass.
    pub text: String,
    /// More for whoever wants to know, see [`Record::detail`]; often empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The seed that repeats this run.
    pub seed: u64,
    /// How long it took, in milliseconds of wall time. For information; never graded.
    pub millis: u64,
}

impl CheckOutcome {
    /// The case that failed, of a check that has several: `case 2 two quotes`. testkit names it in the first line.
    #[must_use]
    pub fn case(&self) -> Option<&str> {
        let first = self.text.lines().next()?;
        let rest = first.strip_prefix("wanted: ")?.strip_prefix(&sentence(&self.check))?;
        rest.strip_prefix(" (")?.strip_suffix(')')
    }
}

/// How the referee process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefereeEnd {
    /// With this exit status.
    Exited(i32),
    /// By this signal, which the runner did not send.
    Signaled(i32),
    /// The runner's own outer watchdog killed it.
    Watchdog,
    /// A limit of the sandbox ended it (memory, output): the text says which.
    Limit(String),
    /// It could not be started or watched: the text says why.
    Broken(String),
}

/// One check as `judge` needs it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The check's name.
    pub check: &'a str,
    /// Its points.
    pub max: u32,
    /// Every case that `--list` named.
    pub cases: &'a [String],
    /// The seed the referee was given.
    pub seed: u64,
}

/// Judges one check.
///
/// The worst record decides. A case without a record was ended by force or by our own mistake, see
/// `missing`; but where another case has plainly failed, that failure is what the student hears, and
/// killing the referee after it cannot turn it into our error.
#[must_use]
pub fn judge(asked: Asked<'_>, records: &[Record], end: &RefereeEnd, millis: u64) -> CheckOutcome {
    let Decision { verdict, text, detail, seed } = decide(asked, records, end);
    let points = if verdict == Verdict::Pass { asked.max } else { 0 };
    CheckOutcome {
        check: asked.check.to_owned(),
        points,
        max: asked.max,
        verdict,
        text,
        detail,
        seed,
        millis,
    }
}

struct Decision {
    verdict: Verdict,
    text: String,
    detail: String,
    seed: u64,
}

fn decide(asked: Asked<'_>, records: &[Record], end: &RefereeEnd) -> Decision {
    let without_record = |verdict, text, seed| Decision { verdict, text, detail: String::new(), seed };
    let ours = |text: String| without_record(Verdict::GraderError, text, asked.seed);
    if asked.cases.is_empty() {
        return ours(format!("the specification has no check named {}", asked.check));
    }
    if let Some(stranger) = records.iter().find(|record| !asked.cases.contains(&record.test)) {
        return ours(format!("the referee reported {}, which was not asked for", stranger.test));
    }
    // `max_by_key` takes the last of equals; the first failing case is the better story.
    if let Some(worst) = records.iter().rev().max_by_key(|record| record.verdict)
        && worst.verdict != Verdict::Pass
    {
        let (verdict, detail, seed) = (worst.verdict, worst.detail.clone(), worst.seed);
        let is_last = records.last().is_some_and(|last| last.test == worst.test);
        let text = with_limit(with_case(asked, worst), is_last, end);
        return Decision { verdict, text, detail, seed };
    }
    match asked.cases.iter().find(|case| !records.iter().any(|record| record.test == **case)) {
        Some(case) => {
            let (verdict, text) = missing(case, end);
            without_record(verdict, text, asked.seed)
        }
        None => {
            let seed = records.first().map_or(asked.seed, |record| record.seed);
            without_record(Verdict::Pass, String::new(), seed)
        }
    }
}

/// A failing case of several is named before its text, unless the text does so itself.
fn with_case(asked: Asked<'_>, record: &Record) -> String {
    let case = record.test.strip_prefix(asked.check).and_then(|rest| rest.strip_prefix("::"));
    match case.map(|case| case.replace('_', " ")) {
        Some(case) if !record.text.contains(&case) => format!("{case}: {}", record.text),
        _ => record.text.clone(),
    }
}

/// The kernel kills a program at its memory limit, and the referee may report that as any other SIGKILL before the sandbox
/// ends the run. So where a limit ended it, and nothing was reported after this record, the limit's words come first.
fn with_limit(text: String, is_last: bool, end: &RefereeEnd) -> String {
    match end {
        RefereeEnd::Limit(what) if is_last => format!("the program was ended: {what}\n{text}"),
        _ => text,
    }
}

/// A case has no record: only the end of the referee can say why.
fn missing(case: &str, end: &RefereeEnd) -> (Verdict, String) {
    let lost = |how: String| (Verdict::GraderError, format!("{case} gave no verdict: {how}"));
    match end {
        RefereeEnd::Watchdog => {
            let text = "it went on and on, and was ended from outside\nlikely: a program starts others again and again";
            (Verdict::Hang, text.to_owned())
        }
        RefereeEnd::Limit(what) => (Verdict::Fail, format!("the program was ended: {what}")),
        RefereeEnd::Exited(status) => lost(format!("the referee ended with status {status}")),
        RefereeEnd::Signaled(signal) => lost(format!(
            "the referee was killed by signal {signal}; a program that signals its parent or every process can do that"
        )),
        RefereeEnd::Broken(why) => lost(why.clone()),
    }
}

/// The sum of points earned, the sum to be earned, and whether a grader error makes the sum unfinished.
#[must_use]
pub fn total(outcomes: &[CheckOutcome]) -> (u32, u32, bool) {
    let earned = outcomes.iter().map(|outcome| outcome.points).sum();
    let max = outcomes.iter().map(|outcome| outcome.max).sum();
    (earned, max, outcomes.iter().any(|outcome| outcome.verdict == Verdict::GraderError))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn record(test: &str, verdict: Verdict) -> Record {
        let text = if verdict == Verdict::Pass { String::new() } else { format!("why {}", verdict.word()) };
        Record { test: test.to_owned(), verdict, text, detail: String::new(), seed: 7 }
    }

    fn judged(cases: &[&str], records: &[Record], end: &RefereeEnd) -> CheckOutcome {
        let cases: Vec<String> = cases.iter().map(|case| (*case).to_owned()).collect();
        judge(Asked { check: "m1::a", max: 3, cases: &cases, seed: 5 }, records, end, 12)
    }

    #[test]
    fn a_check_whose_cases_all_passed_earns_its_points() {
        let records = [record("m1::a::case_1", Verdict::Pass), record("m1::a::case_2", Verdict::Pass)];
        let out = judged(&["m1::a::case_1", "m1::a::case_2"], &records, &RefereeEnd::Exited(0));
        assert_eq!((out.verdict, out.points, out.max, out.seed), (Verdict::Pass, 3, 3, 7));
    }

    #[test]
    fn the_exit_status_of_the_referee_is_no_verdict() {
        let passed = judged(&["m1::a"], &[record("m1::a", Verdict::Pass)], &RefereeEnd::Exited(101));
        assert_eq!(passed.verdict, Verdict::Pass);
        let silent = judged(&["m1::a"], &[], &RefereeEnd::Exited(0));
        assert_eq!((silent.verdict, silent.points), (Verdict::GraderError, 0));
    }

    #[rstest]
    #[case::watchdog(RefereeEnd::Watchdog, Verdict::Hang)]
    #[case::limit(RefereeEnd::Limit("memory".into()), Verdict::Fail)]
    #[case::signal(RefereeEnd::Signaled(11), Verdict::GraderError)]
    #[case::broken(RefereeEnd::Broken("no such file".into()), Verdict::GraderError)]
    fn a_case_without_a_record_is_judged_by_the_referees_end(
        #[case] end: RefereeEnd,
        #[case] verdict: Verdict,
    ) {
        assert_eq!(judged(&["m1::a"], &[], &end).verdict, verdict);
    }

    #[rstest]
    #[case(&[Verdict::Pass, Verdict::Fail], Verdict::Fail)]
    #[case(&[Verdict::Hang, Verdict::Fail], Verdict::Hang)]
    #[case(&[Verdict::Leak, Verdict::Crash], Verdict::Leak)]
    fn the_worst_case_decides(#[case] verdicts: &[Verdict], #[case] expected: Verdict) {
        let cases: Vec<String> = (0..verdicts.len()).map(|i| format!("m1::a::case_{i}")).collect();
        let records: Vec<Record> = cases.iter().zip(verdicts).map(|(case, v)| record(case, *v)).collect();
        let asked = Asked { check: "m1::a", max: 3, cases: &cases, seed: 5 };
        assert_eq!(judge(asked, &records, &RefereeEnd::Exited(0), 0).verdict, expected);
    }

    #[test]
    fn a_failure_cannot_be_hidden_by_killing_the_referee_afterwards() {
        let out = judged(
            &["m1::a::case_1", "m1::a::case_2"],
            &[record("m1::a::case_1", Verdict::Fail)],
            &RefereeEnd::Signaled(9),
        );
        assert_eq!(out.verdict, Verdict::Fail);
        assert_eq!(out.text, "case 1: why fail");
    }

    #[test]
    fn a_kill_by_the_kernel_is_told_as_the_limit_that_it_is() {
        let cases = ["m1::a::case_1", "m1::a::case_2"];
        let limit = RefereeEnd::Limit("it used more than 256 MiB of memory".into());
        let killed = [record(cases[0], Verdict::Pass), record(cases[1], Verdict::Crash)];
        let out = judged(&cases, &killed, &limit);
        assert_eq!(out.verdict, Verdict::Crash);
        assert_eq!(out.text, "the program was ended: it used more than 256 MiB of memory\ncase 2: why crash");
        let before = [record(cases[0], Verdict::Crash), record(cases[1], Verdict::Pass)];
        assert_eq!(judged(&cases, &before, &limit).text, "case 1: why crash");
    }

    #[test]
    fn a_record_nobody_asked_for_is_our_error() {
        let records = [record("m1::a", Verdict::Pass), record("m1::b", Verdict::Pass)];
        assert_eq!(judged(&["m1::a"], &records, &RefereeEnd::Exited(0)).verdict, Verdict::GraderError);
    }

    #[test]
    fn a_check_without_cases_is_our_error() {
        assert_eq!(judged(&[], &[], &RefereeEnd::Exited(0)).verdict, Verdict::GraderError);
    }
}
