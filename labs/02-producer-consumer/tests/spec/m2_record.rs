//! Milestone 2: records on a byte stream.
//! Man pages: read(2), write(2), pipe(7).

use rstest::rstest;
use testkit::{Fault, Resource, Room, one_line, same_bytes};

use super::prodcon;
use super::record::{Record, header, lines, made, stream};

/// A stream has no structure of its own: the format is all that producer and consumer have in common, down to the order
/// of the bytes in a number. README, "Records".
#[rstest]
#[case::the_shortest(4)]
#[case::a_short_one(9)]
#[case::one_of_a_page(4088)]
#[case::the_longest(65_536)]
fn produce_writes_the_bytes_of_the_contract(#[case] size: usize) {
    let room = Room::new();
    let (id, count, type_) =
        (room.number(0..65_536) as u16, room.number(2..9) as u32, room.number(1..256) as u8);
    let records = made(id, count, size);

    let produce = format!("produce --id {id} --count {count} --size {size} --to -");
    let done = prodcon(&room, &produce).run();
    done.code(0).stderr("");
    same_bytes("the stream", &stream(&records), &done.output().stdout);

    let mut typed: Vec<Record> = records.into_iter().map(|record| record.with_type(type_)).collect();
    typed.push(Record::end(id).with_type(type_));
    let done = prodcon(&room, format!("{produce} --type {type_} --end")).run();
    done.code(0).stderr("");
    same_bytes("the stream of --type and --end", &stream(&typed), &done.output().stdout);
}

/// Each data record is one line, whatever its payload; the checksum is of the payload alone. A record of kind 1 in a stream
/// is skipped: it tells of one producer, and others may still write. Only end of file ends a stream.
#[test]
fn consume_prints_a_line_for_each_record() {
    let room = Room::new();
    let long = room.number(4000..60_000) as usize;
    let mut records: Vec<Record> = [4, 5, 4088, 65_536, long].map(|len| Record::random(&room, len)).into();
    records.insert(1, Record::end(room.number(0..65_536) as u16));
    records.insert(4, Record::end(7).with_type(3));

    prodcon(&room, "consume --from -")
        .stdin(stream(&records))
        .run()
        .code(0)
        .stdout(lines(&records))
        .stderr("");
    prodcon(&room, "consume --from -").run().code(0).stdout("").stderr("");
    prodcon(&room, "consume --from - --max 3")
        .stdin(stream(&records))
        .run()
        .code(0)
        .stdout(lines(&records[..4]));

    // Who prints for nobody ends, with a status other than 0, and does not panic.
    room.fifo("out");
    let reader = room.reader("out");
    let consume =
        prodcon(&room, "consume --from -").stdin_open().stdout_to("out").note("its reader goes away").spawn();
    consume.send(records[0].bytes());
    assert_eq!(reader.line() + "\n", records[0].line(), "the first line");
    drop(reader);
    consume.send(records[2].bytes()).close_stdin();
    consume.wait().failure();
}

/// A read of eight bytes may give three, a write of a hundred may take one: neither is an error, neither is the end.
/// Here every transfer moves one byte. read(2), write(2): RETURN VALUE.
#[test]
fn records_survive_one_byte_at_a_time() {
    let room = Room::new();
    let size = room.number(100..300) as usize;
    let records = made(3, 4, size);

    let produce = prodcon(&room, format!("produce --id 3 --count 4 --size {size} --to -"));
    let done = produce.trace(Fault::ShortTransfers).run();
    done.code(0).stderr("");
    same_bytes("the stream", &stream(&records), &done.output().stdout);

    let consume = prodcon(&room, "consume --from -").stdin(stream(&records));
    consume.trace(Fault::ShortTransfers).run().code(0).stdout(lines(&records)).stderr("");
}

/// End of file between two records is the end; inside one it is an accident, and somebody must be told. Which of the
/// two it is, only the reader knows. Here the stream is cut at every byte.
#[test]
fn a_torn_record_is_not_the_end() {
    let room = Room::new();
    let records = [Record::random(&room, 4), Record::random(&room, 7)];
    let (bytes, first) = (stream(&records), records[0].bytes().len());

    for cut in 0..=bytes.len() {
        let consume = prodcon(&room, "consume --from -").stdin(&bytes[..cut]);
        let done = consume.note(format!("the stream of two records is cut after {cut} bytes")).run();
        let whole = usize::from(cut >= first) + usize::from(cut == bytes.len());
        done.stdout(lines(&records[..whole]));
        if [0, first, bytes.len()].contains(&cut) {
            done.code(0).stderr("");
        } else {
            done.code(4).stderr(format!("prodcon: truncated record after {whole} records\n"));
        }
    }
}

/// Four bytes of noise are a len of up to 4 GiB. Whoever takes memory for it, or waits for so many bytes, has let a stranger
/// decide. Look first; refuse as soon as the header is there. The lines before it stay. Here the stream stays open, and memory is short.
#[rstest]
#[case::a_len_over_the_limit(header(65_537, 0))]
#[case::the_largest_len(header(u32::MAX, 0))]
#[case::data_without_a_number(header(3, 0))]
#[case::data_without_anything(header(0, 0))]
#[case::an_end_with_a_payload(header(4, 1))]
#[case::an_unknown_kind(header(4, 2))]
fn a_malformed_record_is_refused_before_memory_is_taken(#[case] start: Vec<u8>) {
    let room = Room::new();
    let good = Record::random(&room, 20);

    let consume =
        prodcon(&room, "consume --from -").stdin_open().limit(Resource::RLIMIT_AS, 256 << 20).spawn();
    consume.send([good.bytes(), start].concat());
    let done = consume.wait();
    done.code(4).stdout(good.line()).stderr("prodcon: malformed record after 1 records\n");
}

/// A line that lies in a buffer while the program waits for the next record is a line that nobody has. Half a record does not
/// delay the line of the one before.
#[test]
fn a_line_is_out_before_the_next_record_is_waited_for() {
    let room = Room::new();
    let records = [Record::random(&room, 30), Record::random(&room, 40)];
    let second = records[1].bytes();
    let cut = room.number(1..second.len() as u64) as usize;

    let consume = prodcon(&room, "consume --from -").stdin_open().spawn();
    consume.send(records[0].bytes()).wait_stdout(records[0].line());
    consume.send(&second[..cut]);
    consume.still_waits("for the rest of the record");
    consume.send(&second[cut..]).wait_stdout(lines(&records));
    consume.close_stdin();
    consume.wait().code(0).stderr("");
}

/// Wrong usage is told before anything is done: no name is made, no byte is written.
#[rstest]
#[case::a_negative_number("produce --id 1 --count -1 --size 4 --to fifo:f")]
#[case::no_number("produce --id 1 --count x --size 4 --to fifo:f")]
#[case::a_number_too_large("produce --id 65536 --count 1 --size 4 --to fifo:f")]
#[case::a_size_without_room_for_the_number("produce --id 1 --count 1 --size 3 --to fifo:f")]
#[case::a_size_over_the_limit("produce --id 1 --count 1 --size 65537 --to fifo:f")]
#[case::a_message_over_the_limit("produce --id 1 --count 1 --size 8185 --to mq:/f")]
#[case::a_missing_option("produce --id 1 --count 1 --to fifo:f")]
#[case::an_option_twice("produce --id 1 --id 1 --count 1 --size 4 --to fifo:f")]
#[case::an_unknown_option("produce --id 1 --count 1 --size 4 --to fifo:f --fast")]
#[case::no_target("consume --from f")]
#[case::a_type_without_types("consume --from fifo:f --type 1")]
#[case::two_sources_and_a_limit("consume --from fifo:f --from - --max 1")]
#[case::no_producers("run -p 0 -c 1 -n 1")]
#[case::no_consumers("run -p 1 -c 0 -n 1")]
#[case::a_negative_capacity("run -p 1 -c 1 -n 1 --capacity -1")]
#[case::a_capacity_over_the_limit("run -p 1 -c 1 -n 1 --capacity 17")]
#[case::fewer_words_than_processes("print -p 2 -k 1 W")]
#[case::an_unknown_policy("play --frames 1 --depth 1 --drop all f")]
#[case::no_depth("play --frames 1 --depth 0 --drop none f")]
#[case::no_such_command("consum --from -")]
fn wrong_usage_does_nothing(#[case] args: &str) {
    let room = Room::new();
    // A command that does its work, so that silence is not taken for obedience.
    let done = prodcon(&room, "produce --id 1 --count 1 --size 4 --to -").run();
    done.code(0);
    same_bytes("the stream", &Record::made(1, 0, 4, 0).bytes(), &done.output().stdout);

    prodcon(&room, args).run().code(2).stdout("").stderr(one_line("usage: prodcon"));
    let names: Vec<String> = room.list("").into_iter().filter(|name| name == "f").collect();
    assert!(names.is_empty(), "wrong usage has done something\nexpected: no file f\nreceived: there is one");
}

/// Each system call costs a switch into the kernel and back. Header and payload are one buffer, and one write. Counted by
/// ptrace(2): what a thousand records cost more than none.
#[rstest]
#[case::produce(
    "produce --id 1 --count 0 --size 100 --to -",
    "produce --id 1 --count 1000 --size 100 --to -",
    2
)]
#[case::produce_long_ones(
    "produce --id 1 --count 0 --size 9000 --to -",
    "produce --id 1 --count 1000 --size 9000 --to -",
    2
)]
#[case::consume("consume --from - --max 0", "consume --from -", 4)]
#[case::consume_some("consume --from - --max 0", "consume --from - --max 1000", 4)]
fn a_record_costs_few_system_calls(#[case] none: &str, #[case] thousand: &str, #[case] most: u64) {
    let room = Room::new();
    room.write("input", stream(&made(1, 1000, 100)));
    let calls = |args: &str| -> u64 {
        let command = prodcon(&room, args).stdin_from("input").stdout_to("output");
        let done = command.trace(Fault::Count).run();
        done.code(0);
        done.calls().values().sum()
    };
    let (before, after) = (calls(none), calls(thousand));
    let cost = after.saturating_sub(before);
    assert!(
        cost <= most * 1000 + 50,
        "1000 records cost too many system calls\nexpected: at most {most} a record\nreceived: {cost} more than for no record"
    );
    assert!(
        !room.read("output").is_empty(),
        "nothing was written\nexpected: 1000 records\nreceived: nothing"
    );
}
