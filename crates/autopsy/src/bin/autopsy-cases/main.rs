//! The hanging programs that `autopsy` must explain, one a case: `autopsy-cases CASE`; without a case, their list.
//! `autopsy-cases sweep` removes what a killed case has left.
//!
//! Each is as small as the mistake allows, and comes to rest without a clock. Each names all it makes by the word in
//! `AUTOPSY_TOKEN`, and its files lie in `TMPDIR`, so that whoever started it can sweep.

mod fifos;
mod futexes;
mod live;
mod locks;
mod pipes;
mod polls;
mod processes;
mod queues;
mod shared;
mod signals;
mod slow;
mod sockets;
mod stage;
mod sweep;

use std::process::ExitCode;

type Case = fn() -> anyhow::Result<()>;

/// Every case by its name.
const CASES: &[(&str, Case)] = &[
    ("parent-write-end", pipes::parent_write_end),
    ("sibling-write-end", pipes::sibling_write_end),
    ("leaked-over-exec", pipes::leaked_over_exec),
    ("own-end-leaked", pipes::own_end_leaked),
    ("self-write-end", pipes::self_write_end),
    ("grandchild-dup", pipes::grandchild_dup),
    ("full-both", pipes::full_both),
    ("filter-both-full", pipes::filter_both_full),
    ("self-full", pipes::self_full),
    ("wait-before-read", pipes::wait_before_read),
    ("orphan-holds-stdout", pipes::orphan_holds_stdout),
    ("pipe-ring", pipes::pipe_ring),
    ("work-queue", pipes::work_queue),
    ("threads", pipes::threads),
    ("fifo-open", fifos::fifo_open),
    ("fifo-cross", fifos::fifo_cross),
    ("fifo-rdwr", fifos::fifo_rdwr),
    ("fifo-both-write", fifos::fifo_both_write),
    ("fifo-order", fifos::fifo_order),
    ("both-recv", sockets::both_recv),
    ("tcp-both-recv", sockets::tcp_both_recv),
    ("half-close", sockets::half_close),
    ("short-message", sockets::short_message),
    ("stream-full-both", sockets::stream_full_both),
    ("self-socketpair", sockets::self_socketpair),
    ("accept-unix", sockets::accept_unix),
    ("accept-tcp", sockets::accept_tcp),
    ("accept-unlinked", sockets::accept_unlinked),
    ("both-accept", sockets::both_accept),
    ("connect-backlog", sockets::connect_backlog),
    ("unaccepted", sockets::unaccepted),
    ("forgotten-connection", sockets::forgotten_connection),
    ("fixed-order-server", sockets::fixed_order_server),
    ("dgram-full", sockets::dgram_full),
    ("reply-to-nothing", sockets::reply_to_nothing),
    ("fd-in-flight", sockets::fd_in_flight),
    ("futex-unwoken", futexes::futex_unwoken),
    ("futex-missed", futexes::futex_missed),
    ("futex-private", futexes::futex_private),
    ("dead-owner", futexes::dead_owner),
    ("lock-order", futexes::lock_order),
    ("philosophers", futexes::philosophers),
    ("owner-reads", futexes::owner_reads),
    ("relock", futexes::relock),
    ("fork-while-locked", futexes::fork_while_locked),
    ("thread-lock-order", futexes::thread_lock_order),
    ("condition-missed", futexes::condition_missed),
    ("sem-wait", futexes::sem_wait),
    ("sem-short", futexes::sem_short),
    ("barrier-dead", futexes::barrier_dead),
    ("mq-receive", queues::mq_empty),
    ("mq-full", queues::mq_full),
    ("mq-both", queues::mq_both),
    ("msgrcv", queues::msgrcv),
    ("msgsnd-full", queues::msgsnd_full),
    ("semop", queues::semop),
    ("eventfd", queues::eventfd),
    ("flock", locks::flock_held),
    ("ofd-lock", locks::ofd_held),
    ("ofd-circle", locks::ofd_circle),
    ("record-lock", locks::record_lock),
    ("flock-twice", locks::flock_twice),
    ("stopped-child", processes::stopped_child),
    ("stopped-reader", processes::stopped_reader),
    ("stopped-tracee", processes::stopped_tracee),
    ("wrong-child", processes::wrong_child),
    ("zombie-and-read", processes::zombie_and_read),
    ("vfork-parent", processes::vfork_parent),
    ("tty-background-read", processes::tty_background_read),
    ("tty-shell-stopped", processes::tty_shell_stopped),
    ("ignored-signal", processes::ignored_signal),
    ("waits-for-its-parent", processes::waits_for_its_parent),
    ("lost-sigchld", signals::lost_sigchld),
    ("blocked-signal", signals::blocked_signal),
    ("blocked-sigchld", signals::blocked_sigchld),
    ("signalfd-unblocked", signals::signalfd_unblocked),
    ("one-sigchld-for-two", signals::one_sigchld_for_two),
    ("self-pipe-without-a-signal", signals::self_pipe_without_a_signal),
    ("self-pipe-full", signals::self_pipe_full),
    ("inherited-mask", signals::inherited_mask),
    ("sigwait-circle", signals::sigwait_circle),
    ("pause-idle", signals::pause_idle),
    ("poll-idle", polls::poll_idle),
    ("select-idle", polls::select_idle),
    ("poll-wrong-direction", polls::poll_wrong_direction),
    ("poll-nothing", polls::poll_nothing),
    ("ppoll-signal", polls::ppoll_signal),
    ("poll-both-full", polls::poll_both_full),
    ("epoll-idle", polls::epoll_idle),
    ("epoll-forgotten", polls::epoll_forgotten),
    ("epoll-edge", polls::epoll_edge),
    ("sleep-ok", live::sleeper),
    ("external-ok", live::external),
    ("timer", live::timer),
    ("alarm", live::alarm),
    ("spin", live::spin),
    ("spin-yield", live::spin_yield),
];

fn main() -> ExitCode {
    let name = std::env::args().nth(1);
    let all = || CASES.iter().chain(slow::PROGRAMS);
    match name {
        None => {
            let names: Vec<&str> = all().map(|(name, _)| *name).collect();
            println!("{}", names.join("\n"));
            ExitCode::SUCCESS
        }
        Some(name) if name == "sweep" => match sweep::everything() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("autopsy-cases: sweep: {error:#}");
                ExitCode::FAILURE
            }
        },
        Some(name) => match all().find(|(other, _)| *other == name) {
            Some((_, case)) => ended(&name, case()),
            None => {
                eprintln!("autopsy-cases: no case is called {name:?}; without an argument I list them");
                ExitCode::FAILURE
            }
        },
    }
}

/// A case that ends has not hung: that is worth a line.
fn ended(name: &str, result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => eprintln!("autopsy-cases: {name} has ended"),
        Err(error) => eprintln!("autopsy-cases: {name}: {error:#}"),
    }
    ExitCode::FAILURE
}
