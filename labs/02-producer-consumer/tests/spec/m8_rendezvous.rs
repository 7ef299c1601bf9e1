//! Milestone 8: a put that ends when the record has been taken, and a put that waits for nothing.
//! Man pages: pipe(7), poll(2), open(2): O_NONBLOCK, ENXIO; mq_send(3), msgop(2): IPC_NOWAIT.

use std::collections::BTreeSet;

use rstest::rstest;
use testkit::{Room, same_bytes};

use super::lines::{all_once, taken, total};
use super::m7_queue::{Kind, Name};
use super::record::{Record, lines, made, stream};
use super::{Blocked, PAGE, children, prodcon, stderr_lines};

/// Which records were put, and which were printed.
type Numbers = BTreeSet<(u16, u32)>;

#[track_caller]
fn put(lines: &[String]) -> Numbers {
    let number = |line: &String| -> Option<(u16, u32)> {
        let (producer, seq) = line.strip_prefix("put ")?.split_once(' ')?;
        Some((producer.parse().ok()?, seq.parse().ok()?))
    };
    let read = |line| {
        number(line).unwrap_or_else(|| {
            panic!("a line on standard error is no put\nexpected: put ID SEQ\nreceived: {line:?}")
        })
    };
    lines.iter().map(read).collect()
}

#[track_caller]
fn printed(text: &str) -> Numbers {
    taken(text, 64).iter().map(|one| (one.producer, one.seq)).collect()
}

/// A letter is sent and forgotten; a telephone call needs both. With no place in between, a put lasts until its record is printed: while
/// nobody reads the lines, nothing has been put, and at any rest exactly what is printed has been put. README, `--capacity`.
#[test]
fn a_put_ends_when_its_record_is_printed() {
    let room = Room::new();
    let output = Blocked::make(&room, "out");

    let run = prodcon(&room, "run -p 1 -c 1 -n 500 --capacity 0 --log");
    let run = run.stdout_to("out").note("nobody reads its output").spawn();
    let before = put(&stderr_lines(&run));
    assert!(
        before.is_empty(),
        "a record has been put that nobody has printed\nexpected: no put while nobody reads the lines\nreceived: {before:?}"
    );
    output.open();
    let puts = put(&stderr_lines(&run));
    let mut text = output.written_now();
    let lines = printed(&text);
    assert!(
        puts == lines,
        "what is put is not what is printed\nexpected: {} records, as many as lines\nreceived: {} put",
        lines.len(),
        puts.len()
    );
    text += &output.rest();
    run.wait().code(0);
    let (lines, number) = total(&text);
    all_once(&taken(lines, 64), 1, 500);
    assert_eq!(number, 500, "the total");
}

/// With several producers it is not enough that *some* record was printed: an acknowledgement that anybody may take wakes the wrong one.
/// Here three of four producers are stopped, and the fourth must have put exactly its own records that are printed.
#[test]
fn each_producer_waits_for_its_own_record() {
    let room = Room::new();
    let output = Blocked::make(&room, "out");

    let run = prodcon(&room, "run -p 4 -c 1 -n 500 --capacity 0 --log");
    let run = run.stdout_to("out").note("its producers 0, 1 and 2 are stopped").spawn();
    run.still_waits("until somebody reads its output");
    let family = children(&run);
    assert!(
        family.len() == 5,
        "another number of processes than expected\nexpected: 5\nreceived: {}",
        family.len()
    );
    family[..3].iter().for_each(testkit::Proc::stop);
    output.open();
    let of_the_last =
        |numbers: Numbers| -> Numbers { numbers.into_iter().filter(|one| one.0 == 3).collect() };
    let puts = of_the_last(put(&stderr_lines(&run)));
    let mut text = output.written_now();
    let lines = of_the_last(printed(&text));
    assert!(
        puts == lines && !puts.is_empty(),
        "producer 3 does not wait for its own records\nexpected: it has put the {} records that are printed, and no other\nreceived: it has put {}",
        lines.len(),
        puts.len()
    );
    family[..3].iter().for_each(testkit::Proc::cont);
    text += &output.rest();
    run.wait().code(0);
    let (lines, number) = total(&text);
    all_once(&taken(lines, 64), 4, 500);
    assert_eq!(number, 2000, "the total");
}

/// Sometimes there is something else to do than to wait. `--try` takes what is there, and says how much it was. It makes nothing: a
/// queue that is not there has nothing. poll(2), mq_receive(3): EAGAIN, msgop(2): ENOMSG.
#[rstest]
#[case::standard_input("-")]
#[case::a_fifo("fifo:in")]
#[case::a_posix_queue("mq")]
#[case::a_system_v_queue("sysv")]
fn try_takes_what_is_there(#[case] target: &str) {
    let room = Room::new();
    let records = made(5, room.number(2..6) as u32, 40);
    let kind = if target == "mq" { Kind::Posix } else { Kind::SystemV };
    let is_queue = !["-", "fifo:in"].contains(&target);
    let name = is_queue.then(|| Name::new(&room, kind));
    let target = name.as_ref().map_or_else(|| target.to_owned(), Name::target);
    let consume = || prodcon(&room, format!("consume --from {target} --try")).stdin_from("in");
    if is_queue {
        room.write("in", "");
        let missing = format!("prodcon: {target}: No such file or directory\n");
        consume().run().code(1).stdout("").stderr(missing);
        assert!(name.as_ref().is_some_and(|name| !name.exists()), "--try has made a queue");
    } else {
        room.fifo("in");
    }
    let queue = name.as_ref().map(|name| name.make(10));
    let ends = (!is_queue).then(|| room.both_ends("in"));

    consume().run().code(3).stdout("").stderr("prodcon: empty after 0 records\n");
    queue.iter().for_each(|queue| records.iter().for_each(|record| queue.send(record)));
    if let Some(ends) = &ends {
        ends.send(stream(&records));
    }
    let done = consume().run();
    done.code(3).stdout(lines(&records)).stderr(format!("prodcon: empty after {} records\n", records.len()));
}

/// The same for a producer: what fits is sent, the rest is not, and the status says so. A FIFO that nobody reads has no room at
/// all. open(2): ENXIO, mq_send(3): EAGAIN.
#[rstest]
#[case::standard_output("-")]
#[case::a_fifo("fifo:out")]
#[case::a_posix_queue("mq")]
#[case::a_system_v_queue("sysv")]
fn try_sends_what_there_is_room_for(#[case] target: &str) {
    let room = Room::new();
    let kind = if target == "mq" { Kind::Posix } else { Kind::SystemV };
    let is_queue = !["-", "fifo:out"].contains(&target);
    let name = is_queue.then(|| Name::new(&room, kind));
    let target = name.as_ref().map_or_else(|| target.to_owned(), Name::target);
    let size = 4088;
    let produce = || prodcon(&room, format!("produce --id 5 --count 2000 --size {size} --to {target} --try"));
    let full = |count: u64| format!("prodcon: full after {count} records\n");

    if let Some(name) = name {
        produce().run().code(1).stderr(format!("prodcon: {target}: No such file or directory\n"));
        assert!(!name.exists(), "--try has made a queue");
        let queue = name.make(room.number(2..10) as i64);
        let room_for = queue.holds(4096);
        produce().run().code(3).stdout("").stderr(full(room_for));
        for record in made(5, room_for as u32, size) {
            same_bytes(
                "a message",
                &record.bytes(),
                &queue.receive().map(|(bytes, _)| bytes).unwrap_or_default(),
            );
        }
        assert!(queue.receive().is_none(), "there are more messages than were told of");
        return;
    }
    if target != "-" {
        produce().run().code(1).stderr("prodcon: fifo:out: No such file or directory\n");
        assert!(!room.list("").contains(&"out".to_owned()), "--try has made a FIFO");
    }
    room.fifo("out");
    let produce = || if target == "-" { produce().stdout_to("out") } else { produce() };
    if target != "-" {
        produce().run().code(3).stdout("").stderr(full(0));
    }
    let reader = room.reader("out");
    reader.resize(4 * PAGE as i32);
    produce().run().code(3).stderr(full(4));
    same_bytes("what is in the pipe", &stream(&made(5, 4, size)), &reader.now());
}

/// `--try` is asked before a record, not within it: half a record is of use to nobody. One that has been begun is read, or written, to
/// its end, even if that takes a wait. And O_NONBLOCK on standard input would be a change for all who have it open.
#[test]
fn try_finishes_what_it_has_begun() {
    let room = Room::new();
    room.fifo("in");
    let ends = room.both_ends("in");
    let record = Record::random(&room, 50);
    let cut = room.number(1..58) as usize;
    ends.send(&record.bytes()[..cut]);

    let consume = prodcon(&room, "consume --from - --try").stdin_from("in");
    let consume = consume.note("a part of a record is there").spawn();
    consume.still_waits("for the rest of the record");
    ends.send(&record.bytes()[cut..]);
    consume.wait().code(3).stdout(record.line()).stderr("prodcon: empty after 1 records\n");

    room.fifo("out");
    let reader = room.reader("out");
    let produce = prodcon(&room, "produce --id 5 --count 1 --size 65536 --to fifo:out --try").spawn();
    produce.still_waits("until it can write the rest of the record");
    let bytes = reader.rest();
    produce.wait().code(0).stderr("");
    same_bytes("the stream", &stream(&made(5, 1, 65_536)), &bytes);
}
