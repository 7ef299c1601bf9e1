//! What every check asserts at its end, whatever it is about.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use sandbox::protocol::{Confine, Verdict};

use crate::describe::what_they_do;
use crate::names::Names;
use crate::queue::QueueName;
use crate::referee::referee;
use crate::shared::Shared;

/// A broken law.
pub(crate) struct Broken {
    pub(crate) verdict: Verdict,
    pub(crate) text: String,
    pub(crate) detail: String,
}

/// The first broken law; `None` if all hold.
pub(crate) fn broken(shared: &Shared) -> Option<Broken> {
    if shared.abandoned.load(Ordering::Relaxed) {
        return None;
    }
    itself(shared).or_else(|| processes(shared)).or_else(|| temporary_files(shared)).or_else(|| names(shared))
}

/// The program did the work, and did not become another one that can do it.
fn itself(shared: &Shared) -> Option<Broken> {
    let became = shared.became.lock().unwrap_or_else(PoisonError::into_inner);
    let other = became.as_ref()?;
    let text = format!(
        "expected: the program under test does the work itself\nreceived: it became `{other}` by exec"
    );
    let text = format!("{}\n{text}", shared.command_line());
    Some(Broken { verdict: Verdict::Fail, text, detail: String::new() })
}

/// No process is left. Who is about to end gets the time for it.
fn processes(shared: &Shared) -> Option<Broken> {
    if shared.all_have_ended() {
        return None;
    }
    let left = shared.tree.members();
    let who =
        if left.len() == 1 { "a process is".to_owned() } else { format!("{} processes are", left.len()) };
    let what = format!("{who} left\nexpected: no process is there when the program has ended\nreceived:");
    (!left.is_empty()).then(|| {
        let report = shared.autopsy(&left);
        Broken { detail: report.full(), ..leak(shared, &what, &what_they_do(&report)) }
    })
}

/// TMPDIR is empty.
fn temporary_files(shared: &Shared) -> Option<Broken> {
    let entries = std::fs::read_dir(shared.dir.join("tmp")).into_iter().flatten().flatten();
    let left: Vec<String> =
        entries.map(|entry| format!("  {}", entry.file_name().to_string_lossy())).collect();
    let what = "files are left in TMPDIR\nexpected: TMPDIR is empty when the program has ended\nreceived:";
    (!left.is_empty()).then(|| leak(shared, what, &left.join("\n")))
}

/// No name is left that outlives its maker. In the grader's sandbox every name is the room's; elsewhere it needs
/// evidence, because other programs make names, too.
fn names(shared: &Shared) -> Option<Broken> {
    let evidence = shared.evidence.lock().unwrap_or_else(PoisonError::into_inner);
    let alone = referee().config.confine == Confine::Full;
    let mut left = Names::now().since(&shared.names, (!alone).then_some(&*evidence));
    // Queues can be seen where their file system is mounted only; but the check knows which names it has given out.
    let queues = shared.queues.lock().unwrap_or_else(PoisonError::into_inner);
    left.extend(queues.iter().filter_map(QueueName::left));
    left.sort();
    left.dedup();
    if left.is_empty() {
        return None;
    }
    let lines: Vec<String> = left.iter().map(|name| format!("  {name}")).collect();
    let what = "names are left\nexpected: what outlives its process is removed before the end\nreceived:";
    Some(leak(shared, what, &lines.join("\n")))
}

fn leak(shared: &Shared, what: &str, lines: &str) -> Broken {
    let text = format!("{}\nleak: {what}\n{lines}", shared.command_line());
    Broken { verdict: Verdict::Leak, text, detail: String::new() }
}
