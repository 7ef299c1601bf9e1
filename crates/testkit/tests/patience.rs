//! No deadlock is ever proved of a program that is correct, only slow.
//!
//! The checks in `slow` are ignored by a plain run. The tests here start this same file as a referee for all of
//! them, as the runner would: only then does the watchdog look for proofs.

mod kit;

use kit::{BusyLoops, referee};
use sandbox::protocol::{Config, Verdict};

const CHECKS: [&str; 9] = [
    "a_reader_whose_writer_sleeps",
    "a_fifo_whose_peer_comes_late",
    "a_child_that_is_stopped_and_continued",
    "a_program_that_an_alarm_wakes",
    "a_reader_that_a_timer_ends",
    "a_shell_that_a_signal_wakes",
    "a_lock_that_is_handed_over",
    "a_gate_behind_a_pipe",
    "much_data_through_slow_stages",
];

fn all_pass(rounds: usize) {
    for round in 0..rounds {
        std::thread::scope(|scope| {
            let running = CHECKS
                .map(|check| scope.spawn(move || referee(&[format!("slow::{check}")], Config::default())));
            for (check, thread) in CHECKS.iter().zip(running) {
                let records = thread.join().expect("records");
                let all_pass = records.iter().all(|record| record.verdict == Verdict::Pass);
                assert!(all_pass && records.len() == 1, "round {round}, {check}: {records:#?}");
            }
        });
    }
}

#[test]
fn whoever_is_only_slow_passes() {
    all_pass(1);
}

#[test]
#[ignore = "takes minutes: cargo test -p testkit --test patience -- --ignored whoever_is_slow_under_load"]
fn whoever_is_slow_under_load_passes_two_hundred_times() {
    let _load = BusyLoops::start(4);
    all_pass(25);
}

mod slow {
    use testkit::{Finished, Room};

    fn sh(room: &Room, text: &str) -> Finished {
        room.command("sh").args(["-c", text]).run()
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_reader_whose_writer_sleeps() {
        sh(&Room::new(), "(sleep 0.8; echo late) | cat | cat").code(0).stdout("late\n");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_fifo_whose_peer_comes_late() {
        let room = Room::new();
        sh(&room, "mkfifo f; (sleep 0.8; echo late >f) & cat f; wait; rm f").code(0).stdout("late\n");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_child_that_is_stopped_and_continued() {
        let text = "sh -c 'kill -STOP $$; echo on' & job=$!
            (sleep 0.8; kill -CONT $job) & wait $job; wait";
        sh(&Room::new(), text).code(0).stdout("on\n");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_reader_that_a_timer_ends() {
        sh(&Room::new(), "mkfifo f; timeout 0.8 cat f; echo $?; rm f").code(0).stdout("124\n");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_program_that_an_alarm_wakes() {
        let room = Room::new();
        room.expect_timers();
        let text = "use POSIX; $SIG{ALRM} = sub {}; alarm 1; POSIX::pause(); print qq(woken\n)";
        room.command("perl").args(["-e", text]).run().code(0).stdout("woken\n");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_shell_that_a_signal_wakes() {
        let text = "trap 'echo woken; exit 0' USR1; mkfifo f
            (sleep 0.8; rm f; kill -USR1 $$) & wait";
        sh(&Room::new(), text).code(0).stdout("woken\n");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_lock_that_is_handed_over() {
        let text = "flock lock sh -c 'echo in; sleep 0.8' | (read in; flock lock echo mine); wait";
        sh(&Room::new(), text).code(0).stdout("mine\n");
    }

    /// The check opens the gate from another thread: while it waits in the first, it is about to act.
    #[test]
    #[ignore = "run by this file's other tests"]
    #[allow(clippy::disallowed_methods, reason = "the slowness itself is tested, not hidden")]
    fn a_gate_behind_a_pipe() {
        let room = Room::new();
        let gate = room.gate("g");
        let shell = room.command("sh").args(["-c", "(gate g; echo open) | cat | cat"]).spawn();
        gate.reached();
        shell.asleep();
        let opener = std::thread::spawn(move || {
            // Longer than the watchdog needs to look for a proof.
            std::thread::sleep(std::time::Duration::from_millis(800));
            gate.open();
        });
        shell.wait().code(0).stdout("open\n");
        opener.join().expect("the gate is opened");
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn much_data_through_slow_stages() {
        let room = Room::new();
        let input = room.lines(20_000);
        let mut sorted: Vec<&str> = input.lines().collect();
        sorted.sort_unstable();
        let sorted = sorted.join("\n") + "\n";
        let text = "LC_ALL=C sort -R | LC_ALL=C sort | dd bs=7 2>/dev/null | cat";
        room.command("sh").args(["-c", text]).stdin(input.into_bytes()).run().code(0).stdout(sorted);
    }
}
