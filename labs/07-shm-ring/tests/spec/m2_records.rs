//! Milestone 2: records go in and come out.
//! Man pages: mmap(2), read(2), write(2), mlock(2), proc_pid_smaps(5).

use rstest::rstest;
use testkit::{Resource, Room};

use super::peer::{Segment, at, total_len};
use super::{lines, records, ring};

/// The check is the producer: it writes slots by the contract's bytes. Records have any length, also 0 and slot_size,
/// and any bytes but newlines.
#[rstest]
#[case::default_size(16, 248)]
#[case::one_byte(8, 1)]
#[case::odd(8, 13)]
#[case::just_one_line(4, 56)]
#[case::just_more(4, 57)]
#[case::large(2, 5000)]
fn pop_prints_what_somebody_else_has_pushed(#[case] slots: u32, #[case] slot_size: u32) {
    let room = Room::new();
    let segment = Segment::make(&room, "seg", slots, slot_size, 0);
    let records = records(&room, slots as usize, slot_size as usize);
    for record in &records {
        segment.push(record);
    }
    segment.close();

    ring(&room, "pop file:seg").run().code(0).stdout(lines(&records)).stderr("");
    segment.expect_counters(slots.into(), slots.into());
}

/// The check is the consumer. Each slot has its length and its sequence number, head counts them, and tail is not the
/// producer's business. The last line may lack its newline.
#[rstest]
#[case::default_size(16, 248)]
#[case::one_byte(8, 1)]
#[case::odd(8, 13)]
#[case::just_more(4, 57)]
#[case::large(2, 5000)]
fn push_writes_slots_that_somebody_else_can_read(#[case] slots: u32, #[case] slot_size: u32) {
    let room = Room::new();
    let segment = Segment::make(&room, "seg", slots, slot_size, 0);
    let mut records = records(&room, slots as usize - 1, slot_size as usize);
    records.push(b"x".to_vec());
    let mut input = lines(&records);
    input.pop();

    ring(&room, "push file:seg --keep").stdin(input).run().code(0).stdout("").stderr("");
    segment.expect_counters(slots.into(), 0);
    segment.expect_records(&records);
}

/// head and tail count for ever, and the place of a record is its number modulo the number of slots: on the second
/// lap, when the low 32 bits are used up, and when all 64 are.
#[rstest]
#[case::from_0(0)]
#[case::over_2_to_the_32(u64::from(u32::MAX) - 3)]
#[case::over_2_to_the_63((1 << 63) - 4)]
#[case::over_2_to_the_64(u64::MAX - 4)]
fn the_counters_may_wrap(#[case] start: u64) {
    let room = Room::new();
    let segment = Segment::make(&room, "seg", 4, 24, 0);
    segment.begin_at(start);
    let mut number = start;
    for _ in 0..3 {
        let pushed = records(&room, 3, 24);
        pushed.iter().for_each(|record| segment.push(record));
        ring(&room, "pop file:seg --count 3").run().code(0).stdout(lines(&pushed));
        number = number.wrapping_add(3);
        segment.expect_counters(number, number);

        let pushed = records(&room, 3, 24);
        ring(&room, "push file:seg --keep").stdin(lines(&pushed)).run().code(0);
        segment.expect_counters(number.wrapping_add(3), number);
        segment.expect_records(&pushed);
        number = number.wrapping_add(3);
    }
}

/// `--try` is for whoever has something better to do than to wait: status 3, and what could be done is done. All
/// slots can be used. `--count` takes no more than was asked for.
#[rstest]
#[case::from_0(0)]
#[case::over_the_end(u64::MAX - 1)]
fn a_try_does_not_wait(#[case] start: u64) {
    let room = Room::new();
    let segment = Segment::make(&room, "seg", 4, 24, 0);
    segment.begin_at(start);
    let pushed = records(&room, 6, 24);

    let done = ring(&room, "push file:seg --try").stdin(lines(&pushed)).run();
    done.code(3).stdout("").stderr("ring: file:seg: full\n");
    segment.expect_counters(start.wrapping_add(4), start);
    segment.expect(at::STATE, "the state after a push that did not come to its end", 1);
    ring(&room, "pop file:seg --count 1").run().code(0).stdout(lines(&pushed[..1]));
    ring(&room, "pop file:seg --try --count 1").run().code(0).stdout(lines(&pushed[1..2]));
    segment.expect_counters(start.wrapping_add(4), start.wrapping_add(2));
    let done = ring(&room, "pop file:seg --try").run();
    done.code(3).stdout(lines(&pushed[2..4])).stderr("ring: file:seg: empty\n");
    ring(&room, "push file:seg --try --keep").stdin("again\n").run().code(0);
    segment.expect_records(&["again"]);
}

/// A slot has a size. What does not fit is told with its line number, and what came before it stays. A line that has
/// no end is found out before memory is used up.
#[test]
fn a_line_that_is_too_long_is_refused() {
    let room = Room::new();
    let good = records(&room, 3, 24);
    let number = good.len() + 1;
    let message = format!("ring: line {number}: too long\n");

    let segment = Segment::make(&room, "one", 8, 24, 0);
    let input = [lines(&good), vec![b'x'; 25], b"\nmore\n".to_vec()].concat();
    ring(&room, "push file:one").stdin(input).run().code(1).stderr(message.clone());
    segment.expect_records(&good);
    segment.expect(at::STATE, "the state after a push that has failed", 1);

    let segment = Segment::make(&room, "two", 8, 24, 0);
    let input = [lines(&good), vec![b'x'; 64 << 20]].concat();
    room.write("long", input);
    let done = ring(&room, "push file:two").stdin_from("long").limit(Resource::RLIMIT_DATA, 24 << 20).run();
    done.code(1).stderr(message);
    segment.expect_records(&good);
}

/// A closed ring is a pipe whose writer has gone: what is in it comes out, then the end. Whoever pushes all the same
/// is told. `--keep` leaves the ring open for others, and `close` closes it.
#[test]
fn the_end_comes_after_the_last_record() {
    let room = Room::new();
    let segment = Segment::make(&room, "seg", 8, 24, 0);
    let pushed = records(&room, 3, 24);

    ring(&room, "push file:seg --keep").stdin(lines(&pushed)).run().code(0);
    segment.expect(at::STATE, "the state after `push --keep`", 1);
    let words = (segment.load(at::DATA), segment.load(at::SPACE));
    ring(&room, "push file:seg").stdin("last\n").run().code(0);
    segment.expect(at::STATE, "the state after `push`", 2);
    let after = (segment.load(at::DATA), segment.load(at::SPACE));
    assert!(
        words.0 != after.0 && words.1 != after.1,
        "closing has not changed both words: whoever is falling asleep would miss it\nexpected: other values than data {}, space {}\nreceived: data {}, space {}",
        words.0,
        words.1,
        after.0,
        after.1
    );
    let done = ring(&room, "push file:seg").stdin("late\n").run();
    done.code(5).stderr("ring: file:seg: closed\n");
    ring(&room, "pop file:seg --count 2").run().code(0).stdout(lines(&pushed[..2]));
    let rest = [&pushed[2..], &[b"last".to_vec()]].concat();
    ring(&room, "pop file:seg").run().code(0).stdout(lines(&rest));
    ring(&room, "pop file:seg --try").run().code(0).stdout("").stderr("");

    let other = Segment::make(&room, "other", 8, 24, 0);
    ring(&room, "close file:other").run().code(0).stdout("").stderr("");
    other.expect(at::STATE, "the state after `close`", 2);
}

/// Memory that may be paged out is late when it matters. With `--lock` each user of the ring keeps all of it in
/// memory, and without it nobody does. mlock(2), proc_pid_smaps(5).
#[rstest]
#[case::with_lock("--lock", true)]
#[case::without("", false)]
fn a_locked_ring_stays_in_memory(#[case] option: &str, #[case] is_locked: bool) {
    let room = Room::new();
    ring(&room, format!("create file:seg --slots 64 {option}").trim_end()).run().code(0);
    let running = ring(&room, "push file:seg").stdin_open().spawn();
    running.send("one\n");
    running.still_waits("for its input");
    let locked = locked_bytes(running.pid(), &room.path("seg").to_string_lossy());
    let wanted = if is_locked { total_len(64, 248) as u64 } else { 0 };
    assert!(
        locked.next_multiple_of(4096) == wanted.next_multiple_of(4096),
        "the memory that `push` keeps locked is not as expected (VmFlags `lo` in /proc/PID/smaps)\nexpected: {wanted} bytes of the segment\nreceived: {locked} bytes"
    );
    running.close_stdin();
    running.wait().code(0);
}

/// The bytes of the mappings of `file` that have the flag `lo`.
fn locked_bytes(pid: i32, file: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps")).unwrap_or_default();
    let (mut sum, mut size, mut is_ours) = (0, 0, false);
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("Size:") {
            size = rest.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1024;
        } else if let Some(flags) = line.strip_prefix("VmFlags:") {
            sum += if is_ours && flags.split(' ').any(|flag| flag == "lo") { size } else { 0 };
        } else if line.contains('-') && !line.contains("kB") {
            is_ours = line.ends_with(file);
        }
    }
    sum
}
