//! A fault at an access to shared memory, or at a change of it, happens at that instruction.
#![cfg(target_arch = "x86_64")]
#![allow(unsafe_code, reason = "the program under test works on mapped memory")]

use std::env;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicU32, Ordering};

use memmap2::MmapMut;
use testkit::{Cmd, Fault, Instant, Moment, Program, Room, Then, sweep};

/// What [`adder`] works on: two words, all else zero.
const WORDS: [u32; 2] = [100, 7];

/// This same file as a program: it reads the first word, adds the second to it, adds the second to it once more, and says what it
/// has read in the end. It does so in a thread of its own, as the test harness does everything.
#[test]
#[ignore = "run by this file's other tests"]
fn adder() {
    let path = env::var_os("WORDS").expect("the file's name");
    let file = File::options().read(true).write(true).open(path).expect("the file");
    // SAFETY: the file is longer than two words, nobody shortens it, and all accesses here are atomic.
    let map = unsafe { MmapMut::map_mut(&file) }.expect("the map");
    let word = |at: usize| {
        let address = map.as_ptr().cast_mut().cast::<u32>().wrapping_add(at);
        // SAFETY: the map is aligned to a page, has two words, and lives until the end of this function.
        unsafe { AtomicU32::from_ptr(address) }
    };
    for _ in 0..2 {
        let sum = word(0).load(Ordering::Relaxed) + word(1).load(Ordering::Relaxed);
        word(0).store(sum, Ordering::Relaxed);
    }
    println!("sum {}", word(0).load(Ordering::Relaxed));
}

fn at(room: &Room, at: Moment, then: Then) -> Cmd {
    let bytes: Vec<u8> = WORDS.iter().flat_map(|word| word.to_le_bytes()).chain([0; 4088]).collect();
    let file = room.write("words", bytes);
    let program = Program::at("adder", env::current_exe().expect("this program"));
    let command =
        room.command(program).args(["adder", "--exact", "--ignored", "--nocapture"]).env("WORDS", &file);
    command.trace(Fault::At(Instant { file, at, then }))
}

fn words(room: &Room) -> Vec<u32> {
    room.read("words")
        .chunks(4)
        .take(2)
        .map(|word| u32::from_le_bytes(word.try_into().expect("four bytes")))
        .collect()
}

#[test]
fn each_state_of_the_memory_is_seen() {
    let mut states = Vec::new();
    let changes = sweep(|nth| {
        let room = Room::new();
        let done = at(&room, Moment::Change { nth }, Then::Kill).run();
        if done.fault_delivered() {
            done.signal(testkit::Signal::SIGKILL);
            states.push(words(&room));
        }
        done.fault_delivered()
    });
    assert_eq!((changes, states), (2, vec![vec![107, 7], vec![114, 7]]));
}

#[test]
fn each_access_is_seen() {
    let mut states = Vec::new();
    let accesses = sweep(|nth| {
        let room = Room::new();
        let done = at(&room, Moment::Access { offset: 0, nth }, Then::Kill).run();
        states.push(words(&room)[0]);
        done.fault_delivered()
    });
    // Load, store, load, store, and the load for the last line; then a run to the end.
    assert_eq!((accesses, states), (5, vec![100, 107, 107, 114, 114, 114]));
}

#[test]
fn a_word_changes_after_it_was_read() {
    let room = Room::new();
    let then = Then::Store { offset: 4, bytes: 50u32.to_le_bytes().to_vec() };
    // The second word is read twice: 7, and then what was written there.
    let done = at(&room, Moment::Access { offset: 4, nth: 1 }, then).run();
    done.code(0).stdout(testkit::predicates::str::contains("sum 157\n"));
    assert!(done.fault_delivered());
}

#[test]
fn a_stopped_program_goes_on() {
    let room = Room::new();
    let running = at(&room, Moment::Change { nth: 1 }, Then::Stop).spawn();
    running.eventually(|| running.fault_delivered(), "it to be stopped").stop();
    assert_eq!(words(&room), [107, 7]);
    let file = File::options().write(true).open(room.path("words")).expect("the file");
    file.write_all_at(&1000u32.to_le_bytes(), 0).expect("a write");
    running.cont();
    running.wait().code(0).stdout(testkit::predicates::str::contains("sum 1007\n"));
}
