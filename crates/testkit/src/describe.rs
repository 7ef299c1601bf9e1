//! Processes that are still there, in a student's words.

use std::fs;

use autopsy::Report;

use crate::helpers;
use crate::process::Proc;

/// How many of them are described.
const MOST: usize = 6;

/// One line a thread or zombie: who it is, and what it does.
pub(crate) fn what_they_do(report: &Report) -> String {
    let line = |wait: &autopsy::Wait| format!("  {} {}", wait.who, wait.text);
    let mut lines: Vec<String> = report.waits.iter().take(MOST).map(line).collect();
    if report.waits.len() > MOST {
        lines.push(format!("  ... and {} more", report.waits.len() - MOST));
    }
    lines.join("\n")
}

/// What the helper `meet` waits for, which the kernel cannot tell: one line for each meeting.
pub(crate) fn meetings(members: &[Proc]) -> Vec<String> {
    let at_meetings = members.iter().filter(|member| member.name == "meet" && helpers::is_helper(member.pid));
    let mut callers: Vec<Vec<String>> = at_meetings.map(|member| arguments(member.pid)).collect();
    callers.sort();
    callers.chunk_by(|one, other| one == other).filter_map(meeting).collect()
}

fn meeting(callers: &[Vec<String>]) -> Option<String> {
    let [_, place, wanted] = callers.first()?.as_slice() else { return None };
    let came = match callers.len() {
        1 => "one has".to_owned(),
        several => format!("{several} have"),
    };
    Some(format!(
        "`meet {place} {wanted}` ends when {wanted} processes have come to it at the same time; {came} come"
    ))
}

/// The arguments a process was started with, proc(5).
fn arguments(pid: i32) -> Vec<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = line.strip_suffix(b"\0").unwrap_or(&line).split(|byte| *byte == 0);
    words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meeting_counts_who_has_come() {
        let caller = || ["meet", "place", "3"].map(str::to_owned).to_vec();
        let told = "`meet place 3` ends when 3 processes have come to it at the same time; 2 have come";
        assert_eq!(meeting(&[caller(), caller()]).as_deref(), Some(told));
        assert_eq!(meeting(&[vec!["meet".to_owned()]]), None);
    }
}
