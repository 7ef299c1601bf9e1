//! Processes and threads come, change and go.

use super::{Session, Thread};
use crate::model::{Does, GaveUp, Image, Process, Status, What};
use crate::stops;
use crate::threads;

impl Session {
    /// Takes note of a thread and gives its process. A child may have been seen, and have ended, before its
    /// parent tells that it was made.
    pub(super) fn know(&mut self, tid: i32) -> Option<usize> {
        if let Some(thread) = self.threads.get(&tid) {
            return Some(thread.process);
        }
        if self.ended.contains(&tid) {
            return None;
        }
        let (pid, parent) = threads::family(tid)?;
        let process = match self.alive.get(&pid) {
            Some(&process) => process,
            None => self.has_new_process(pid, parent),
        };
        self.threads.insert(tid, Thread { process, inside: None, paused: false });
        Some(process)
    }

    pub(super) fn has_new_process(&mut self, pid: i32, parent: i32) -> usize {
        let made = self.tick();
        let parent = self.alive.get(&parent).copied();
        let process = self.recording.processes.len();
        self.recording.processes.push(Process { pid, parent, made, ..Process::default() });
        self.alive.insert(pid, process);
        if let Some(loader) = parent.and_then(|parent| self.loaders.get(&parent)).cloned() {
            self.loaders.insert(process, loader);
        }
        if !self.closed {
            self.holdings.read_all(&mut self.recording.objects, process, pid, made, GaveUp::Closed);
        }
        process
    }

    pub(super) fn has_made(&mut self, tid: i32, made: i32) {
        let process = self.know(made);
        let event =
            self.threads.get(&tid).and_then(|thread| thread.inside.as_ref()).map(|inside| inside.event);
        let Some(event) = event else { return };
        let What::Call(call) = &mut self.recording.events[event].what else { return };
        match &mut call.does {
            Does::Fork(child) => {
                *child = process.or_else(|| self.recording.processes.iter().rposition(|p| p.pid == made));
            }
            Does::Thread(thread) => *thread = Some(made),
            _ => {}
        }
    }

    pub(super) fn runs_another_program(&mut self, tid: i32, former: i32) {
        let moved = if former == tid { None } else { self.threads.remove(&former) };
        let Some(process) = self.know(tid) else { return };
        // All other threads of the process are gone.
        self.threads.retain(|&other, thread| other == tid || thread.process != process);
        if let Some((moved, thread)) = moved.zip(self.threads.get_mut(&tid)) {
            thread.inside = moved.inside;
        }
        self.loaders.remove(&process);
        self.loaders.extend(threads::loader(tid).map(|loader| (process, loader)));
        let inside = self.threads.get(&tid).and_then(|thread| thread.inside.as_ref());
        let Some(event) = inside.map(|inside| inside.event).filter(|_| !self.closed) else { return };
        let recording = &mut self.recording;
        let from = recording.events[event].began;
        let What::Call(call) = &mut recording.events[event].what else { return };
        let Does::Exec { argv, kept } = &mut call.does else { return };
        self.holdings.read_all(&mut recording.objects, process, tid, from, GaveUp::Exec);
        *kept = self.holdings.all(process);
        recording.processes[process].images.push(Image { from, argv: argv.clone(), loading: 0 });
    }

    pub(super) fn gets_signal(&mut self, tid: i32, signal: i32) {
        let Some(process) = self.know(tid) else { return };
        let caught = threads::catches(tid, signal);
        // The default of these is to do nothing.
        let is_idle = [libc::SIGCHLD, libc::SIGCONT, libc::SIGURG, libc::SIGWINCH].contains(&signal);
        if threads::ignores(tid, signal) || (is_idle && !caught) {
            return;
        }
        self.add(process, tid, What::Signal { signal, sender: stops::sender(tid), caught });
        if !caught && [libc::SIGSTOP, libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU].contains(&signal) {
            self.add(process, tid, What::Paused(signal));
        }
    }

    /// A thread is about to end. With the last one of a process, its descriptors go.
    pub(super) fn exits(&mut self, tid: i32, status: Status) {
        let Some(process) = self.know(tid) else { return };
        let others = self.threads.iter().any(|(&other, thread)| other != tid && thread.process == process);
        if others {
            self.threads.remove(&tid);
        } else {
            self.process_ends(process, tid, status);
        }
    }

    pub(super) fn has_ended(&mut self, tid: i32, status: Status) {
        self.threads.remove(&tid);
        if let Some(process) = self.alive.remove(&tid) {
            self.process_ends(process, tid, status);
        }
        self.ended.insert(tid);
    }

    pub(super) fn process_ends(&mut self, process: usize, tid: i32, status: Status) {
        if self.recording.processes[process].ended.is_some() || self.closed {
            return;
        }
        if let Some(thread) = self.threads.get_mut(&tid) {
            thread.inside = None;
        }
        self.add(process, tid, What::Ended(status));
        let moment = self.moment;
        self.recording.processes[process].ended = Some((moment, status));
        self.holdings.drop_all(process, moment);
    }
}
