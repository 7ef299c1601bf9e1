//! `--via-files`: a pipeline whose stages run one after the other, with files in the place of pipes.

use std::os::fd::OwnedFd;
use std::rc::Rc;

use nix::unistd::{Whence, lseek};

use crate::redirect::nameless_file;
use crate::shell::{Exhausted, Shell};
use crate::tree::Command;

/// Runs the stages; gives the status of the pipeline.
pub(crate) fn run(shell: &mut Shell, stages: &[Command], text: &[u8]) -> Result<u8, Exhausted> {
    let mut input: Option<Rc<OwnedFd>> = None;
    let mut statuses = Vec::new();
    for (at, stage) in stages.iter().enumerate() {
        let last = at + 1 == stages.len();
        let output = if last { None } else { Some(Rc::new(nameless_file().map_err(Exhausted::pipe)?)) };
        let (from, to) = (input.take(), output.clone());
        let job = shell.all_or_nothing(|shell, job| shell.start_stage(job, stage, from, to, false))?;
        let finished = shell.finish(job, None, text);
        if finished.stopped {
            // Nobody waits for it now, so nobody can start the stages behind it.
            return Ok(finished.status);
        }
        statuses.push(finished.status);
        if let Some(file) = &output {
            lseek(file, 0, Whence::SeekSet).map_err(Exhausted::pipe)?;
        }
        input = output;
    }
    let last = statuses.last().copied().unwrap_or(0);
    let failed = statuses.into_iter().rev().find(|status| *status != 0);
    Ok(if shell.pipefail { failed.unwrap_or(0) } else { last })
}
