//! Whether this process, the check, will do nothing more by itself while one of its threads waits.

use std::fs;
use std::time::Duration;

use nix::unistd::{Pid, getpid, gettid};

use crate::failure::OWN_THREAD;
use crate::process::{Thread, threads};

/// The other threads of this process, if none of them will act before the calling thread does: each is asleep,
/// and each is testkit's own or the test harness's main thread, which waits for the test. `maker` is the thread
/// that made the room; a check that waits in another thread may do something in the first one.
pub(crate) fn others_at_rest(maker: Pid) -> Option<Vec<Thread>> {
    let (process, me) = (getpid().as_raw(), gettid().as_raw());
    if maker.as_raw() != me {
        return None;
    }
    let others: Vec<Thread> = threads(process).into_iter().filter(|thread| thread.tid != me).collect();
    let rests =
        |thread: &Thread| thread.state == 'S' && (thread.tid == process || is_own(process, thread.tid));
    others.iter().all(rests).then_some(others)
}

/// How long the threads of this process have stood ready in a queue without getting a processor, added up
/// (`/proc/PID/task/TID/schedstat`, second field, in nanoseconds); zero where the kernel does not count it.
pub(crate) fn queued() -> Duration {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return Duration::ZERO };
    let of_thread = |task: fs::DirEntry| -> Option<u64> {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().nth(1)?.parse().ok()
    };
    Duration::from_nanos(tasks.filter_map(|task| of_thread(task.ok()?)).sum())
}

fn is_own(process: i32, tid: i32) -> bool {
    fs::read_to_string(format!("/proc/{process}/task/{tid}/comm"))
        .is_ok_and(|name| name.starts_with(OWN_THREAD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_thread_than_the_rooms_maker_proves_nothing() {
        assert!(others_at_rest(Pid::from_raw(1)).is_none());
    }

    #[test]
    fn a_thread_that_is_not_testkits_may_act() {
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::Builder::new().name("somebody".into());
        let thread = thread.spawn(move || wait.recv()).unwrap();
        assert!(others_at_rest(gettid()).is_none());
        drop(go);
        assert!(thread.join().unwrap().is_err());
    }
}
