//! The watchdog ends what stands still, and never what is only slow.

mod kit;

use kit::BusyLoops;
use testkit::{Cmd, Room};

fn sh(room: &Room, text: &str) -> Cmd {
    room.command("sh").args(["-c", text])
}

#[test]
fn a_slow_program_beside_busy_loops_is_waited_for() {
    let _load = BusyLoops::start(8);
    let room = Room::new();
    // Some seconds without a word: much longer than the stall limit.
    sh(&room, "i=0; while [ $i -lt 1500000 ]; do i=$((i+1)); done; echo done").run().code(0).stdout("done\n");
}

#[test]
fn a_program_that_moves_now_and_then_is_waited_for() {
    let room = Room::new();
    sh(&room, "sleep 0.9; sleep 0.9; sleep 0.9; sleep 0.9; echo done").run().code(0).stdout("done\n");
}

#[test]
fn a_slow_reader_of_much_input_is_waited_for() {
    let room = Room::new();
    let done = sh(&room, "drip | env hash").stdin(vec![b'x'; 400_000]).run();
    done.code(0).stdout(testkit::helpers::hash_line(&vec![b'x'; 400_000]));
}

#[test]
fn a_condition_of_the_check_may_take_its_time_while_a_program_works() {
    let room = Room::new();
    let running =
        sh(&room, "i=0; while [ $i -lt 600000 ]; do i=$((i+1)); done; : > ready; cat").stdin_open().spawn();
    room.eventually("the file to appear", || room.path("ready").exists());
    running.close_stdin();
    running.wait().code(0);
}
