//! The library's parts, asked from inside: nothing here may fork.

use std::sync::atomic::Ordering::Relaxed;

use shm_ring::board::{self, Board, Reading};
use shm_ring::list::{self, Broken, FIRST, NODE};
use shm_ring::litmus::Order::{Acquire, Relaxed as Unordered, Release};
use shm_ring::litmus::Step::{Fence, Load, Store};
use shm_ring::litmus::outcomes;
use shm_ring::mailbox::{self, Mailbox, Put, Take};
use shm_ring::map::{Mapping, Sharing};
use shm_ring::smaps;

fn memory(length: usize) -> Mapping {
    Mapping::anonymous(length, Sharing::Shared).expect("memory can be mapped")
}

#[test]
fn a_word_is_given_only_if_it_is_wholly_inside_and_aligned() {
    let memory = memory(100);
    assert!(memory.find_long(88).is_some() && memory.find_long(96).is_none(), "the last is cut");
    for offset in [1, 4, 100, 104, usize::MAX, usize::MAX - 7] {
        assert!(memory.find_long(offset).is_none(), "offset {offset}");
    }
    assert!(std::panic::catch_unwind(|| memory.word(100).load(Relaxed)).is_err(), "no word behind the end");
}

#[test]
fn a_board_is_found_only_where_one_is_ready() {
    let found = |memory: Mapping| Board::find(memory).map(drop).map_err(|error| error.to_string());
    assert_eq!(found(memory(board::LENGTH)), Err("the board is not ready yet".into()));
    assert_eq!(found(memory(4)), Err("there is no board in this memory".into()));
    let mark = |length| {
        let memory = memory(length);
        memory.long(0).store(u64::from_le_bytes(*b"WEATHER1"), Relaxed);
        memory
    };
    assert_eq!(found(mark(board::LENGTH - 1)), Err("the board is cut: 39 of 40 bytes".into()));
    assert_eq!(found(mark(board::LENGTH)), Ok(()));
    let other = memory(board::LENGTH);
    other.long(0).store(u64::from_le_bytes(*b"WEATHER2"), Relaxed);
    assert_eq!(found(other), Err("there is no board in this memory".into()));
    assert!(Board::make(memory(board::LENGTH - 1)).is_err());
}

#[test]
fn a_reading_is_shown_whole_at_the_ends_of_every_range() {
    let board = Board::make(memory(board::LENGTH)).expect("there is room");
    assert_eq!(board.look(), Some(Reading::default()));
    for reading in [
        Reading { celsius: i64::MIN, humidity: u64::MAX, number: u64::MAX },
        Reading { celsius: -1, humidity: 0, number: 1 },
    ] {
        board.show_in_halves(reading, || assert_eq!(board.look(), None, "the writer is at work"));
        assert_eq!(board.look(), Some(reading));
    }
}

#[test]
fn the_sequence_may_wrap() {
    let memory = memory(board::LENGTH);
    memory.word(8).store(u32::MAX - 1, Relaxed);
    let board = Board::make(memory).expect("there is room");
    for number in 1..=3 {
        board.show(Reading { number, ..Reading::default() });
        assert_eq!(board.look().map(|reading| reading.number), Some(number));
    }
}

#[test]
fn a_list_fills_its_segment_and_no_more() {
    let memory = memory(8 * NODE);
    let expected: Vec<u64> = (1..=7).rev().collect();
    for value in 1..=7 {
        list::push_front(&memory, value).expect("there is room");
    }
    assert_eq!(list::values(&memory), Ok(expected.clone()));
    assert!(list::push_front(&memory, 8).is_err(), "the segment is full");
    assert_eq!(list::values(&memory), Ok(expected), "a refused value changes nothing");
}

#[test]
fn no_link_makes_the_list_read_elsewhere() {
    let memory = memory(256);
    // All other words are 0, so that any place inside looks like a last node.
    let node = list::push_front(&memory, 0).expect("there is room");
    for link in (1..600).chain([u64::MAX, u64::MAX - 7, 1 << 63]) {
        memory.long(node).store(link, Relaxed);
        memory.long(FIRST).store(node as u64, Relaxed);
        let inside = (16..=240).contains(&link) && link.is_multiple_of(8);
        match list::values(&memory) {
            Err(Broken::Link(wrong)) => assert!(!inside && wrong == link, "{link}: {wrong}"),
            Err(Broken::Circle) => assert_eq!(link, node as u64),
            Ok(values) => assert!(inside && values.len() == 2, "{link}: {values:?}"),
        }
    }
}

#[test]
fn a_mailbox_gives_the_rest_before_its_end() {
    let memory = memory(mailbox::LENGTH);
    let mailbox = Mailbox::at(&memory);
    assert_eq!(mailbox.put(u64::MAX).expect("futex works"), Put::Done);
    mailbox.close_writing().expect("futex works");
    assert_eq!(mailbox.take().expect("futex works"), Take::Letter(u64::MAX));
    assert_eq!(mailbox.take().expect("futex works"), Take::End);
    mailbox.close_reading().expect("futex works");
    assert_eq!(mailbox.put(1).expect("futex works"), Put::NoReader);
}

#[test]
fn the_model_permits_what_the_orders_permit() {
    // One process alone always sees what it has stored.
    assert_eq!(outcomes(&[Store(0, Unordered), Load(0, Unordered)], &[]), [vec![1]].into());
    // Two loads of one word do not go back in time.
    let twice = outcomes(&[Store(0, Unordered)], &[Load(0, Unordered), Load(0, Unordered)]);
    assert_eq!(twice, [vec![0, 0], vec![0, 1], vec![1, 1]].into());
    // Load buffering: each loads what the other stores afterwards. Release alone forbids it, and so does acquire.
    let buffering = |load, store| {
        let process = |own, other| [Load(other, load), Store(own, store)];
        outcomes(&process(0, 1), &process(1, 0)).contains(&vec![1, 1])
    };
    assert!(buffering(Unordered, Unordered));
    assert!(!buffering(Acquire, Unordered) && !buffering(Unordered, Release));
    // A fence does for all words what acquire and release do for one.
    let writer = [Store(0, Unordered), Fence, Store(1, Unordered)];
    let reader = [Load(1, Unordered), Fence, Load(0, Unordered)];
    assert!(!outcomes(&writer, &reader).contains(&vec![1, 0]));
}

#[test]
fn smaps_tells_mappings_apart() {
    let (shared, private) =
        (memory(4096), Mapping::anonymous(4096, Sharing::Private).expect("memory can be mapped"));
    assert_eq!(smaps::permissions(shared.address()).expect("it is mapped"), "rw-s");
    assert_eq!(smaps::permissions(private.address()).expect("it is mapped"), "rw-p");
    assert!(!smaps::is_mapped(0).expect("the list can be read"), "nothing is mapped at 0");
    assert!(smaps::permissions(0).is_err() && smaps::kib(0, "Rss").is_err());
    assert!(smaps::kib(shared.address(), "Colour").is_err(), "no such field");
}
