//! A call, from where a thread enters it to where it leaves it.

use std::ops::Range;

use nix::errno::Errno;

use super::{Inside, Session};
use crate::calls::known;
use crate::decode::{self, Entered, Known};
use crate::descriptors;
use crate::holdings::{Caller, Holdings};
use crate::model::{Call, Object, Use, What};
use crate::stops;
use crate::threads;

/// The kernel's own results of a call that a signal interrupted and that may go on: `ERESTARTSYS` and kin.
const RESTARTS: Range<i64> = -516..-511;

impl Session {
    pub(super) fn at_call(&mut self, tid: i32) {
        match stops::call(tid) {
            stops::Call::Entry { number, args, place } => self.enters(tid, number, args, place),
            stops::Call::Exit { value } => self.leaves(tid, value),
            stops::Call::Other => {}
        }
    }

    pub(super) fn enters(&mut self, tid: i32, number: i64, args: [u64; 6], place: u64) {
        let Some(process) = self.know(tid) else { return };
        if self.goes_on(tid, number, &args) || self.closed {
            return;
        }
        if self.loaders.get(&process).is_some_and(|loader| loader.contains(&place)) {
            if let Some(image) = self.recording.processes[process].images.last_mut() {
                image.loading += 1;
            }
            return;
        }
        let pid = self.recording.processes[process].pid;
        let view = View { holdings: &self.holdings, objects: &self.recording.objects, process, pid };
        let decoded = known(number).and_then(|name| Some((name, decode::entered(tid, name, &args, &view)?)));
        let Some((name, Entered { does, patience })) = decoded else {
            self.recording.processes[process].other_calls += 1;
            return;
        };
        self.has_alarm |= matches!(name, "alarm" | "setitimer" | "timerfd_settime");
        let call = Call { name, does, result: None, patience };
        let Some(event) = self.add(process, tid, What::Call(call)) else { return };
        let inside = Inside { event, number, args, slept: threads::sleeps(tid), interrupted: false };
        if let Some(thread) = self.threads.get_mut(&tid) {
            thread.inside = Some(inside);
        }
    }

    /// Whether a call that a signal had interrupted goes on; if another one comes, it has ended.
    pub(super) fn goes_on(&mut self, tid: i32, number: i64, args: &[u64; 6]) -> bool {
        let Some(thread) = self.threads.get_mut(&tid) else { return false };
        let Some(inside) = thread.inside.as_mut() else { return false };
        let same = inside.number == number && inside.args == *args;
        if inside.interrupted && (same || number == libc::SYS_restart_syscall) {
            inside.interrupted = false;
            return true;
        }
        thread.inside = None;
        false
    }

    pub(super) fn leaves(&mut self, tid: i32, value: i64) {
        let Some(thread) = self.threads.get_mut(&tid) else { return };
        let Some(inside) = thread.inside.as_mut() else { return };
        let (event, args, process) = (inside.event, inside.args, thread.process);
        // Standing still at the call's two ends counts as sleeping once.
        let slept = inside.slept.zip(threads::sleeps(tid)).is_some_and(|(before, now)| now > before + 1);
        inside.interrupted = RESTARTS.contains(&value);
        if !inside.interrupted {
            thread.inside = None;
        }
        if self.closed {
            return;
        }
        let returned = self.tick();
        let time = self.start.elapsed();
        let result = if value < 0 { Err(Errno::from_raw(-value as i32)) } else { Ok(value) };
        let result = if RESTARTS.contains(&value) { Err(Errno::EINTR) } else { result };
        let recording = &mut self.recording;
        let event = &mut recording.events[event];
        event.returned = Some(returned);
        event.took = time.saturating_sub(event.time);
        let What::Call(call) = &mut event.what else { return };
        event.slept |= slept && call.may_sleep();
        call.result = Some(result);
        let moment = if call.gets() { returned } else { event.began };
        let pid = recording.processes[process].pid;
        self.holdings.follow(&mut recording.objects, Caller { process, pid, tid }, call, &args, moment);
        let view = View { holdings: &self.holdings, objects: &recording.objects, process, pid };
        decode::returned(tid, call.name, &args, result, &mut call.does, &view);
    }
}

/// What a decoder may see.
struct View<'a> {
    holdings: &'a Holdings,
    objects: &'a [Object],
    process: usize,
    pid: i32,
}

impl Known for View<'_> {
    fn using(&self, fd: i32) -> Use {
        self.holdings.using(self.process, fd)
    }

    fn open_between(&self, first: u32, last: u32) -> Vec<Use> {
        let between = |using: &Use| u32::try_from(using.fd).is_ok_and(|fd| (first..=last).contains(&fd));
        self.holdings.all(self.process).into_iter().filter(between).collect()
    }

    fn object(&self, place: usize) -> &Object {
        &self.objects[place]
    }

    fn path(&self, fd: i32) -> Option<String> {
        descriptors::target(self.pid, fd)
    }
}
