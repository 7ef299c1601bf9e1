//! Milestone 7: one rank fails, and all end; nobody is left.
//! Man pages: waitpid(2), kill(2), signalfd(2), prctl(2) (PR_SET_PDEATHSIG), pipe(7).

use rstest::rstest;
use testkit::{Fault, Finished, Room, Signal, bin, list, sweep};

use super::{TRANSPORTS, expect_said, has_ended, ranks, said, signal, stop, wait};

/// A rank is killed while the others wait for it, in `recv` or in a barrier, or are busy elsewhere, or are stopped.
/// mpirun tells which rank it was, ends all the others, stopped ones too, and ends with 128 + n. A survivor that
/// waits for a dead rank waits for ever. What the dead rank had printed comes out.
#[rstest]
#[case::in_recv("0,1,3 recv 2 any\n", Signal::SIGKILL)]
#[case::in_a_barrier("* barrier\n", Signal::SIGUSR1)]
#[case::at_work("0,1,3 gate elsewhere\n", Signal::SIGTERM)]
#[case::in_send("0,1,3 send 2 0 @9000000\n", Signal::SIGKILL)]
fn a_killed_rank_ends_the_run(#[case] others: &str, #[case] how: Signal) {
    for transport in TRANSPORTS {
        let room = Room::new();
        let (door, elsewhere) = (room.gate("door"), room.gate("elsewhere"));
        let word = room.word();
        let running = ranks(&room, 4, transport, &format!("* print {word}\n2 gate door\n{others}")).spawn();
        door.reached();
        let victim = door.visitors()[0];
        if others.contains("elsewhere") {
            elsewhere.reached_by(3);
            stop(elsewhere.visitors()[1]);
        }
        running.asleep();
        signal(victim, how);
        let sent = format!(
            "rank 2 (pid {victim}) to die of {how}, which the check has sent to it (a rank has no signal blocked)"
        );
        running.eventually(|| has_ended(victim), sent);
        let what = "mpirun to end all ranks, also those that wait for the dead rank 2 or are stopped, and then itself";
        let done = wait(running, what);
        let number = how as i32;
        done.code(128 + number).stderr(format!("rank 2: signal {number}\n"));
        (0..4).for_each(|rank| expect_said(&done, rank, &[&word]));
    }
}

/// The status is that of the first rank that fails, whoever it is and however it ends: by exit, by `abort`, by a
/// signal. That the others are then ended by mpirun is no failure of theirs. A rank that ends with 0 fails nobody.
#[rstest]
#[case::by_exit("2 exit 3\n* barrier\n", 3, "rank 2: exit status 3\n")]
#[case::the_first_rank("0 exit 77\n* barrier\n", 77, "rank 0: exit status 77\n")]
#[case::by_abort("1 abort 5\n* barrier\n", 5, "rank 1: exit status 5\n")]
#[case::by_a_signal("3 crash ABRT\n* barrier\n", 134, "rank 3: signal 6\n")]
#[case::nobody_has_failed("2 exit 0\n0,1,3 send 2 0 @9000000\n", 0, "")]
#[case::after_others_have_ended(
    "2 send 3 0 x\n0-2 exit 0\n3 recv 2 0\n3 exit 9\n",
    9,
    "rank 3: exit status 9\n"
)]
fn the_status_is_that_of_the_first_failing_rank(
    #[case] script: &str,
    #[case] status: i32,
    #[case] message: &str,
) {
    for transport in TRANSPORTS {
        let room = Room::new();
        let running = ranks(&room, 4, transport, script).spawn();
        let done = wait(
            running,
            "mpirun to end (a failed rank ends all; a message to a rank that has ended is lost, and holds up nobody)",
        );
        done.code(status).stderr(message);
    }
}

/// A rank is killed at one system call after the other, from the first of its own to its last. Wherever it is, all
/// end, it is named, and nobody is left.
#[rstest]
#[case::the_first_one_on_pipes("pipes", 1)]
#[case::the_second_one_on_sockets("sockets", 2)]
fn a_rank_killed_at_any_call_ends_the_run(#[case] transport: &str, #[case] nth: usize) {
    // Who is called in a wrong way does nothing but start, complain and end.
    let start: u64 = Room::new().command(bin!("ranks")).trace(Fault::Count).run().own_calls().values().sum();
    sweep(|call| {
        let call = start.saturating_sub(4) + call;
        let room = Room::new();
        let script = "0 send 1 0 a\n1 recv 0 0\n* barrier\n1 send 0 0 @70000\n0 recv 1 0\n";
        let command = ranks(&room, 2, transport, script);
        let running = command.trace(Fault::KillAt { call, nth_process: nth }).spawn();
        let done = wait(running, "mpirun to end the other rank when one was killed, and then itself");
        if done.fault_delivered() {
            done.code(137);
            is_told(&done);
        } else {
            done.code(0).stderr("");
        }
        done.fault_delivered()
    });
}

#[track_caller]
fn is_told(done: &Finished) {
    let text = done.stderr_text();
    let is_told = ["rank 0: signal 9\n", "rank 1: signal 9\n"].contains(&text.as_str());
    done.check(is_told, "stderr is the one line `rank R: signal 9`");
}

/// Ranks end in any order. mpirun ends when the last one has ended, and what that one prints comes out; the end of
/// rank 0 is no more than that of another. A failure that comes late is a failure. Ranks that end while mpirun is
/// stopped are one SIGCHLD, and two deaths.
#[rstest]
#[case::rank_0_ends_first("1-2 gate door\n* print end\n", 0, "")]
#[case::rank_2_ends_first("0-1 gate door\n* print end\n", 0, "")]
#[case::a_late_failure("0,2 gate door\n* print end\n2 exit 4\n", 4, "rank 2: exit status 4\n")]
fn mpirun_waits_for_all_ranks(#[case] script: &str, #[case] status: i32, #[case] message: &str) {
    let room = Room::new();
    let gate = room.gate("door");
    let running = ranks(&room, 3, "pipes", script).spawn();
    gate.reached_by(2);
    running.still_waits("for the two ranks at the gate");
    running.assert_no_zombie();
    running.stop();
    gate.open();
    let left = || gate.visitors().into_iter().filter(|&pid| !has_ended(pid)).count();
    running.eventually(|| left() == 0, "the two ranks to end");
    running.cont();
    let done = wait(running, "mpirun to end when all ranks have ended, two of them while it was stopped");
    done.code(status).stderr(message);
    let all: Vec<usize> = said(&done).into_keys().collect();
    let wanted: &[usize] = if status == 0 { &[0, 1, 2] } else { &[1, 2] };
    done.check(wanted.iter().all(|rank| all.contains(rank)), format!("the lines of the ranks {wanted:?}"));
}

/// SIGTERM goes on to all ranks, and mpirun waits for their ends, whatever they do about it. Ranks that do nothing
/// about it die of it, and then mpirun ends with 143.
#[test]
fn sigterm_goes_to_all_ranks() {
    let room = Room::new();
    let ready = |running: &testkit::Running, n: usize| {
        let lines = || super::lines_now(running).len();
        running.eventually(|| lines() >= n || running.has_ended(), format!("{n} lines of the ranks"));
    };
    let running = ranks(&room, 3, "pipes", "* hold\n* print ready\n* term\n").spawn();
    ready(&running, 3);
    running.kill(Signal::SIGTERM);
    let what = "mpirun to pass SIGTERM on to all ranks, and to end when they have ended";
    let done = wait(running, what);
    done.code(0).stderr("");
    (0..3).for_each(|rank| expect_said(&done, rank, &["ready", "term"]));

    let running = ranks(&room, 3, "sockets", "* print ready\n* recv any any\n").spawn();
    ready(&running, 3);
    running.asleep();
    running.kill(Signal::SIGTERM);
    let what = "mpirun to pass on the SIGTERM that the check has sent, and all ranks to die of it (a rank has no signal blocked)";
    let done = wait(running, what);
    done.code(143);
    let told = (0..3).any(|rank| done.stderr_text() == format!("rank {rank}: signal 15\n"));
    done.check(told, "stderr is the one line `rank R: signal 15`");
}

/// `kill -9` gives mpirun no time to end its ranks: they must end without it. A rank that waits for a message of
/// another one waits for ever otherwise, and nobody sees it. prctl(2): PR_SET_PDEATHSIG; or a pipe whose other end
/// mpirun alone holds. And when mpirun cannot write what a rank prints, it says so, and ends all of them.
#[rstest]
#[case::on_pipes("pipes")]
#[case::on_sockets("sockets")]
fn no_rank_outlives_mpirun(#[case] transport: &str) {
    let room = Room::new();
    let gate = room.gate("door");
    let running = ranks(&room, 3, transport, "* gate door\n0 recv 2 0\n1 recv any any\n2 barrier\n").spawn();
    gate.reached_by(3);
    gate.open();
    running.asleep();
    running.kill(Signal::SIGKILL);
    let left = || gate.visitors().into_iter().filter(|&pid| !has_ended(pid)).collect::<Vec<_>>();
    let what = "all ranks to end after mpirun was killed";
    running.eventually(|| left().is_empty(), what);
    assert!(left().is_empty(), "ranks are left\nexpected: none\nreceived: {}", list(&left()));
    running.wait().signal(Signal::SIGKILL);

    let room = Room::new();
    let script = "0 print word\n* recv any any\n";
    let running =
        ranks(&room, 3, transport, script).stdout_to("/dev/full").note("its stdout is /dev/full").spawn();
    let done = wait(running, "mpirun to end its ranks and itself when it cannot write");
    done.code(1).stderr("mpirun: stdout: No space left on device\n");
}
