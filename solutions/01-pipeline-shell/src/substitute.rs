//! `$(LIST)`: a child's output becomes text. See `pipe(7)`.
//!
//! psh reads to the end of the file first and waits for the child after. The other way round, a
//! child with more output than the pipe holds would wait for psh, and psh for the child.

use crate::ast::List;
use crate::failure::Failure;
use crate::shell::Shell;
use crate::spawn::Group;
use crate::wait::State;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, dup2_stdout, getpgrp, pipe2, read};
use std::os::fd::OwnedFd;

impl Shell {
    /// Runs the list in a child; returns what it printed, newlines at the end cut and NUL bytes
    /// dropped, and its status.
    ///
    /// # Errors
    /// If there are too many open files or processes.
    pub fn substitute(&mut self, list: &List) -> Result<(Vec<u8>, u8), Failure> {
        // BEGIN SOLUTION
        self.children.note_changes();
        let (source, sink) = pipe2(OFlag::O_CLOEXEC).map_err(Failure::pipe)?;
        let child = self.start_process(Group::Same, |shell| {
            dup2_stdout(&sink)?;
            shell.run_copy(list)
        })?;
        // As long as psh holds a write end, the read end never comes to its end.
        drop(sink);
        let mut output = self.read_to_end(&source, child).map_err(Failure::pipe)?;
        output.retain(|&byte| byte != 0);
        while output.last() == Some(&b'\n') {
            output.pop();
        }
        Ok((output, self.wait_to_end(child)))
        // END SOLUTION
        // STUB: todo!("M7: run the list in a child (`run_copy`) and read what it prints, then wait for it")
    }
    // BEGIN SOLUTION

    fn read_to_end(&mut self, source: &OwnedFd, child: Pid) -> nix::Result<Vec<u8>> {
        let mut output = Vec::new();
        let mut block = [0; 65536];
        loop {
            if !self.children.wait_readable(source, &self.signals)? {
                self.undo_stop(child);
                continue;
            }
            match read(source, &mut block) {
                Ok(0) => return Ok(output),
                Ok(count) => output.extend_from_slice(&block[..count]),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }

    /// A substitution is in psh's own group and cannot become a job: what Ctrl-Z stops there, runs on.
    fn undo_stop(&mut self, child: Pid) {
        if let Some(State::Stopped(_)) = self.children.state(child)
            && killpg(getpgrp(), Signal::SIGCONT).is_ok()
        {
            self.children.continued(child);
        }
    }

    /// Waits until a child of psh's own has ended; returns its status.
    fn wait_to_end(&mut self, child: Pid) -> u8 {
        loop {
            match self.children.state(child) {
                Some(State::Ended(status)) => return status,
                _ if self.children.wait_for_change() => {}
                _ => return 127,
            }
        }
    }
    // END SOLUTION
}
