//! The specification of `prodcon`, one file a milestone.
//!
//! Every check is a black box: it starts the program, plays the world around it, and looks at it from
//! outside. What a check demands stands in the contract (`README.md`) and nowhere else; *how* you keep
//! the promise is your own affair.
//!
//! Sizes, numbers and bytes are random, from a seed that is printed when a check fails.

mod lines;
mod m1_copy;
mod m2_record;
mod m3_bound;
mod m4_many;
mod m5_print;
mod m6_fifo;
mod m7_queue;
mod m8_rendezvous;
mod m9_relay_play;
mod record;

use std::os::unix::process::ExitStatusExt;

use testkit::{Cmd, FifoEnd, Finished, Proc, Program, Room, Running, Signal, bin};

/// The program under test.
fn program() -> Program {
    bin!("prodcon").called("prodcon")
}

/// `prodcon ARGS`, the arguments separated by blanks, ready to start in the room.
fn prodcon(room: &Room, args: impl AsRef<str>) -> Cmd {
    room.command(program()).args(args.as_ref().split(' '))
}

/// Demands what SIGTERM must lead to: status 143, by exit or by the signal itself.
#[track_caller]
fn ended_by_sigterm(done: &Finished) {
    let status = done.output().status;
    let has_ended_so = status.code() == Some(143) || status.signal() == Some(Signal::SIGTERM as i32);
    done.check(has_ended_so, format!("after SIGTERM: status 143, or death by SIGTERM (received: {status})"));
}

/// The child processes of a program in the order in which it made them.
fn children(running: &Running) -> Vec<Proc> {
    let pid = running.pid();
    let listed = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let listed: Vec<Proc> =
        listed.split_whitespace().filter_map(|pid| Proc::read(pid.parse().ok()?)).collect();
    // A kernel without that file: by their numbers.
    if listed.is_empty() { running.descendants() } else { listed }
}

/// A standard output that is full from the start: the FIFO `name` of one page, with as many bytes in it. Who is
/// started with it waits at its first line. [`Blocked::open`] makes room.
struct Blocked {
    reader: FifoEnd,
}

/// What a page holds, and the smallest pipe.
const PAGE: usize = 4096;

impl Blocked {
    fn make(room: &Room, name: &str) -> Self {
        room.fifo(name);
        let reader = room.reader(name);
        reader.resize(PAGE as i32);
        let writer = room.both_ends(name);
        assert_eq!(writer.send_now(vec![b'#'; PAGE]), PAGE, "a FIFO of one page takes a page");
        Self { reader }
    }

    /// Takes what the check itself had put there.
    fn open(&self) {
        let own = self.reader.take(PAGE);
        assert!(own.iter().all(|&byte| byte == b'#'), "a FIFO gives back what was put first");
    }

    /// Takes exactly what the program has written by now.
    #[track_caller]
    fn written_now(&self) -> String {
        String::from_utf8_lossy(&self.reader.take(self.reader.waiting())).into_owned()
    }

    /// Takes all until the program has ended.
    #[track_caller]
    fn rest(&self) -> String {
        String::from_utf8_lossy(&self.reader.rest()).into_owned()
    }
}

/// The lines on standard error when everything has come to rest.
#[track_caller]
fn stderr_lines(running: &Running) -> Vec<String> {
    String::from_utf8_lossy(&running.stderr_at_rest()).lines().map(ToOwned::to_owned).collect()
}
