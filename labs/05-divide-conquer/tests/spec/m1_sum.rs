//! Milestone 1: one half of the work in a child, and its result comes back.
//! Man pages: fork(2), pipe(2), read(2), waitpid(2).

use rstest::rstest;
use testkit::{Errno, Family, Fault, Room, sweep};

use super::{dnc, numbers, reports};

/// The sum is exact: it may have more than 64 bits, and may be negative. A status has eight bits, and a variable
/// that the child writes is the child's own copy: so the result must come as a message. fork(2), pipe(7).
#[rstest]
#[case::one_process(1)]
#[case::two_processes(2)]
fn the_sum_is_right(#[case] n: usize) {
    for count in [2, 3, 400] {
        let room = Room::new();
        let (text, sum) = numbers(&room, count);
        room.write("numbers", text);

        let done = dnc(&room, &format!("sum -n {n} numbers")).run();
        done.code(0).stdout(format!("{sum}\n")).stderr("");
        assert!(
            room.list("") == ["numbers", "tmp"],
            "files were made\nexpected: the result comes through a pipe\nreceived: {:?}",
            room.list("")
        );
    }
}

/// Two processes are at work at the same moment: both stand at the gate, which each passes before it adds. A child
/// that is waited for before the parent begins is a detour and no help.
#[test]
fn two_processes_add_at_the_same_time() {
    let room = Room::new();
    let gate = room.gate("door");
    let (text, sum) = numbers(&room, 600);
    room.write("numbers", text);

    let running = dnc(&room, "sum -n 2 --gate door --report numbers").spawn();
    gate.reached_by(2);
    let mut pids = gate.visitors();
    pids.retain(|&pid| pid != running.pid());
    assert!(
        pids.len() == 1,
        "the wrong processes are at work\nexpected: dnc itself (pid {}) and one child\nreceived: {:?}",
        running.pid(),
        gate.visitors()
    );
    gate.open();
    let done = running.wait();
    done.code(0).stdout(format!("{sum}\n"));
    let told = reports(&done);
    let shares: Vec<u64> = ["part 0", "part 1"].iter().filter_map(|who| told.get(*who).copied()).collect();
    done.check(
        shares.len() == 2 && shares.iter().sum::<u64>() == 600 && shares.iter().all(|&share| share >= 100),
        format!("stderr tells `part 0: UNITS` and `part 1: UNITS`, 600 together, at least 100 each, and not {shares:?}"),
    );
}

/// `-n 2` is dnc and one child; `-n 1` is dnc alone. A process costs; nobody makes more than he needs.
#[rstest]
#[case::alone(1)]
#[case::with_one_child(2)]
fn no_more_children_are_made_than_asked_for(#[case] n: usize) {
    let room = Room::new();
    let (text, sum) = numbers(&room, 50);
    room.write("numbers", text);

    let done = dnc(&room, &format!("sum -n {n} numbers")).trace(Fault::Count).run();
    done.code(0).stdout(format!("{sum}\n"));
    assert!(
        done.forks() == n as u64 - 1,
        "the wrong number of processes was made\nexpected: {} children for `-n {n}`\nreceived: {}",
        n - 1,
        done.forks()
    );
}

/// A child that dies has no result: neither 0 nor what it had written by then. Here it is killed at each of its
/// system calls in turn; and then it cannot even be made. dnc prints the right sum, or none, and says which part is
/// lost.
#[test]
fn a_lost_part_is_no_zero() {
    sweep(|call| {
        let room = Room::new();
        let (text, sum) = numbers(&room, 40);
        room.write("numbers", text);
        let command = dnc(&room, "sum -n 2 numbers");
        let done = command.trace(Fault::KillAt { call, nth_process: 1 }).run();
        if done.fault_delivered() {
            done.code(1).stdout("").stderr("dnc: part 1: signal 9\n");
        } else {
            done.code(0).stdout(format!("{sum}\n"));
        }
        done.fault_delivered()
    });

    let room = Room::new();
    room.write("numbers", numbers(&room, 40).0);
    let failing = Fault::FailCall { family: Family::Fork, nth: 1, errno: Errno::EAGAIN };
    let done = dnc(&room, "sum -n 2 numbers").trace(failing).run();
    done.code(1).stdout("").stderr("dnc: fork: Resource temporarily unavailable\n");
}
