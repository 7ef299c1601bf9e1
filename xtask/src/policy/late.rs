//! Pure: what the lateness of one hand-in costs.
//!
//! The grace moves the deadline: who comes one second after it is in the first step. An extension moves the deadline and
//! the cutoff alike. A late day takes 24 hours away from the lateness, and never moves the cutoff.

use super::time::{DAY, Moment};
use super::{LabRules, Penalty, Policy, Step};

/// Until when a student may hand in a lab, and what lateness costs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Due {
    /// The last second in time, with extension and grace.
    end: Option<i64>,
    /// The last second that is worth anything.
    cutoff: Option<i64>,
    extension: i64,
    penalty: Penalty,
}

/// What lateness costs a hand-in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// Percent of the raw points.
    pub(super) percent: u32,
    /// Late days that are spent.
    pub(super) late_days: u32,
    /// Whether it came after the cutoff.
    pub(super) is_cut: bool,
    /// In words; empty for what came in time.
    pub(super) reason: String,
}

impl Due {
    pub(super) fn new(policy: &Policy, lab: &LabRules, extension: i64) -> Self {
        let end = lab.deadline.map(|moment| moment.later(extension).later(policy.grace).second);
        let own = lab.cutoff.map(|moment| moment.later(extension).second);
        let usual = || Some(end?.saturating_add(policy.penalty.cutoff?));
        Self { end, cutoff: own.or_else(usual), extension, penalty: policy.penalty }
    }

    /// Whether the time of the hand-in can cost anything.
    pub(super) fn needs_time(&self) -> bool {
        self.cutoff.is_some() || (self.end.is_some() && self.penalty.percent > 0)
    }

    /// What a hand-in at this moment costs somebody who has so many late days `left`. `None`: nobody knows when; that is free.
    pub(super) fn cost(&self, submitted: Option<Moment>, left: u32) -> Cost {
        let Some(at) = submitted.map(|moment| moment.second) else { return Cost::default() };
        let late = self.end.map_or(0, |end| at.saturating_sub(end)).max(0);
        let is_in_time = self.end.is_some() && late == 0;
        if !is_in_time && self.cutoff.is_some_and(|cutoff| at > cutoff) {
            let reason = format!("handed in after the cutoff{}: −100 %", self.more_time());
            return Cost { percent: 100, late_days: 0, is_cut: true, reason };
        }
        if late == 0 || self.penalty.percent == 0 {
            return Cost::default();
        }
        let late_days = started(late, DAY).min(left);
        let steps = started(late - i64::from(late_days) * DAY, self.penalty.per.seconds());
        let most = 100 - self.penalty.floor;
        let percent = steps.saturating_mul(self.penalty.percent).min(most);
        let mut reason = format!("{} late{}", self.penalty.per.words(late), self.more_time());
        if late_days > 0 {
            reason = format!("{reason}, {} spent", counted(late_days, "late day"));
        }
        if percent > 0 {
            reason = format!("{reason}: −{percent} %");
        }
        Cost { percent, late_days, is_cut: false, reason }
    }

    /// ` after an extension of 2 days`.
    fn more_time(&self) -> String {
        let unit = |seconds: i64, word: &str| {
            u32::try_from(seconds).ok().filter(|number| *number > 0).map(|number| counted(number, word))
        };
        let parts = [unit(self.extension / DAY, "day"), unit(self.extension % DAY / 60, "minute")];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { String::new() } else { format!(" after an extension of {}", parts.join(" ")) }
    }
}

impl Step {
    fn seconds(self) -> i64 {
        match self {
            Self::Day => DAY,
            Self::Hour => 3600,
        }
    }

    /// The lateness in started steps: `2 days`.
    fn words(self, late: i64) -> String {
        let word = match self {
            Self::Day => "day",
            Self::Hour => "hour",
        };
        counted(started(late, self.seconds()), word)
    }
}

/// How many steps have begun.
fn started(late: i64, step: i64) -> u32 {
    // A lateness of more steps than that is past every floor.
    u32::try_from(late.max(0).saturating_add(step - 1) / step).unwrap_or(u32::MAX)
}

fn counted(number: u32, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const BASE: &str = "grace_minutes = 30\n[penalty]\npercent = 10\n";
    const LAB: &str = "[labs.01]\ndeadline = 2028-02-28T23:59:59+01:00\n";

    fn cost(policy: &str, extension: i64, at: &str, left: u32) -> Cost {
        let policy = Policy::parse(policy, None).unwrap();
        Due::new(&policy, &policy.lab("01"), extension).cost(Some(Moment::parse(at, None).unwrap()), left)
    }

    #[rstest]
    #[case::exactly_at_the_deadline("2028-02-28T23:59:59+01:00", 0, "")]
    #[case::the_same_in_another_offset("2028-02-28T22:59:59Z", 0, "")]
    #[case::the_last_second_of_the_grace("2028-02-29T00:29:59+01:00", 0, "")]
    #[case::one_second_past_the_grace("2028-02-29T00:30:00+01:00", 10, "1 day late: −10 %")]
    #[case::the_last_second_of_the_leap_day("2028-03-01T00:29:59+01:00", 10, "1 day late: −10 %")]
    #[case::the_second_day("2028-03-01T00:30:00+01:00", 20, "2 days late: −20 %")]
    #[case::all_of_it("2028-06-01T00:00:00+01:00", 100, "93 days late: −100 %")]
    fn each_started_day_after_the_grace_costs(#[case] at: &str, #[case] percent: u32, #[case] reason: &str) {
        let cost = cost(&format!("{BASE}{LAB}"), 0, at, 0);
        assert_eq!((cost.percent, cost.reason.as_str(), cost.is_cut), (percent, reason, false));
    }

    #[rstest]
    #[case::one_of_one("2028-02-29T01:00:00+01:00", 3, 1, 0, "1 day late, 1 late day spent")]
    #[case::one_of_two("2028-03-01T01:00:00+01:00", 1, 1, 10, "2 days late, 1 late day spent: −10 %")]
    #[case::none_within_the_grace("2028-02-29T00:29:59+01:00", 3, 0, 0, "")]
    #[case::none_is_left("2028-02-29T01:00:00+01:00", 0, 0, 10, "1 day late: −10 %")]
    fn late_days_are_whole_and_spent_before_anything_is_taken_away(
        #[case] at: &str,
        #[case] left: u32,
        #[case] spent: u32,
        #[case] percent: u32,
        #[case] reason: &str,
    ) {
        let cost = cost(&format!("{BASE}{LAB}"), 0, at, left);
        assert_eq!((cost.late_days, cost.percent, cost.reason.as_str()), (spent, percent, reason));
    }

    #[rstest]
    #[case::the_first_hour("2028-02-29T00:00:00+01:00", 0, 2, "1 hour late: −2 %")]
    #[case::after_a_day("2028-03-01T01:00:00+01:00", 0, 52, "26 hours late: −52 %")]
    #[case::with_a_late_day("2028-03-01T01:00:00+01:00", 1, 4, "26 hours late, 1 late day spent: −4 %")]
    fn a_late_day_is_24_hours_also_where_hours_cost(
        #[case] at: &str,
        #[case] left: u32,
        #[case] percent: u32,
        #[case] reason: &str,
    ) {
        let cost = cost(&format!("[penalty]\npercent = 2\nper = \"hour\"\n{LAB}"), 0, at, left);
        assert_eq!((cost.percent, cost.reason.as_str()), (percent, reason));
    }

    #[rstest]
    #[case::the_floor_holds("2028-03-05T23:59:59+01:00", 40, false)]
    #[case::to_the_last_second("2028-03-07T00:29:59+01:00", 40, false)]
    #[case::and_ends_at_the_cutoff("2028-03-07T00:30:00+01:00", 100, true)]
    fn the_floor_holds_up_to_the_cutoff(#[case] at: &str, #[case] percent: u32, #[case] is_cut: bool) {
        let cost = cost(&format!("{BASE}floor = 60\ncutoff_days = 7\n{LAB}"), 0, at, 9 * u32::from(is_cut));
        assert_eq!((cost.percent, cost.is_cut, cost.late_days), (percent, is_cut, 0));
    }

    #[rstest]
    #[case::in_time("2028-03-03T00:29:59+01:00", 0, "")]
    #[case::late("2028-03-03T00:30:00+01:00", 10, "1 day late after an extension of 3 days: −10 %")]
    #[case::cut(
        "2028-03-04T23:00:01+01:00",
        100,
        "handed in after the cutoff after an extension of 3 days: −100 %"
    )]
    fn an_extension_moves_the_cutoff_too(#[case] at: &str, #[case] percent: u32, #[case] reason: &str) {
        let policy = format!("{BASE}{LAB}cutoff = 2028-03-01T23:00:00+01:00\n");
        let cost = cost(&policy, 3 * DAY, at, 0);
        assert_eq!((cost.percent, cost.reason.as_str()), (percent, reason));
    }

    #[rstest]
    #[case::within_the_grace("2028-02-29T00:29:59+01:00", 0)]
    #[case::after_it("2028-02-29T00:30:00+01:00", 100)]
    fn the_grace_holds_also_where_the_cutoff_is_the_deadline(#[case] at: &str, #[case] percent: u32) {
        let policy = format!("{BASE}{LAB}cutoff = 2028-02-28T23:59:59+01:00\n");
        assert_eq!(cost(&policy, 0, at, 5).percent, percent);
    }

    #[test]
    fn without_a_time_or_a_deadline_nothing_is_taken_away() {
        let policy = Policy::parse(&format!("{BASE}{LAB}"), None).unwrap();
        let (due, other) = (Due::new(&policy, &policy.lab("01"), 0), Due::new(&policy, &policy.lab("02"), 0));
        assert_eq!(due.cost(None, 3), Cost::default());
        assert_eq!(other.cost(Some(Moment::utc(4_000_000_000)), 3), Cost::default());
        assert_eq!((due.needs_time(), other.needs_time()), (true, false));
    }

    #[test]
    fn where_lateness_is_free_no_late_day_is_spent() {
        assert_eq!(cost(LAB, 0, "2028-03-05T00:00:00Z", 3), Cost::default());
    }
}
