//! One test a claim: the example of the same name ends well and prints exactly this.
//! The rule, its reason and the man pages stand at the head of the example.

use crate::run::example;

fn shows(name: &str, lines: &[&str]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    example(name).success().stdout(text).stderr("");
}

#[test]
fn a_child_may_end_before_its_number_is_known() {
    shows(
        "a_child_may_end_before_its_number_is_known",
        &[
            "SIGCHLD blocked around fork: false; ends of unknown children 1, of known ones 0",
            "SIGCHLD blocked around fork: true; ends of unknown children 0, of known ones 1",
        ],
    );
}

#[test]
fn a_full_self_pipe_must_not_block() {
    shows(
        "a_full_self_pipe_must_not_block",
        &[
            "blocking: the process sleeps in the write of its own handler, and nobody can wake it",
            "non-blocking: 65537 signals, 1 not written; to wake the loop: 65536 bytes",
        ],
    );
}

#[test]
fn a_full_signal_queue_tells_the_sender() {
    shows(
        "a_full_signal_queue_tells_the_sender",
        &[
            "the limit is 2000; accepted: at least 1, at most that many: true",
            "then sigqueue: EAGAIN",
            "SIGUSR1, sent by kill, is pending: true",
            "each one that was accepted has arrived: true",
        ],
    );
}

#[test]
fn a_group_is_signalled_as_one() {
    shows(
        "a_group_is_signalled_as_one",
        &[
            "SIGTERM to the boss: boss ended by SIGTERM",
            "SIGTERM to the boss: its helper lives: true",
            "helper ended by SIGKILL",
            "SIGTERM to the group: boss ended by SIGTERM",
            "helper ended by SIGTERM",
        ],
    );
}

#[test]
fn a_handler_must_keep_errno() {
    shows(
        "a_handler_must_keep_errno",
        &["no signal: open: ENOENT", "careless handler: open: EBADF", "careful handler: open: ENOENT"],
    );
}

#[test]
fn a_handler_that_locks_waits_for_itself() {
    shows(
        "a_handler_that_locks_waits_for_itself",
        &[
            "locks: the process sleeps at the lock, and has one thread: true",
            "writes: from the handler",
            "writes: exit code 0",
        ],
    );
}

#[test]
fn a_pidfd_never_means_another_process() {
    shows(
        "a_pidfd_never_means_another_process",
        &[
            "a zombie: kill: Ok(()), pidfd: Ok(())",
            "waited for: ended by SIGTERM",
            "reaped: pidfd: Err(ESRCH)",
            "reaped: pidfd_open of its number: Err(ESRCH)",
        ],
    );
}

#[test]
fn a_realtime_signal_is_queued() {
    shows(
        "a_realtime_signal_is_queued",
        &["10 x SIGRTMIN: the handler ran 10 times", "10 x SIGUSR1, beside them: 1 time"],
    );
}

#[test]
fn a_reraised_signal_tells_the_true_reason() {
    shows(
        "a_reraised_signal_tells_the_true_reason",
        &[
            "no handler   temporary file left: true   ended by SIGTERM",
            "exit(0)      temporary file left: false  exit code 0",
            "exit(143)    temporary file left: false  exit code 143",
            "raise again  temporary file left: false  ended by SIGTERM",
        ],
    );
}

#[test]
fn a_self_pipe_turns_a_signal_into_a_byte() {
    shows(
        "a_self_pipe_turns_a_signal_into_a_byte",
        &[
            "a signal before the poll: ready: signals true, input false; took SIGUSR1",
            "input: ready: signals false, input true; took 3 bytes",
            "two signals and input: ready: signals true, input true; took SIGHUP took SIGUSR1 took 2 bytes",
        ],
    );
}

#[test]
fn a_signal_ends_a_wait_with_eintr() {
    shows(
        "a_signal_ends_a_wait_with_eintr",
        &[
            "read: EINTR: Interrupted system call",
            "read in a loop: 5 bytes",
            "write: a part was taken",
            "write: arrived: the part",
            "write in a loop: all was taken",
            "write in a loop: arrived: all",
        ],
    );
}

#[test]
fn a_signal_flushes_what_is_queued() {
    shows(
        "a_signal_flushes_what_is_queued",
        &[
            "flush sent as a request: 1048575 served, 0 dropped",
            "flush sent as a signal: 1 served, 1048574 dropped",
        ],
    );
}

#[test]
fn a_signal_is_a_software_interrupt() {
    shows(
        "a_signal_is_a_software_interrupt",
        &[
            "child: interrupted in its loop, after at least one step: true",
            "child: the handler got one integer, that of SIGUSR1",
            "child: exit code 0",
        ],
    );
}

#[test]
fn a_signal_is_defaulted_ignored_or_handled() {
    shows(
        "a_signal_is_defaulted_ignored_or_handled",
        &[
            "default: ended by SIGUSR1",
            "ignore: the child goes on; runs of its handler: 0",
            "ignore: exit code 0",
            "handler: the child goes on; runs of its handler: 1",
            "handler: exit code 0",
        ],
    );
}

#[test]
fn a_signal_waits_while_its_handler_runs() {
    shows(
        "a_signal_waits_while_its_handler_runs",
        &[
            "no flag: runs 4, handlers inside each other 1",
            "SA_NODEFER: runs 4, handlers inside each other 4",
        ],
    );
}

#[test]
fn a_signalfd_makes_signals_readable() {
    shows(
        "a_signalfd_makes_signals_readable",
        &[
            "not blocked: ended by SIGUSR1",
            "blocked; sent: 3 x SIGUSR1, 3 x SIGRTMIN",
            "read: SIGUSR1, value 0, from this process: true",
            "read: SIGRTMIN, value 1, from this process: true",
            "read: SIGRTMIN, value 2, from this process: true",
            "read: SIGRTMIN, value 3, from this process: true",
        ],
    );
}

#[test]
fn a_standard_signal_is_not_queued() {
    shows(
        "a_standard_signal_is_not_queued",
        &[
            "10 sent to a stopped process; pending: SIGUSR1",
            "sent at once: the handler ran 1 time",
            "each after the one before has arrived: it ran 10 times",
        ],
    );
}

#[test]
fn a_stopped_process_gets_its_signals_when_it_resumes() {
    shows(
        "a_stopped_process_gets_its_signals_when_it_resumes",
        &[
            "SIGUSR1 sent to a stopped process: state T, pending: SIGUSR1",
            "child: it goes on; runs of its handler: 1",
            "SIGCONT: exit code 0",
            "SIGTERM sent to a stopped process: state T, pending: SIGTERM",
            "SIGCONT: ended by SIGTERM",
            "SIGKILL, and no SIGCONT: ended by SIGKILL",
        ],
    );
}

#[test]
fn check_then_pause_loses_the_wakeup() {
    shows(
        "check_then_pause_loses_the_wakeup",
        &[
            "look 1: not set; then the signal comes: set 1 time",
            "the child sleeps in pause; pending: none",
            "it went on after signal 2",
            "child: exit code 0",
        ],
    );
}

#[test]
fn each_signal_has_a_default_action() {
    shows(
        "each_signal_has_a_default_action",
        &[
            "ends       HUP INT QUIT ILL ABRT FPE KILL SEGV PIPE ALRM TERM USR1 USR2 XCPU",
            "stops      STOP TSTP TTIN TTOU",
            "nothing    CHLD URG WINCH",
            "continues  CONT",
            "SIGRTMIN   ends",
        ],
    );
}

#[test]
fn each_thread_has_a_mask_the_process_has_the_handlers() {
    shows(
        "each_thread_has_a_mask_the_process_has_the_handlers",
        &[
            "open in thread 3 of 10: the handler ran there: true",
            "open in thread 7 of 10: the handler ran there: true",
        ],
    );
}

#[test]
fn exec_forgets_handlers_but_keeps_ignored_and_blocked() {
    shows(
        "exec_forgets_handlers_but_keeps_ignored_and_blocked",
        &[
            "this program          caught SIGUSR1  ignored SIGINT SIGPIPE  blocked SIGUSR2",
            "fork, exec            caught none     ignored SIGINT SIGPIPE  blocked SIGUSR2",
            "Command               caught none     ignored SIGINT          blocked SIGUSR2",
            "fork, defaults, exec  caught none     ignored none            blocked none",
        ],
    );
}

#[test]
fn fork_keeps_handlers_and_mask_but_not_pending_signals() {
    shows(
        "fork_keeps_handlers_and_mask_but_not_pending_signals",
        &[
            "parent  SIGUSR1 caught: true, SIGHUP ignored: true, SIGUSR2 blocked: true, pending: true",
            "child   SIGUSR1 caught: true, SIGHUP ignored: true, SIGUSR2 blocked: true, pending: false",
        ],
    );
}

#[test]
fn ignoring_sigchld_means_no_zombies_and_no_status() {
    shows(
        "ignoring_sigchld_means_no_zombies_and_no_status",
        &["default: waitpid: Ok(Some(7))", "ignored: waitpid: Err(ECHILD)"],
    );
}

#[test]
fn kill_and_stop_cannot_be_changed() {
    shows(
        "kill_and_stop_cannot_be_changed",
        &[
            "SIGKILL: catch: EINVAL, ignore: EINVAL",
            "SIGSTOP: catch: EINVAL, ignore: EINVAL",
            "of 31 standard signals 29 can be caught and ignored",
            "asked to block all, blocked: 29",
            "SIGKILL is blocked: false",
            "SIGSTOP is blocked: false",
            "SIGSTOP to such a child: state T",
            "SIGKILL: ended by SIGKILL",
        ],
    );
}

#[test]
fn numbers_are_found_by_name() {
    shows(
        "numbers_are_found_by_name",
        &[
            "this machine's C library and its shell agree on 18 of 18 names",
            "the same on every machine: 7 of 7",
            "SIGUSR1 here is one of 10, 16, 30: true",
            "a real-time signal is counted from SIGRTMIN, known at run time: SIGRTMIN+3",
        ],
    );
}

#[test]
fn one_sigchld_may_stand_for_many_children() {
    shows(
        "one_sigchld_may_stand_for_many_children",
        &[
            "reaps one for each signal: children that ended 5, runs of the handler 1, zombies left 4",
            "reaps in a loop: children that ended 5, runs of the handler 1, zombies left 0",
        ],
    );
}

#[test]
fn ppoll_waits_for_a_signal_or_a_descriptor() {
    shows(
        "ppoll_waits_for_a_signal_or_a_descriptor",
        &[
            "a signal, no data: ppoll: EINTR; runs of the handler: 1",
            "data, no signal: ppoll: 1 ready; runs of the handler: 1",
            "a signal and data: ppoll: 1 ready; runs of the handler: 1",
            "the data is read: ppoll: EINTR; runs of the handler: 2",
        ],
    );
}

#[test]
fn sa_restart_resumes_read_but_not_poll() {
    shows(
        "sa_restart_resumes_read_but_not_poll",
        &[
            "no flag: read 1: EINTR: Interrupted system call",
            "no flag: the loop has seen the flag after read 1",
            "no flag: ppoll: EINTR: Interrupted system call",
            "SA_RESTART: the handler has run, and the child sleeps in read 1; now a byte comes",
            "SA_RESTART: the loop has seen the flag after read 1",
            "SA_RESTART: ppoll: EINTR: Interrupted system call",
        ],
    );
}

#[test]
fn signal_has_two_meanings_sigaction_has_one() {
    shows(
        "signal_has_two_meanings_sigaction_has_one",
        &[
            "signal() of this C library restarts calls: true",
            "and takes the handler away: false",
            "System V's flags: after two signals: ended by SIGUSR1",
            "BSD's flags: the handler ran 2 times",
            "BSD's flags: after two signals: exit code 0",
        ],
    );
}

#[test]
fn sigqueue_adds_one_integer() {
    shows(
        "sigqueue_adds_one_integer",
        &[
            "kill: 1 arrived, values [], sender is the parent: true",
            "queued: 10 arrived, values [0, 1, 4, 9, 16, 25, 36, 49, 64, 81], sender is the parent: true",
            "queued as SIGUSR1: 7, 8, 9: 1 arrived, values [7], sender is the parent: true",
        ],
    );
}

#[test]
fn sigsuspend_leaves_no_gap() {
    shows(
        "sigsuspend_leaves_no_gap",
        &[
            "look 1: not set; then the signal comes: set 0 times, pending: SIGUSR1",
            "sigsuspend let it in: set 1 time",
            "and blocked it again: SIGUSR1",
            "child: exit code 0",
        ],
    );
}

#[test]
fn sigwait_takes_a_signal_without_a_handler() {
    shows(
        "sigwait_takes_a_signal_without_a_handler",
        &[
            "child: took SIGUSR1, from the parent: true",
            "child: took SIGUSR1, from the parent: true",
            "child: another one is there: false",
            "child: the handler ran 0 times",
            "parent: took SIGUSR1, from the child: true",
        ],
    );
}

#[test]
fn stop_and_continue_are_seen_by_the_parent() {
    shows(
        "stop_and_continue_are_seen_by_the_parent",
        &[
            "SIGTSTP: stopped by SIGTSTP",
            "SIGCONT, which it blocks: continued",
            "SIGSTOP: stopped by SIGSTOP",
            "SIGCONT, which it blocks: continued",
            "child: goes on",
            "SIGTSTP caught: runs of the handler 1; it has not stopped",
            "SIGTSTP blocked: pending: SIGTSTP",
            "then SIGCONT: pending: SIGCONT",
        ],
    );
}

#[test]
fn the_kernel_says_who_sent_it_and_why() {
    shows(
        "the_kernel_says_who_sent_it_and_why",
        &[
            "SIGUSR1: SI_USER: another process has called kill",
            "SIGRTMIN: SI_QUEUE: by sigqueue",
            "SIGCHLD: CLD_EXITED: a child has ended by itself",
            "SIGCHLD: CLD_KILLED: a signal has ended a child",
            "SIGALRM: SI_KERNEL: a timer of this process",
            "write to a pipe that nobody reads: Err(EPIPE)",
            "SIGPIPE: SI_USER, as if this process had sent it",
        ],
    );
}

#[test]
fn the_order_of_signals_is_not_promised() {
    shows(
        "the_order_of_signals_is_not_promised",
        &[
            "sent:                               SIGUSR1 SIGUSR2 SIGHUP",
            "handlers that may be interrupted    SIGUSR2 SIGUSR1 SIGHUP",
            "handlers that block the others      SIGHUP SIGUSR1 SIGUSR2",
            "real-time, sent 1 to 4 as high, low, high, low; arrived: [2, 4, 1, 3]",
        ],
    );
}

#[test]
fn two_processes_take_turns_by_signals() {
    shows(
        "two_processes_take_turns_by_signals",
        &[
            "ping",
            "        pong",
            "ping",
            "        pong",
            "ping",
            "        pong",
            "ping",
            "        pong",
            "ping",
            "        pong",
            "child: exit code 0",
        ],
    );
}
