//! What is said where the system call may not be read: from the kernel function a thread sleeps in.

use super::Reader;
use super::end::Want;
use crate::object::Object;
use crate::part::Part;
use crate::proc::process::Process;
use crate::proc::thread::Thread;
use crate::report::Kind;

/// Others who hold a thread, whatever system call it is in.
pub(super) fn hands(place: &str) -> Option<&'static str> {
    Some(match place {
        "do_freezer_trap" | "__refrigerator" => "the freezer of its control group",
        "seccomp_do_user_notification" => "a supervisor that filters its system calls (seccomp)",
        "ptrace_stop" => "its tracer",
        "handle_userfault" => "whoever fills its memory (userfaultfd)",
        "fanotify_handle_event" | "fanotify_get_response" => "a watcher of the file system (fanotify)",
        "request_wait_answer" => "a file system in user space (FUSE)",
        _ => return None,
    })
}

impl Reader<'_> {
    pub(super) fn without_call(&self, member: &Process, thread: &Thread) -> (Kind, Part) {
        match thread.place.as_str() {
            place if place.ends_with("pipe_read") => (Kind::Read, self.some_pipe(member, thread, Want::Read)),
            place if place.ends_with("pipe_write") => {
                (Kind::Write, self.some_pipe(member, thread, Want::Write))
            }
            "do_wait" => {
                let mut part = self.wait4(member, -1);
                // It may wait for one child only, and others may be zombies already.
                if part.wakers.is_empty() {
                    part.hope("a child that cannot be seen");
                }
                (Kind::Child, part)
            }
            "hrtimer_nanosleep" | "do_nanosleep" => {
                (Kind::Sleep, Part::alive("sleeps for a time it chose itself", "the clock"))
            }
            "" => (Kind::Unknown, Part::alive("sleeps; in what may not be read", "something unknown")),
            place => {
                let text = format!("sleeps in the kernel in {place}{}", meaning(place));
                (Kind::Unknown, Part::alive(text, "something unknown"))
            }
        }
    }

    /// One of its pipes; which one is not known, so that whoever can move any of them is a hope.
    fn some_pipe(&self, member: &Process, thread: &Thread, want: Want) -> Part {
        let verb = if want == Want::Read { "waits for input on" } else { "waits for room in" };
        let table = member.table(thread.tid()).into_iter().flatten();
        let candidates = table.filter(|(_, open)| {
            let is_pipe = matches!(open.object, Object::Pipe(_) | Object::Fifo { .. });
            is_pipe && if want == Want::Read { open.reads } else { open.writes }
        });
        let ends: Vec<Part> =
            candidates.map(|(number, _)| self.end(member, thread.tid(), *number, want)).collect();
        if ends.is_empty() {
            return Part::alive(format!("{verb} a pipe"), "something unknown");
        }
        let texts: Vec<String> = ends.iter().map(|end| end.text.clone()).collect();
        let mut part = Part::new(format!("{verb} {}", texts.join("; or on ")));
        ends.into_iter().for_each(|end| part.join(end));
        part
    }
}

/// What the usual kernel functions mean.
fn meaning(place: &str) -> &'static str {
    match place {
        "wait_for_partner" => " (open of a FIFO)",
        "unix_stream_read_generic" | "unix_stream_data_wait" | "wait_woken" | "sk_wait_data" => {
            " (data from a socket)"
        }
        "sock_alloc_send_pskb" | "unix_wait_for_peer" => " (room in a socket)",
        "inet_csk_accept" | "__skb_wait_for_more_packets" => " (a socket: a client or a packet)",
        "futex_do_wait" | "futex_wait_queue" => " (a lock or condition)",
        "wq_sleep" => " (a message queue)",
        "do_msgrcv" | "do_msgsnd" => " (a System V queue)",
        "__do_semtimedop" | "do_semtimedop" => " (a System V semaphore)",
        "do_sigtimedwait" | "sigsuspend" | "do_sys_pause" | "__do_sys_pause" => " (a signal)",
        "do_epoll_wait" | "ep_poll" | "poll_schedule_timeout" | "do_poll" | "do_select" => " (poll)",
        "locks_lock_inode_wait" | "fcntl_setlk" | "flock_lock_inode_wait" => " (a file lock)",
        _ => "",
    }
}
