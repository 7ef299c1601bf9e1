//! Milestone 5: a lock between processes keeps together what is written by several writes.
//! Man pages: write(2), pipe(7), flock(2), fcntl_locking(2).

use std::collections::BTreeMap;

use rstest::rstest;
use testkit::{Fault, Proc, Room, sweep};

use super::m4_many::sigterm_ends_all;
use super::{PAGE, children, prodcon};

/// A word of `length` bytes that is a beginning of no other: `<letters>`.
fn word(room: &Room, length: usize) -> String {
    let mut letters = String::new();
    while letters.len() + 2 < length {
        letters += &room.word();
    }
    letters.truncate(length - 2);
    format!("<{letters}>")
}

/// How often each word is there, in an output that must be a sequence of them.
#[track_caller]
fn counted<'a>(output: &[u8], words: &'a [String]) -> BTreeMap<&'a str, usize> {
    let mut counts: BTreeMap<&str, usize> = words.iter().map(|word| (word.as_str(), 0)).collect();
    let mut at = 0;
    while at < output.len() {
        let Some(word) = words.iter().find(|word| output[at..].starts_with(word.as_bytes())) else {
            let rest = String::from_utf8_lossy(&output[at..]);
            let shown: String = rest.chars().take(60).collect();
            panic!(
                "a word is torn\nexpected: whole words only\nreceived: at byte {at} something that is no whole word: {shown:?}"
            );
        };
        *counts.entry(word).or_default() += 1;
        at += word.len();
    }
    counts
}

/// Demands that each word is there exactly so many times.
#[track_caller]
fn each_so_often(output: &[u8], words: &[String], times: usize) {
    let counts = counted(output, words);
    let wrong: Vec<_> = counts.values().filter(|&&count| count != times).collect();
    assert!(
        wrong.is_empty(),
        "a word is printed too often or not often enough\nexpected: {times} times each\nreceived: {wrong:?} times"
    );
}

/// Process i prints its own word, K times, and nothing between. Which words alternate how, nobody knows; that each is whole, everybody
/// may rely on.
#[rstest]
#[case::one(&[3], 5)]
#[case::two(&[10, 10], 200)]
#[case::many(&[10; 20], 10)]
#[case::of_different_lengths(&[3, 40, 300, 2000, 4096], 20)]
#[case::the_longest(&[65_536, 9], 3)]
#[case::not_once(&[3, 4], 0)]
fn each_process_prints_its_word_so_many_times(#[case] lengths: &[usize], #[case] times: usize) {
    let room = Room::new();
    let words: Vec<String> = lengths.iter().map(|&length| word(&room, length)).collect();

    let print = prodcon(&room, format!("print -p {} -k {times}", words.len())).args(&words).show(24);
    let done = print.run();
    done.code(0).stderr("");
    each_so_often(&done.output().stdout, &words, times);
}

/// A write of more than PIPE_BUF bytes goes into the pipe piece by piece, as room comes, and other writers get in between. Only a
/// lock keeps the pieces together; and it must be one that *processes* do not share. flock(2), fcntl_locking(2), pipe(7).
#[test]
fn long_words_stay_whole_in_a_small_pipe() {
    let room = Room::new();
    let words: Vec<String> = [5000, 9000, 6000, 5500].map(|length| word(&room, length)).into();
    room.fifo("out");
    let reader = room.reader("out");
    reader.resize(PAGE as i32);

    let print = prodcon(&room, "print -p 4 -k 25")
        .args(&words)
        .show(24)
        .stdout_to("out")
        .note("stdout is a pipe of 4096 bytes");
    let print = print.spawn();
    print.asleep();
    let output = reader.rest();
    print.wait().code(0).stderr("");
    each_so_often(&output, &words, 25);
}

/// A process may be stopped between any two of its writes. Then its word is half written, and the others must wait until it goes
/// on, however long that is. Here everybody is stopped, and one at a time may go on for a while. signal(7): SIGSTOP.
#[test]
fn a_stopped_process_keeps_its_word_whole() {
    let room = Room::new();
    let words: Vec<String> = [5000, 5000].map(|length| word(&room, length)).into();
    room.fifo("out");
    let reader = room.reader("out");
    reader.resize(PAGE as i32);

    let print = prodcon(&room, "print -p 2 -k 6").args(&words).show(24).stdout_to("out");
    let print = print.note("stdout is a pipe of 4096 bytes; its two processes are stopped in turn").spawn();
    print.still_waits("until somebody reads");
    let pair = children(&print);
    assert!(
        pair.len() == 2,
        "another number of processes than expected\nexpected: 2\nreceived: {}",
        pair.len()
    );
    pair.iter().for_each(Proc::stop);
    let mut output = Vec::new();
    for turn in [0, 1, 1, 0, 1, 0] {
        output.extend(reader.take(reader.waiting()));
        pair[turn].cont();
        print.asleep();
        pair[turn].stop();
    }
    pair.iter().for_each(Proc::cont);
    output.extend(reader.rest());
    print.wait().code(0).stderr("");
    each_so_often(&output, &words, 6);
}

/// Who is killed while it holds the lock cannot give it back. A lock that the kernel keeps is taken from the dead; a byte in a pipe, or
/// a file that means "taken", is lost with its owner. The others print all their words. Here one is killed at its call 1, 2, 3 and so on.
#[test]
fn a_killed_process_lets_the_others_go_on() {
    sweep(|call| {
        let room = Room::new();
        let words: Vec<String> = (0..3).map(|_| word(&room, 12)).collect();
        let print = prodcon(&room, "print -p 3 -k 3").args(&words).show(24);
        let done = print.trace(Fault::KillAt { call, nth_process: 1 }).run();
        let killed = done.fault_delivered();
        done.code(i32::from(killed));
        let counts = counted(&done.output().stdout, &words);
        let short = counts.values().filter(|&&count| count < 3).count();
        done.check(
            counts.values().all(|&count| count <= 3) && short <= usize::from(killed),
            format!(
                "the words of all but the killed process, 3 times each (received: {:?})",
                counts.values()
            ),
        );
        killed
    });
}

/// SIGTERM to the program means all of its processes, whoever holds the lock and whoever waits for it. kill(2), signal(7).
#[test]
fn sigterm_ends_all_printers() {
    sigterm_ends_all("print -p 3 -k 100000 AAAA BBBB CCCC");
}
