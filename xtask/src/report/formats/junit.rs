//! JUnit XML as Jenkins, GitLab and the reporters of GitHub all read it: a suite a student, a case a check.
//!
//! Traps: GitLab shows the body of a failure and not its attribute, and takes `classname` for the suite; control characters
//! and what lies beyond the basic plane are forbidden or break a reader, so they are replaced. (Written by hand: the library for
//! this form brings thirty others, which every student would compile.)

use std::fmt::Write as _;

use sandbox::protocol::Verdict;

use crate::outcome::CheckOutcome;
use crate::score::{LabResults, Member};

pub(super) fn render(lab: &LabResults, started: &str) -> Vec<u8> {
    let suites: String = lab.members.iter().map(|member| suite(member, started)).collect();
    let all = attributes(lab.members.iter().flat_map(|member| &member.checks));
    let id = escaped(&lab.head.lab);
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"lab {id}\" {all}>\n{suites}</testsuites>\n"
    );
    text.into_bytes()
}

fn suite(member: &Member, started: &str) -> String {
    let name = escaped(&member.entry.name);
    let mut out = format!(
        "  <testsuite name=\"{name}\" {} timestamp=\"{}\">\n",
        attributes(member.checks.iter()),
        escaped(started)
    );
    for outcome in &member.checks {
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "    <testcase classname=\"{name}\" name=\"{}\" time=\"{}\">",
            escaped(&outcome.check),
            seconds(outcome.millis)
        );
        let _ = writeln!(
            out,
            "      <properties><property name=\"points\" value=\"{}\"/><property name=\"max\" value=\"{}\"/></properties>",
            outcome.points, outcome.max
        );
        out.push_str(&what_was_wrong(outcome));
        out.push_str("    </testcase>\n");
    }
    out.push_str("  </testsuite>\n");
    out
}

fn what_was_wrong(outcome: &CheckOutcome) -> String {
    let word = outcome.verdict.word();
    // A reader that shows only the body must show something.
    let text = if outcome.text.trim().is_empty() { word } else { outcome.text.as_str() };
    let first = escaped(text.trim_start().lines().next().unwrap_or(word));
    let body = escaped(text);
    match outcome.verdict {
        Verdict::Pass => String::new(),
        Verdict::NotRun => format!("      <skipped message=\"{first}\">{body}</skipped>\n"),
        Verdict::GraderError => format!("      <error message=\"{first}\" type=\"{word}\">{body}</error>\n"),
        _ => format!("      <failure message=\"{first}\" type=\"{word}\">{body}</failure>\n"),
    }
}

/// The counts that a suite and the whole have.
fn attributes<'a>(checks: impl Iterator<Item = &'a CheckOutcome>) -> String {
    let (mut tests, mut failures, mut errors, mut skipped, mut millis) = (0, 0, 0, 0, 0);
    for outcome in checks {
        tests += 1;
        millis += outcome.millis;
        match outcome.verdict {
            Verdict::Pass => {}
            Verdict::NotRun => skipped += 1,
            Verdict::GraderError => errors += 1,
            _ => failures += 1,
        }
    }
    let time = seconds(millis);
    format!(
        "tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"{time}\""
    )
}

fn seconds(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

/// A text that XML 1.0 allows, on the basic plane.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' => out.push(c),
            _ => out.push('\u{fffd}'),
        }
    }
    out
}
