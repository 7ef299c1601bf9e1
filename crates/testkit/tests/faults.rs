//! Each fault happens where it was asked for, and nothing else does.
#![cfg(target_arch = "x86_64")]

use predicates::str::{contains, is_empty};
use rstest::rstest;
use testkit::{Cmd, Errno, Family, Fault, Room, Signal, When};

/// A shell line in this room.
fn sh(room: &Room, text: &str) -> Cmd {
    room.command("sh").args(["-c", text])
}

#[test]
fn count_counts_processes_and_calls_of_the_tree() {
    let room = Room::new();
    let done = sh(&room, "spew 100 | cat | cat >/dev/null; exit 3").trace(Fault::Count).run();
    done.code(3);
    assert_eq!(done.forks(), 3);
    assert!(done.calls_of("execve") >= 3, "{:?}", done.calls());
    assert!(done.calls_of("wait4") >= 1, "{:?}", done.calls());
    assert!(!done.fault_delivered());
}

#[test]
fn count_counts_each_process_once() {
    let room = Room::new();
    let line = "i=0; while [ $i -lt 100 ]; do /bin/true & i=$((i+1)); done; wait";
    assert_eq!(sh(&room, line).trace(Fault::Count).run().code(0).forks(), 100);
}

#[rstest]
#[case::during(When::During)]
#[case::after(When::After)]
fn a_signal_comes_at_each_call_that_sleeps(#[case] when: When) {
    for nth in 1..200 {
        let room = Room::new();
        let fault = Fault::SignalAsleep { signal: Signal::SIGUSR1, nth, when };
        let running = room.command("cat").stdin_open().trace(fault).spawn();
        running.eventually(|| running.has_ended() || running.unread(0) == 0, "it to read");
        if !running.has_ended() {
            running.asleep();
        }
        let has_ended = running.has_ended();
        if !has_ended {
            running.close_stdin();
        }
        let done = running.wait();
        if !done.fault_delivered() {
            assert!(nth > 1, "no call has slept");
            done.code(0);
            return;
        }
        done.signal(Signal::SIGUSR1);
    }
    panic!("it sleeps too often");
}

#[test]
fn drip_writes_as_often_as_there_are_bytes() {
    let room = Room::new();
    let text = room.lines(10);
    let done = room.command("drip").stdin(text.clone()).trace(Fault::Count).run();
    done.code(0).stdout(&text);
    assert_eq!(done.calls_of("write"), 90);
}

#[test]
fn own_calls_are_those_of_the_program_alone() {
    let room = Room::new();
    let text = room.lines(10);
    let done = sh(&room, "drip; exit 0").stdin(text.clone()).trace(Fault::Count).run();
    done.code(0).stdout(&text);
    assert_eq!(done.calls_of("write"), 90);
    assert_eq!(done.own_calls().get("write"), None, "{:?}", done.own_calls());
    assert!(done.own_calls().contains_key("wait4"), "{:?}", done.own_calls());
}

#[test]
fn count_counts_no_threads() {
    let room = Room::new();
    let text = "import threading\nfor i in range(5):\n t=threading.Thread(target=print,args=(i,)); t.start(); t.join()";
    if let Some(python) = python(&room, text) {
        let done = python.trace(Fault::Count).run();
        done.code(0).stdout("0\n1\n2\n3\n4\n");
        assert_eq!(done.forks(), 0);
    }
}

#[test]
fn short_transfers_move_single_bytes() {
    let room = Room::new();
    let text = room.lines(20);
    let done = sh(&room, "cat | cat").stdin(text.clone()).trace(Fault::ShortTransfers).run();
    done.code(0).stdout(&text);
    assert!(done.calls_of("write") >= 2 * 180, "{:?}", done.calls());
}

/// A program in Python, if there is one here.
fn python(room: &Room, text: &str) -> Option<testkit::Cmd> {
    let is_here = sh(room, "command -v python3").run().output().status.success();
    is_here.then(|| room.command("python3").args(["-c", text]))
}

#[test]
fn short_transfers_move_single_bytes_of_several_pieces() {
    let room = Room::new();
    let text = "import os\nr, w = os.pipe()\nprint(os.writev(w, [b'', b'', b'abc', b'de']), os.writev(w, [b'xy']), os.writev(w, [b'']))
a, b = bytearray(2), bytearray(9)\nprint(os.readv(r, [bytearray(), a, b]), a, b)";
    if let Some(python) = python(&room, text) {
        let done = python.trace(Fault::ShortTransfers).run();
        done.code(0).stdout(
            "1 1 0\n1 bytearray(b'a\\x00') bytearray(b'\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00')\n",
        );
    }
}

#[test]
fn short_transfers_leave_messages_whole() {
    let room = Room::new();
    // A module of Python's library would be read byte by byte; these are part of the interpreter, or nearly so.
    let text = "import _socket as s, _thread as t\na, b = s.socketpair(1, 5)\nc, d = s.socketpair(1, 1)\ndone = t.allocate_lock(); done.acquire()
def work():\n print(a.send(b'one'), b.recv(9), c.send(b'two'), d.recv(9)); done.release()\nt.start_new_thread(work, ()); done.acquire()";
    if let Some(python) = python(&room, text) {
        python.trace(Fault::ShortTransfers).run().code(0).stdout("3 b'one' 1 b't'\n");
    }
}

#[test]
fn short_transfers_break_who_reads_once() {
    let room = Room::new();
    // dd takes one read for a whole block.
    let text = "dd bs=100 count=1 2>/dev/null";
    sh(&room, text).stdin("abc").trace(Fault::ShortTransfers).run().code(0).stdout("a");
    sh(&room, text).stdin("abc").run().code(0).stdout("abc");
}

#[test]
fn kill_at_ends_the_program_before_that_call() {
    let room = Room::new();
    let mut calls = 0;
    loop {
        calls += 1;
        let done = room.command("cat").stdin("x").trace(Fault::KillAt { call: calls, nth_process: 0 }).run();
        if !done.fault_delivered() {
            done.code(0).stdout("x");
            break;
        }
        done.signal(Signal::SIGKILL);
        assert_eq!(done.calls().values().sum::<u64>(), calls);
    }
    assert!(calls > 10, "{calls}");
}

#[test]
fn kill_at_reaches_a_descendant() {
    let room = Room::new();
    let done = sh(&room, "cat; echo $?").stdin_open().trace(Fault::KillAt { call: 5, nth_process: 1 }).run();
    done.code(0).stdout("137\n");
    assert!(done.fault_delivered());
}

/// Ends well or hangs, by when the signal comes: `trap` sets a flag, `wait` waits for it.
#[rstest]
#[case(When::Before)]
#[case(When::During)]
#[case(When::After)]
fn signal_at_interrupts_at_every_call(#[case] when: When) {
    let room = Room::new();
    let mut delivered = 0;
    for call in 1.. {
        let fault = Fault::SignalAt { signal: Signal::SIGTERM, call, when };
        let done = room.command("cat").stdin("x").trace(fault).run();
        if !done.fault_delivered() && done.output().status.code() == Some(0) && when != When::During {
            break;
        }
        if done.fault_delivered() {
            done.signal(Signal::SIGTERM);
            delivered += 1;
        } else if call > 200 {
            break;
        }
    }
    assert!(when == When::During || delivered > 10, "{delivered}");
}

#[test]
fn signal_before_a_call_lets_the_call_happen_afterwards() {
    let room = Room::new();
    // SIGURG is ignored by default: the program must not notice at all.
    for call in 1..60 {
        let fault = Fault::SignalAt { signal: Signal::SIGURG, call, when: When::Before };
        room.command("cat").stdin("text").trace(fault).run().code(0).stdout("text").stderr(is_empty());
    }
}

#[test]
fn a_failing_fork_is_seen_by_the_program() {
    let room = Room::new();
    let fault = Fault::FailCall { family: Family::Fork, nth: 2, errno: Errno::EAGAIN };
    let done = sh(&room, "/bin/echo one; /bin/echo two; echo three").trace(fault).run();
    done.stdout("one\n").stderr(contains("fork")).failure();
    assert!(done.fault_delivered());
    assert_eq!(done.forks(), 1);
}

#[rstest]
#[case(Family::Pipe, "true | true", "ipe")]
#[case(Family::Open, ": > file", "file")]
fn other_calls_fail_with_the_chosen_error(#[case] family: Family, #[case] text: &str, #[case] says: &str) {
    let room = Room::new();
    // The loader and the shell open files first: let every call fail in turn.
    let mut seen = false;
    for nth in 1.. {
        let done = sh(&room, text).trace(Fault::FailCall { family, nth, errno: Errno::EMFILE }).run();
        if !done.fault_delivered() {
            done.code(0);
            break;
        }
        seen |= done.stderr_text().contains(says);
    }
    assert!(seen);
}

#[test]
fn a_held_parent_sees_its_child_end_first() {
    let room = Room::new();
    let done = sh(&room, "true & jobs; wait; /bin/echo done").trace(Fault::HoldForkReturn).run();
    done.code(0).stdout(contains("done\n"));
    assert!(done.fault_delivered());
}

#[test]
fn a_child_that_waits_for_its_parent_is_not_held_for_ever() {
    let room = Room::new();
    let done = sh(&room, "cat | cat").stdin("x\n").trace(Fault::HoldForkReturn).run();
    done.code(0).stdout("x\n");
}

#[test]
fn a_traced_program_can_be_stopped_and_continued() {
    let room = Room::new();
    let text = "sh -c 'kill -STOP $$; echo on' & gate g; kill -CONT $!; wait; echo end";
    let gate = room.gate("g");
    let running = sh(&room, text).trace(Fault::Count).spawn();
    gate.reached();
    running.eventually(|| running.descendants().iter().any(|p| p.state == 'T'), "the child to stop");
    gate.open();
    running.wait().code(0).stdout("on\nend\n");
}

#[test]
fn a_traced_program_that_stays_stopped_is_at_rest() {
    let room = Room::new();
    let running = room.command("cat").stdin_open().trace(Fault::Count).spawn();
    running.asleep().stop().asleep().cont().close_stdin();
    running.wait().code(0);
}
