//! Milestone 6: the segment is in somebody else's hands, too.
//! Man pages: mmap(2), sigaction(2), ftruncate(2), signal-safety(7).

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use rstest::rstest;
use testkit::{Fault, Instant, Moment, Room, Then, same_bytes, sweep};

use super::m5_pointers::{list_bytes, put};
use super::peer::{Segment, at, ring_bytes, total_len};
use super::{lines, records, refused, ring};

/// Runs the commands that must refuse `file:seg`, whose header and slots stay as they are.
#[track_caller]
fn all_refuse(room: &Room, bytes: &[u8], commands: &[&str]) {
    for command in commands {
        room.write("seg", bytes);
        let args = command.replace("RING", "file:seg");
        let done = ring(room, args).stdin("line\n").run();
        refused(&done, 4, "file:seg");
        done.stdout("");
        let left = room.read("seg");
        let (header, slots) = (bytes.len().min(at::PRODUCER), bytes.len().min(at::SLOT));
        same_bytes(
            "the header of a segment that was refused",
            &bytes[..header],
            &left[..left.len().min(header)],
        );
        same_bytes(
            "the slots of a segment that was refused",
            &bytes[slots..],
            &left[left.len().min(slots)..],
        );
    }
}

const ALL: [&str; 3] = ["info RING", "pop RING --try", "push RING --try"];

/// Each field of the header, set to each value at the edge of what it may be. Nothing is read, printed or written
/// then. The ring has 8 slots of 120 bytes.
#[rstest]
#[case::magic(0, 4, &[0, u32::from_le_bytes(*b"IPCL") as u64, u32::from_le_bytes(*b"ipcr") as u64])]
#[case::end_of_magic(4, 4, &[0, 0x2047_4e49, 0x0047_4e69])]
#[case::version(at::VERSION, 4, &[0, 2, 0x100, u32::MAX as u64])]
#[case::flags(at::FLAGS, 4, &[4, 5, 0x8000_0000, u32::MAX as u64])]
#[case::slot_size(at::SLOT_SIZE, 4, &[0, 1, 56, 121, u32::MAX as u64 - 7, u32::MAX as u64])]
#[case::slots(at::SLOTS, 4, &[0, 1, 4, 7, 9, 16, 0x8000_0000, u32::MAX as u64])]
#[case::total_len(at::TOTAL_LEN, 8, &[0, 1, 4096, 5119, 5121, 5184, 1 << 32, u64::MAX])]
#[case::head(at::HEAD, 8, &[9, 1 << 32, 1 << 63, u64::MAX])]
#[case::tail(at::TAIL, 8, &[1, 1 << 32, 1 << 63, u64::MAX - 8])]
fn a_header_that_cannot_be_is_refused(#[case] offset: usize, #[case] len: usize, #[case] values: &[u64]) {
    let room = Room::new();
    for value in values {
        let mut bytes = ring_bytes(8, 120, 0);
        bytes[offset..offset + len].copy_from_slice(&value.to_le_bytes()[..len]);
        all_refuse(&room, &bytes, &ALL);
    }
}

/// A file that is shorter than it says, by anything from one byte to all; one whose numbers fit to each other, and to
/// no ring; what is no file; a ring that is not ready, or in no state at all.
#[test]
fn what_is_no_whole_ring_is_refused() {
    let room = Room::new();
    let whole = ring_bytes(8, 120, 0);
    for len in [0, 1, 12, 31, 32, 4095, 4096, 4097, total_len(8, 120) - 1] {
        all_refuse(&room, &whole[..len], &ALL);
    }
    for (slots, slot_size) in [(0x8000_0000, 120), (0x8000_0000, u32::MAX), (7, 120), (0, 120), (8, 0)] {
        let mut bytes = whole.clone();
        bytes[at::SLOTS..at::SLOTS + 4].copy_from_slice(&u32::to_le_bytes(slots));
        bytes[at::SLOT_SIZE..at::SLOT_SIZE + 4].copy_from_slice(&u32::to_le_bytes(slot_size));
        put(&mut bytes, at::TOTAL_LEN, total_len(slots, slot_size) as u64);
        all_refuse(&room, &bytes, &ALL);
    }
    for (state, commands) in [
        (0u32, &["pop RING --try", "push RING --try", "close RING"][..]),
        (3, &["info RING", "pop RING --try", "push RING --try", "close RING"]),
        (u32::MAX, &["info RING", "pop RING --try", "push RING --try", "close RING"]),
    ] {
        let mut bytes = whole.clone();
        bytes[at::STATE..at::STATE + 4].copy_from_slice(&state.to_le_bytes());
        all_refuse(&room, &bytes, commands);
    }
    mkfifo(&room.path("fifo"), Mode::S_IRUSR | Mode::S_IWUSR).expect("a FIFO in the room");
    refused(&ring(&room, "pop file:fifo").run(), 4, "file:fifo");
    // It may be longer: what is behind is nobody's business.
    let segment = Segment::make(&room, "long", 8, 120, 0);
    segment.set_len(1 << 20);
    segment.push(b"fine");
    segment.close();
    ring(&room, "pop file:long").run().code(0).stdout("fine\n");
}

/// What is wrong with a record: its slot, its place, and the counter that leads to it.
#[derive(Debug, Clone, Copy)]
enum Wrong {
    Len(u32),
    Seq(u32),
    Head(u64),
}

impl Wrong {
    /// As a note to the command that meets it. The ring has 8 slots of 24 bytes, and 3 records have been pushed.
    fn told(self, is_late: bool) -> String {
        let when = if is_late { "while it waits" } else { "before it starts" };
        match self {
            Self::Len(len) => format!("{when}, a fourth record comes with len {len}; slot_size is 24"),
            Self::Seq(seq) => format!("{when}, a fourth record comes with seq {seq} instead of 4"),
            Self::Head(head) => format!("{when}, head becomes {head}; it was 3, and there are 8 slots"),
        }
    }
}

/// A len that is more than a slot would read another slot, or behind the segment. A wrong seq is a slot that nobody
/// has written for this record. Counters that are too far apart are no counters. The records before are good, and are
/// printed.
#[rstest]
#[case::a_len_of_one_too_many(Wrong::Len(25))]
#[case::a_len_as_long_as_the_slot_and_its_head(Wrong::Len(56))]
#[case::a_len_that_is_negative(Wrong::Len(0x8000_0000))]
#[case::the_largest_len(Wrong::Len(u32::MAX))]
#[case::a_seq_of_0(Wrong::Seq(0))]
#[case::the_seq_of_the_record_before(Wrong::Seq(3))]
#[case::the_seq_of_the_record_behind(Wrong::Seq(5))]
#[case::a_seq_of_another_lap(Wrong::Seq(12))]
#[case::a_head_that_is_too_far_on(Wrong::Head(12))]
#[case::a_head_that_goes_back(Wrong::Head(2))]
fn a_record_that_cannot_be_is_refused(#[case] wrong: Wrong) {
    for is_late in [false, true] {
        if matches!(wrong, Wrong::Head(2)) && !is_late {
            // At the start this is a ring with two records. Later, head has gone back.
            continue;
        }
        let room = Room::new();
        let segment = Segment::make(&room, "seg", 8, 24, 0);
        let good = records(&room, 3, 24);
        good.iter().for_each(|record| segment.push(record));
        let note = wrong.told(is_late);
        let spoil = || {
            let (len, seq, head) = match wrong {
                Wrong::Len(len) => (len, 4, 4),
                Wrong::Seq(seq) => (5, seq, 4),
                Wrong::Head(head) => (5, 4, head),
            };
            segment.write(3, len, seq, b"wrong");
            segment.store_wide(at::HEAD, head);
            segment.bump(at::DATA);
            segment.wake(at::DATA);
        };
        let pop = if is_late {
            let pop = ring(&room, "pop file:seg").note(note).spawn();
            pop.wait_stdout(lines(&good));
            pop.still_waits("for the fourth record");
            spoil();
            pop.wait()
        } else {
            spoil();
            ring(&room, "pop file:seg").note(note).run()
        };
        refused(&pop, 4, "file:seg");
        // Where the counters cannot be, nobody knows which records were good.
        let printed = if !is_late && matches!(wrong, Wrong::Head(_)) { Vec::new() } else { lines(&good) };
        pop.stdout(printed);
    }
}

/// A len is checked, and used. Between the two somebody writes another one: the check does so just after each
/// instruction of `pop` that reads it. What was checked must be what is used: read it once, into memory of your own.
#[rstest]
#[case::just_too_long(25)]
#[case::into_the_next_slots(200)]
#[case::far_out(0x7fff_fff0)]
#[case::farther(u32::MAX)]
fn a_length_that_changes_after_the_look_harms_nobody(#[case] len: u32) {
    sweep(|nth| {
        let room = Room::new();
        let segment = Segment::make(&room, "seg", 8, 24, 0);
        let word = room.word();
        segment.push(word.as_bytes());
        segment.close();
        let offset = segment.slot(0) as u64;
        let instant = Instant {
            file: segment.path(),
            at: Moment::Access { offset, nth },
            then: Then::Store { offset, bytes: len.to_le_bytes().to_vec() },
        };
        let done = ring(&room, "pop file:seg").trace(Fault::At(instant)).run();
        if done.output().status.code() == Some(4) {
            refused(&done, 4, "file:seg");
            done.stdout("");
        } else {
            done.code(0).stdout(format!("{word}\n"));
        }
        done.fault_delivered()
    });
}

/// The header was checked at the start. Later it says that there are 2^32 slots, of no bytes, with unknown flags:
/// nobody looks.
#[rstest]
#[case::all_ones(0xff)]
#[case::all_zeros(0)]
fn a_header_that_changes_after_the_look_harms_nobody(#[case] byte: u8) {
    let spoil = |segment: &Segment| {
        let word = u32::from_le_bytes([byte; 4]);
        (0..32).step_by(4).for_each(|at| segment.store(at, word));
    };
    let room = Room::new();
    let pushed = records(&room, 6, 24);

    let segment = Segment::make(&room, "in", 4, 24, 0);
    let pop = ring(&room, "pop file:in").spawn();
    pop.still_waits("for a record");
    spoil(&segment);
    for record in &pushed {
        segment.push(record);
        pop.eventually(
            || segment.load_wide(at::HEAD) == segment.load_wide(at::TAIL) || pop.has_ended(),
            "the record to be taken",
        );
    }
    segment.close();
    pop.wait().code(0).stdout(lines(&pushed));

    let segment = Segment::make(&room, "out", 4, 24, 0);
    let push = ring(&room, "push file:out --keep").stdin_open().spawn();
    push.send(lines(&pushed[..1]));
    push.still_waits("for its input");
    spoil(&segment);
    push.send(lines(&pushed[1..4]));
    push.close_stdin();
    push.wait().code(0);
    segment.expect_records(&pushed[..4]);
    does_not_run_in_circles(byte == 0);
}

/// A side knows its own counter. Somebody else writes there while it sleeps: that is no news, or a reason to give up;
/// but no reason to look again, and again, and again.
#[track_caller]
fn does_not_run_in_circles(is_consumer: bool) {
    let room = Room::new();
    let segment = Segment::make(&room, "own", 2, 24, 0);
    let (args, own, word) = if is_consumer {
        ("pop file:own", at::TAIL, at::DATA)
    } else {
        segment.push(b"a");
        segment.push(b"b");
        ("push file:own", at::HEAD, at::SPACE)
    };
    let running =
        ring(&room, args).stdin("c\n").note(format!("offset {own} is changed while it sleeps")).spawn();
    running.still_waits("for the other side");
    let before = segment.load_wide(own);
    segment.store_wide(own, before.wrapping_add(1));
    segment.bump(word);
    segment.wake(word);
    running.asleep();
    if running.has_ended() {
        refused(&running.wait(), 4, "file:own");
        return;
    }
    running.assert_idle();
    segment.store_wide(own, before);
    segment.close();
    running.wait().code(if is_consumer { 0 } else { 5 });
}

/// Somebody cuts the file while it is mapped. What is gone cannot be read any more: the kernel sends SIGBUS, whose
/// default is death. mmap(2), sigaction(2).
#[rstest]
#[case::pop_without_slots(true, 4096)]
#[case::push_without_slots(false, 4096)]
#[case::push_without_anything(false, 0)]
fn a_segment_that_is_cut_ends_its_user_in_order(#[case] is_consumer: bool, #[case] len: u64) {
    let room = Room::new();
    let segment = Segment::make(&room, "seg", 64, 248, 0);
    let done = if is_consumer {
        let pop = ring(&room, "pop file:seg").note("its file is cut while it sleeps").spawn();
        pop.still_waits("for a record");
        segment.set_len(len);
        segment.store_wide(at::HEAD, 1);
        segment.bump(at::DATA);
        segment.wake(at::DATA);
        pop.wait()
    } else {
        let push = ring(&room, "push file:seg").stdin_open().note("its file is cut while it waits").spawn();
        push.send("one\n");
        push.still_waits("for its input");
        segment.set_len(len);
        // So many that the second page of slots is written, too.
        push.send("two\n".repeat(20));
        push.close_stdin();
        push.wait()
    };
    refused(&done, 4, "file:seg");
    done.stdout("");
}

/// A list is made of offsets that somebody else has written. Each may lead anywhere, and back. Nothing is printed then.
#[test]
fn a_list_that_cannot_be_is_refused() {
    let room = Room::new();
    let texts = records(&room, 5, 40);
    let (good, places) = list_bytes(&room, &texts);
    let (total, last) = (good.len() as u64, places[4] as usize);
    let wide = |at: usize, value: u64| {
        let mut bytes = good.clone();
        put(&mut bytes, at, value);
        bytes
    };
    let mut bad = vec![
        wide(0, 0),
        wide(8, 2),
        wide(8, 0),
        good[..63].to_vec(),
        good[..good.len() - 8].to_vec(),
        Vec::new(),
    ];
    bad.extend([0, total - 1, total + 1, u64::MAX].map(|value| wide(16, value)));
    // Links: into the header, to no multiple of 8, to the very end, just before it, far out, and to where the sum
    // wraps.
    let links = [
        8,
        56,
        places[1] + 4,
        total,
        total.next_multiple_of(8) - 8,
        1 << 40,
        1 << 63,
        u64::MAX - 7,
        u64::MAX - 15,
    ];
    bad.extend(links.iter().map(|&link| wide(24, link)));
    bad.extend(links.iter().map(|&link| wide(last, link)));
    // Circles: to itself, to the first.
    bad.extend([wide(last, places[4]), wide(last, places[0]), wide(places[0] as usize, places[0])]);
    bad.extend([0, 4, 6, u64::MAX].map(|count| wide(32, count)));
    for len in [u32::MAX, 0x8000_0000, (total - places[2]) as u32 - 15] {
        let mut bytes = good.clone();
        bytes[places[2] as usize + 8..places[2] as usize + 12].copy_from_slice(&len.to_le_bytes());
        bad.push(bytes);
    }
    // What looks like a node, and is none: in the header, and at no multiple of 8.
    let mut header = wide(24, 40);
    put(&mut header, 32, 1);
    let mut odd = good[..64].to_vec();
    odd.extend([0; 20]);
    for (at, value) in [(16, 84), (24, 68), (32, 1)] {
        put(&mut odd, at, value);
    }
    bad.extend([header, odd]);
    for bytes in bad {
        room.write("list", &bytes);
        let done = ring(&room, "list read file:list").run();
        refused(&done, 4, "file:list");
        done.stdout("");
    }
}
