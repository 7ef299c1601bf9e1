//! What a report says of how memory was guarded, as far as it is known only at the end of a run.

use std::io;

use crate::journal::{Journal, Line};
use crate::score::Run;

/// That a run which went on had another guard than it began with, and why single sandboxes had to do without a control
/// group. Nothing that `run` says already.
pub(super) fn late_notes(run: &Run) -> Vec<String> {
    notes(run, &sandbox::memory_guard().word, sandbox::memory_fallbacks())
}

fn notes(run: &Run, guard: &str, fallbacks: Vec<String>) -> Vec<String> {
    let other = (run.memory_guard != guard).then(|| format!("memory: the run went on with {guard}"));
    other.into_iter().chain(fallbacks).filter(|note| !run.notes.contains(note)).collect()
}

/// Writes the notes into the journal, from which reports are made again.
///
/// # Errors
/// When the disk is full.
pub(super) fn keep(notes: &[String], journal: Option<&mut Journal>) -> io::Result<()> {
    let Some(journal) = journal else { return Ok(()) };
    notes.iter().try_for_each(|note| journal.add(&Line::Note { text: note.clone() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::sample;

    #[test]
    fn only_what_is_new_is_noted() {
        let mut run = sample::run();
        let same = run.memory_guard.clone();
        assert_eq!(notes(&run, &same, vec![]), Vec::<String>::new());
        let told = notes(&run, "cgroup v1", vec!["a run had no cgroup".to_owned()]);
        assert_eq!(told, ["memory: the run went on with cgroup v1", "a run had no cgroup"]);
        run.notes.extend(told);
        assert_eq!(notes(&run, "cgroup v1", vec!["a run had no cgroup".to_owned()]), Vec::<String>::new());
    }
}
