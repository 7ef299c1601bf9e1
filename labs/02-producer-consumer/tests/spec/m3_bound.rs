//! Milestone 3: a buffer with a bound: what is full stops who puts, what is empty stops who takes.
//! Man pages: pipe(7), write(2), signal(7), sigprocmask(2).

use rstest::rstest;
use testkit::{Room, Signal, same_bytes};

use super::lines::{all_once, in_order, taken, total};
use super::record::{Record, made, stream};
use super::{Blocked, PAGE, ended_by_sigterm, prodcon, stderr_lines};

/// One producer, one consumer, and the pipe between them: the smallest `run`. Its lines come in the order of the records,
/// and the consumer ends at end of file.
#[test]
fn one_producer_and_one_consumer_pass_every_record() {
    let room = Room::new();
    let (count, size) = (room.number(20..60) as u32, room.number(4..4089) as usize);

    for (count, size) in [(0, 4), (1, 4), (count, size), (40, 4088)] {
        let done = prodcon(&room, format!("run -p 1 -c 1 -n {count} --size {size}")).run();
        done.code(0).stderr("");
        let output = done.stdout_text();
        let (lines, number) = total(&output);
        let taken = taken(lines, size);
        all_once(&taken, 1, count);
        in_order(&taken);
        done.check(number == u64::from(count), format!("`total {count} records`"));
    }
}

/// A full pipe makes write wait: that is all the flow control there is, and it is enough. A producer that drops, gives up or
/// asks again and again has not understood it. When somebody reads, it goes on where it was. pipe(7), "Pipe capacity".
#[rstest]
#[case::records_of_a_page(4088, 30)]
#[case::short_records(100, 400)]
#[case::records_larger_than_the_pipe(20_000, 6)]
fn a_full_pipe_stops_the_producer(#[case] size: usize, #[case] count: u32) {
    let room = Room::new();
    room.fifo("out");
    let reader = room.reader("out");
    reader.resize(PAGE as i32);
    let produce = prodcon(&room, format!("produce --id 9 --count {count} --size {size} --to -"));
    let produce = produce.stdout_to("out").note("nobody reads its output").spawn();
    produce.still_waits("until somebody reads");
    assert!(
        reader.waiting() > 0,
        "nothing was written\nexpected: as much as the pipe holds\nreceived: nothing"
    );
    let bytes = reader.rest();
    produce.wait().code(0).stderr("");
    same_bytes("the stream", &stream(&made(9, count, size)), &bytes);
}

/// What is under way between a put and its line is bounded, whoever is slow. Here nobody reads the lines, so the consumer stands
/// still, and the producer must have put exactly K records: one more is no bound, one less is a place that is wasted.
/// When lines go out, as many places are free again. README, `--capacity`.
#[rstest]
#[case::one_place(1, 64)]
#[case::three_places(3, 64)]
#[case::five_places_of_a_page(5, 4088)]
#[case::as_many_as_pages_in_a_pipe(16, 4088)]
fn capacity_bounds_what_is_put_and_not_yet_printed(#[case] places: usize, #[case] size: usize) {
    let room = Room::new();
    let output = Blocked::make(&room, "out");

    let run = prodcon(&room, format!("run -p 1 -c 1 -n 600 --size {size} --capacity {places} --log"));
    let run = run.stdout_to("out").note("nobody reads its output").spawn();
    is_put(&stderr_lines(&run), 0, places);

    // Now a page of lines can go out, and then the consumer stands still again.
    output.open();
    let puts = stderr_lines(&run);
    is_put(&puts, lines_in(output.reader.waiting(), size), places);

    let all = output.rest();
    run.wait().code(0);
    let (lines, number) = total(&all);
    all_once(&taken(lines, size), 1, 600);
    assert_eq!(number, 600, "the total");
}

/// How many lines of `run -p 1 -c 1` have together so many bytes.
#[track_caller]
fn lines_in(bytes: usize, size: usize) -> usize {
    let mut left = bytes;
    for (count, record) in made(0, 600, size).iter().enumerate() {
        if left == 0 {
            return count;
        }
        let line = record.line().len() + " by 0".len();
        assert!(
            line <= left,
            "a line is written in pieces\nexpected: whole lines\nreceived: {left} bytes of line {count}"
        );
        left -= line;
    }
    600
}

/// Demands that the records put are those printed, and as many more as there are places.
#[track_caller]
fn is_put(puts: &[String], printed: usize, places: usize) {
    let wanted = printed + places;
    let expected: Vec<String> = (0..wanted).map(|seq| format!("put 0 {seq}")).collect();
    assert!(
        puts == expected,
        "another number of records is under way than --capacity says\nexpected: {wanted} records put: {printed} are printed, and there are {places} places\nreceived: {} put, the last line on standard error is {:?}",
        puts.len(),
        puts.last().map_or("", String::as_str)
    );
}

/// Who waits costs nothing: no processor time, no wake-ups. A loop that asks "is there something now?" is a heater, even if
/// it sleeps between two questions. Counted are ticks and context switches of all processes. pipe(7), proc(5).
#[rstest]
#[case::a_consumer_of_nothing("consume --from -", "")]
#[case::a_consumer_of_half_a_record("consume --from -", "HALF")]
#[case::a_producer_without_room("produce --id 1 --count 3000 --size 4 --to -", "")]
#[case::a_full_buffer("run -p 1 -c 1 -n 5000 --capacity 2", "")]
fn who_waits_sleeps(#[case] args: &str, #[case] input: &str) {
    let room = Room::new();
    room.fifo("out");
    let reader = room.reader("out");
    reader.resize(PAGE as i32);

    let running = prodcon(&room, args).stdin_open().stdout_to("out").note("nobody reads its output").spawn();
    if !input.is_empty() {
        running.send(&made(1, 1, 100)[0].bytes()[..50]);
    }
    running.still_waits("for the other side");
    running.assert_all_idle();
    if !input.is_empty() {
        running.send(&made(1, 1, 100)[0].bytes()[50..]);
    }
    running.close_stdin();
    let output = reader.rest();
    running.wait().code(0);
    assert!(!output.is_empty() || args.starts_with("consume") && input.is_empty(), "the output is empty");
}

/// SIGTERM asks a program to end, and not to leave a ruin. A producer that waits for room and has begun no record ends at
/// once; one that is in the midst of a record writes the rest of it first. The default action does the first, and tears
/// the record in the second case. signal(7), sigprocmask(2); README, "SIGTERM".
#[test]
fn sigterm_tears_no_record() {
    let room = Room::new();

    // Records of a page: the pipe is full, and no record has been begun.
    room.fifo("pages");
    let pages = room.reader("pages");
    let produce = prodcon(&room, "produce --id 5 --count 300 --size 4088 --to -").stdout_to("pages");
    let produce = produce.note("nobody reads its output, and SIGTERM comes").spawn();
    produce.still_waits("until somebody reads");
    produce.kill(Signal::SIGTERM);
    ended_by_sigterm(&produce.wait());
    is_whole(&pages.rest(), 300, 4088);

    // Records longer than the pipe: one has been begun, and nobody can see where it would end.
    room.fifo("long");
    let long = room.reader("long");
    long.resize(PAGE as i32);
    let size = 65_000 + room.number(0..500) as usize;
    let produce =
        prodcon(&room, format!("produce --id 5 --count 300 --size {size} --to -")).stdout_to("long");
    let produce = produce.note("SIGTERM comes in the midst of a record, and then somebody reads").spawn();
    produce.still_waits("until somebody reads");
    produce.kill(Signal::SIGTERM);
    produce.still_waits("until it can write the rest of the record that it has begun");
    let bytes = long.rest();
    ended_by_sigterm(&produce.wait());
    is_whole(&bytes, 300, size);

    // Where it never has to wait, it hears the signal all the same.
    let produce =
        prodcon(&room, "produce --id 5 --count 4294967295 --size 9000 --to -").stdout_to("/dev/null").spawn();
    room.until("prodcon to write", || produce.io().wchar > 1 << 20);
    produce.kill(Signal::SIGTERM);
    ended_by_sigterm(&produce.wait());
}

/// Demands that these are some whole records of the producer 5, but not all `count`.
#[track_caller]
fn is_whole(bytes: &[u8], count: u32, size: usize) {
    let whole = bytes.len() / (8 + size);
    assert!(
        bytes.len().is_multiple_of(8 + size) && whole >= 1 && whole < count as usize,
        "SIGTERM has torn a record\nexpected: some whole records of {} bytes, less than {count}\nreceived: {whole} records and {} bytes",
        8 + size,
        bytes.len() % (8 + size)
    );
    same_bytes("the stream before SIGTERM", &stream(&made(5, whole as u32, size)), bytes);
}

/// A stream has no end until it ends. Who keeps what has passed will run out of memory at some time; a producer and a consumer
/// need one record at a time. Measured is the largest memory they ever had (VmHWM, proc(5)).
#[test]
fn memory_does_not_grow_with_the_number_of_records() {
    let room = Room::new();
    let size = 4000;
    let records = |from: u32, to: u32| -> Vec<u8> {
        (from..to).flat_map(|seq| Record::made(2, seq, size, 0).bytes()).collect()
    };

    let consume = prodcon(&room, "consume --from -").stdin_open().spawn();
    let peak_after = |from: u32, to: u32| {
        consume.send(records(from, to));
        consume.wait_line(Record::made(2, to - 1, size, 0).line().trim_end());
        consume.peak_memory()
    };
    grows_little("consume", peak_after(0, 100), peak_after(100, 4000));
    consume.close_stdin();
    consume.wait().code(0);

    room.fifo("out");
    let out = room.reader("out");
    let produce =
        prodcon(&room, format!("produce --id 2 --count 5000 --size {size} --to -")).stdout_to("out").spawn();
    let peak_after = |records: usize| {
        assert_eq!(out.take(records * (8 + size)).len(), records * (8 + size));
        produce.asleep();
        produce.peak_memory()
    };
    grows_little("produce", peak_after(100), peak_after(3900));
    drop(out.rest());
    produce.wait().code(0);
}

/// 4000 records are 16 MB; a few pages may come and go.
#[track_caller]
fn grows_little(who: &str, before: u64, after: u64) {
    assert!(
        after <= before + (4 << 20),
        "the memory of {who} grows with the number of records\nexpected: after 4000 records at most 4 MiB more than after 100\nreceived: {} KiB, then {} KiB",
        before / 1024,
        after / 1024
    );
}
