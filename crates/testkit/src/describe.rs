//! Processes that are still there, in a student's words.

use autopsy::Report;

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
