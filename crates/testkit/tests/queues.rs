//! A check plays the other side of FIFOs and message queues, and a queue that is left at the end is a leak.

mod kit;

use std::os::unix::fs::FileTypeExt;

use rstest::rstest;
use sandbox::protocol::{Config, Record, Verdict};
use testkit::Room;

fn referee(check: &str) -> Vec<Record> {
    kit::referee(&[format!("law::{check}")], Config { seed: Some(7), ..Config::default() })
}

#[rstest]
#[case("a_posix_queue_is_left", Verdict::Leak)]
#[case("a_system_v_queue_is_left", Verdict::Leak)]
#[case("queues_are_removed", Verdict::Pass)]
#[case("the_check_removes_its_own", Verdict::Pass)]
fn a_queue_must_not_outlive_its_room(#[case] check: &str, #[case] verdict: Verdict) {
    let records = referee(check);
    let worst = records.iter().max_by_key(|record| record.verdict).expect("a record");
    assert_eq!(worst.verdict, verdict, "{records:#?}");
    if verdict == Verdict::Leak {
        assert!(worst.text.contains("names are left"), "{}", worst.text);
        // What a program has left is no trouble for the next check.
        assert_eq!(referee("queues_are_removed")[0].verdict, Verdict::Pass);
    }
}

#[test]
fn a_posix_queue_gives_the_highest_priority_first() {
    let room = Room::new();
    let name = room.posix_name();
    assert!(!name.exists());
    let queue = name.make(2, 16);
    assert!(name.exists());
    assert_eq!((queue.size(), queue.mode(), queue.count()), ((2, 16), 0o600, 0));
    assert!(queue.send(b"low", 1) && queue.send(b"high", 9) && !queue.send(b"more", 9));
    assert_eq!(queue.receive(), Some((b"high".to_vec(), 9)));
    assert_eq!(name.open().receive(), Some((b"low".to_vec(), 1)));
    assert_eq!(queue.receive(), None);
    drop(queue);
    assert!(!name.exists());
}

#[test]
fn a_system_v_queue_keeps_the_order() {
    let room = Room::new();
    let key = room.system_v_key(2);
    assert!(!key.exists() && key.path().ends_with(key.name()));
    let queue = key.make();
    assert!(queue.send(b"one", 5) && queue.send(b"", 1));
    assert_eq!((queue.count(), queue.mode()), (2, 0o600));
    assert!(queue.bytes() > 0);
    assert_eq!(key.open().receive(), Some((b"one".to_vec(), 5)));
    assert_eq!(queue.receive(), Some((Vec::new(), 1)));
    assert_eq!(queue.receive(), None);
    drop(queue);
    assert!(!key.exists());
}

#[test]
fn an_end_of_a_fifo_moves_what_it_is_asked_for() {
    let room = Room::new();
    let path = room.fifo("f");
    assert!(path.metadata().expect("the FIFO").file_type().is_fifo());
    let reader = room.reader("f");
    reader.resize(4096);
    let cat = room.command("cat").stdin_open().stdout_to("f").spawn();
    cat.send("one\ntwo\nthree");
    assert_eq!(reader.line(), "one");
    assert_eq!(reader.take(3), b"two");
    cat.asleep();
    assert_eq!(reader.waiting(), "\nthree".len());
    assert_eq!(reader.now(), b"\nthree");
    assert!(reader.now().is_empty());
    cat.send("end");
    cat.close_stdin();
    assert_eq!(reader.rest(), b"end");
    cat.wait().code(0);
}

#[test]
fn a_writer_waits_for_a_reader() {
    let room = Room::new();
    room.fifo("f");
    let cat = room.command("cat").arg("f").spawn();
    let writer = room.writer("f");
    let word = room.word();
    writer.send(format!("{word}\n"));
    cat.wait_line(&word);
    drop(writer);
    cat.wait().code(0).stdout(format!("{word}\n"));
}

#[test]
fn both_ends_keep_what_is_there() {
    let room = Room::new();
    room.fifo("f");
    let both = room.both_ends("f");
    both.resize(4096);
    assert_eq!(both.send_now(vec![b'x'; 4096]), 4096);
    assert_eq!(both.send_now(b"y"), 0);
    let sed = room.command("head").args(["-c", "3", "f"]).spawn();
    sed.wait().code(0).stdout("xxx");
}

#[test]
fn who_sleeps_all_together_is_idle() {
    let room = Room::new();
    let gate = room.gate("g");
    let shell =
        room.command("sh").args(["-c", "gate g & gate g & wait; echo said >&2; read x"]).stdin_open().spawn();
    gate.reached_by(2);
    shell.asleep();
    shell.assert_all_idle().still_waits("for its gates");
    gate.open();
    shell.eventually(|| !shell.stderr_now().is_empty(), "its word");
    assert_eq!(shell.stderr_at_rest(), b"said\n");
    shell.close_stdin();
    shell.wait().failure();
}

/// Each is run by a referee of its own.
mod law {
    use testkit::Room;

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_posix_queue_is_left() {
        let room = Room::new();
        let name = room.posix_name();
        std::mem::forget(name.make(2, 16));
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn a_system_v_queue_is_left() {
        let room = Room::new();
        std::mem::forget(room.system_v_key(2).make());
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn queues_are_removed() {
        let room = Room::new();
        assert!(!room.posix_name().exists());
        assert!(!room.system_v_key(2).exists());
    }

    #[test]
    #[ignore = "run by this file's other tests"]
    fn the_check_removes_its_own() {
        let room = Room::new();
        let (name, key) = (room.posix_name(), room.system_v_key(2));
        let (one, other) = (name.make(2, 16), key.make());
        assert!(one.send(b"x", 0) && other.send(b"x", 1));
    }
}
