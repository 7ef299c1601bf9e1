//! From a snapshot to a report: every thread becomes one wait, the waits a graph, the graph causes.

mod call;
mod child;
mod end;
mod fallback;
mod lock;
mod open;
mod poll;
mod queue;
pub(crate) mod socket;
mod unread;

use crate::graph::{Node, solve};
use crate::object::Object;
use crate::part::Part;
use crate::proc::descriptor::{Descriptor, Table};
use crate::proc::process::{Process, file_id};
use crate::proc::thread::{Call, Thread};
use crate::report::{Kind, Open, Report, State, Verdict, Wait};
use crate::snapshot::Snapshot;
use crate::words::{Names, descriptor};
use crate::{Scene, World, advice, signals};

/// What all questions need.
pub(crate) struct Reader<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) names: Names<'a>,
    sides: end::Sides,
    /// Device and inode of the gates.
    gates: Vec<(u64, u64)>,
    /// The processes that the watcher has stopped.
    pub(crate) halted: &'a [i32],
    /// The watcher's socket on which it waits.
    pub(crate) awaits: Option<u64>,
}

/// One thread and its wait.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) pid: i32,
    pub(crate) tid: i32,
    pub(crate) kind: Kind,
    pub(crate) part: Part,
}

impl Waiting {
    /// Whether it is known who could end the wait, and that is nobody but the process itself.
    pub(crate) fn waits_for_itself(&self) -> bool {
        let wakers = &self.part.wakers;
        !wakers.is_empty() && wakers.iter().all(|waker| waker.pid == self.pid)
    }
}

/// Explains a snapshot.
#[allow(clippy::needless_pass_by_value, reason = "the snapshot is consumed: it is true only now")]
pub(crate) fn explain(scene: &Scene, snapshot: Snapshot) -> Report {
    let gates = scene.gates.iter().filter_map(|gate| file_id(gate)).collect();
    let reader = Reader {
        snapshot: &snapshot,
        names: Names::new(&snapshot, &scene.roles),
        sides: Default::default(),
        gates,
        halted: &scene.halted,
        awaits: scene.awaits,
    };
    let waits = reader.waits();
    let nodes: Vec<Node> = waits.iter().map(|wait| reader.node(wait)).collect();
    let solved = solve(&nodes);
    let causes = advice::causes(&reader, &waits, &solved);
    let unknown = reader.unknown(&waits);
    let all_stuck = solved.hopeful.iter().zip(&nodes).all(|(hopeful, node)| node.is_dead || !hopeful);
    let is_proved = all_stuck && reader.is_readable() && !reader.has_hidden_work() && snapshot.is_unmoved();
    let is_stuck = |at: usize| !solved.alive[at] && !nodes[at].is_dead;
    let states: Vec<State> = (0..waits.len()).map(|at| state(waits[at].kind, is_stuck(at))).collect();
    let verdict = verdict(&waits, &states, is_proved);
    let told = waits.iter().zip(states).map(|(wait, state)| reader.told(wait, state)).collect();
    Report { verdict, waits: told, causes, open: reader.open(), unknown }
}

fn state(kind: Kind, is_stuck: bool) -> State {
    match kind {
        Kind::Zombie => State::Zombie,
        Kind::Stopped => State::Stopped,
        Kind::Run => State::Busy,
        _ if is_stuck => State::Stuck,
        _ => State::Waits,
    }
}

fn verdict(waits: &[Waiting], states: &[State], is_proved: bool) -> Verdict {
    let has = |kind: Kind| waits.iter().any(|wait| wait.kind == kind);
    if states.iter().all(|state| *state == State::Zombie) {
        Verdict::Gone
    } else if is_proved {
        Verdict::Stuck
    } else if has(Kind::Run) {
        Verdict::Busy
    } else if states.iter().any(|state| matches!(state, State::Stuck | State::Stopped)) {
        Verdict::LikelyStuck
    } else if has(Kind::Sleep) {
        Verdict::Sleeping
    } else {
        Verdict::Idle
    }
}

impl Reader<'_> {
    fn waits(&self) -> Vec<Waiting> {
        let mut waits = Vec::new();
        for member in self.snapshot.members.values() {
            if member.is_zombie() {
                waits.push(self.zombie(member));
            }
            for thread in member.living() {
                let (kind, mut part) = self.wait(member, thread);
                self.temper(member, thread, kind, &mut part);
                waits.push(Waiting { pid: member.pid, tid: thread.tid(), kind, part });
            }
        }
        waits
    }

    fn zombie(&self, member: &Process) -> Waiting {
        let parent = member.stat.parent;
        let text = match self.snapshot.stat(parent) {
            Some(_) => format!("has ended; {} has not waited for it yet (a zombie)", self.names.who(parent)),
            None => "has ended, and nobody has waited for it yet (a zombie)".to_owned(),
        };
        Waiting { pid: member.pid, tid: member.pid, kind: Kind::Zombie, part: Part::new(text) }
    }

    fn wait(&self, member: &Process, thread: &Thread) -> (Kind, Part) {
        match thread.stat.state {
            'R' => return (Kind::Run, Part::alive("is running on a processor, it does not wait", "itself")),
            'D' if thread.is_in_vfork() => return (Kind::Device, self.vfork_wait(member)),
            'D' => {
                let text =
                    "is in the kernel's hands (a device, or a child that starts): it goes on by itself";
                return (Kind::Device, Part::alive(text, "the kernel"));
            }
            'T' => return (Kind::Stopped, self.stopped(member)),
            't' => return (Kind::Traced, self.traced(thread)),
            _ => {}
        }
        if thread.status.is_dumping {
            return (Kind::Device, Part::alive("is writing a core dump", "the kernel"));
        }
        if let Some(hands) = fallback::hands(&thread.place) {
            return (Kind::Unknown, Part::alive(format!("is in the hands of {hands}"), hands));
        }
        match thread.call {
            Call::Blocked { number, args } => self.call(member, thread, number, args),
            Call::Running => (Kind::Run, Part::alive("is about to run, it does not wait", "itself")),
            Call::Faulting => (Kind::Unknown, Part::alive("sleeps in a page fault", "the kernel")),
            Call::Foreign if member.stat.is_kernel => {
                (Kind::Unknown, Part::alive("is a thread of the kernel itself", "the kernel"))
            }
            Call::Foreign => {
                let text = "is a 32-bit program, whose system calls are not understood here";
                (Kind::Unknown, Part::alive(text, "something unknown"))
            }
            Call::Refused => self.without_call(member, thread),
        }
    }

    /// Stopped by ptrace(2). A tracer that waits in something else does not let it go on; one that waits for it will.
    fn traced(&self, thread: &Thread) -> Part {
        let is_elsewhere = |thread: &Thread| match thread.call {
            Call::Blocked { number, .. } => ![libc::SYS_wait4, libc::SYS_waitid].contains(&number),
            _ => false,
        };
        let tracer = self.snapshot.members.get(&thread.status.tracer);
        match tracer.filter(|tracer| tracer.living().all(is_elsewhere)) {
            Some(tracer) => {
                let who = self.names.who(tracer.pid);
                let mut part =
                    Part::new(format!("is stopped, and goes on only when its tracer, {who}, lets it"));
                part.wake_by(tracer.pid);
                part
            }
            None => {
                let text = "is in the hands of a tracer, such as a debugger or strace";
                Part::alive(text, "its tracer")
            }
        }
    }

    fn stopped(&self, member: &Process) -> Part {
        if self.halted.contains(&member.pid) {
            return Part { anyone: true, ..Part::new("is stopped by the check, which lets it go on later") };
        }
        let mut part = Part::new("is stopped by a signal (SIGSTOP, SIGTSTP, SIGTTIN or SIGTTOU)");
        let parent = member.stat.parent;
        let has_own = self.snapshot.members.contains_key(&parent) || Some(parent) == self.snapshot.watcher;
        if self.snapshot.world == World::Open && !has_own {
            part.hope_later("whoever continues it with SIGCONT, such as the shell that started it");
        }
        part.anyone = true;
        part
    }

    /// What speaks against calling a thread stuck, whatever it waits in.
    fn temper(&self, member: &Process, thread: &Thread, kind: Kind, part: &mut Part) {
        if kind == Kind::Stopped {
            return;
        }
        let status = &thread.status;
        let due = status.all_pending() & !status.blocked;
        if due != 0 {
            part.hope(format!("{}, which is about to be delivered", signals::names(due)));
        }
        if member.has_timers {
            part.hope("its own timer (timer_create)");
        }
        let uses_ring =
            |(_, table): &(i32, Table)| table.values().any(|descriptor| descriptor.object == Object::Ring);
        if member.tables.iter().any(uses_ring) {
            part.hope_later("its io_uring, into which nobody can look");
        }
        let caught = status.caught & !status.blocked;
        if caught & signals::bit(libc::SIGCHLD) != 0 {
            part.weak.extend(self.snapshot.children(member.pid));
        }
        let wakes_itself = part.wakers.iter().any(|waker| waker.pid == member.pid);
        let surprising = signals::surprising(caught, wakes_itself);
        part.anyone |= surprising != 0;
        if self.snapshot.world == World::Closed {
            return;
        }
        if status.tracer != 0 {
            part.hope_later("its tracer");
        }
        if surprising != 0 {
            part.hope_later(format!("{}, which it catches", signals::names(surprising)));
        }
    }

    fn node(&self, wait: &Waiting) -> Node {
        let Part { wakers, weak, anyone, outside, newcomer, .. } = &wait.part;
        Node {
            process: wait.pid,
            is_dead: wait.kind == Kind::Zombie,
            is_alive: outside.is_some(),
            is_hopeful: outside.is_some() || newcomer.is_some(),
            wakers: wakers.iter().map(|waker| waker.pid).collect(),
            weak: weak.clone(),
            anyone: *anyone,
        }
    }

    fn told(&self, wait: &Waiting, state: State) -> Wait {
        let member = &self.snapshot.members[&wait.pid];
        let thread = member.threads.iter().find(|thread| thread.tid() == wait.tid);
        let who = thread.map_or_else(|| self.names.who(wait.pid), |thread| self.names.thread(member, thread));
        let part = wait.part.clone();
        let woken_by = match state {
            State::Waits => part.outside,
            _ => None,
        };
        let Waiting { pid, tid, kind, .. } = *wait;
        let is_own = self.names.has_role(pid);
        Wait { pid, tid, who, is_own, kind, state, text: part.text, woken_by, notes: part.notes }
    }

    /// What each process has open that others may have too.
    fn open(&self) -> Vec<Open> {
        let line = |(number, open): (&i32, &Descriptor)| {
            let end = match (&open.object, open.reads, open.writes) {
                (Object::Pipe(_) | Object::Fifo { .. }, true, false) => "read end of ",
                (Object::Pipe(_) | Object::Fifo { .. }, false, true) => "write end of ",
                (Object::File { .. } | Object::Device(_) | Object::Other(_), ..) => return None,
                _ => "",
            };
            Some(format!("{}: {end}{}", descriptor(*number), self.names.object(&open.object)))
        };
        let one = |member: &Process| Open {
            pid: member.pid,
            who: self.names.who(member.pid),
            descriptors: member.tables.iter().flat_map(|(_, table)| table).filter_map(line).collect(),
        };
        self.snapshot.members.values().map(one).collect()
    }
}
