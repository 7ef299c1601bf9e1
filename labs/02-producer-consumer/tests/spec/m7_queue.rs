//! Milestone 7: message queues: whole messages, an order of their own, and a life beyond that of their users.
//! Man pages: mq_overview(7), mq_open(3), mq_send(3), mq_receive(3), sysvipc(7), ftok(3), msgop(2), msgctl(2), poll(2).

use rstest::rstest;
use testkit::{PosixName, PosixQueue, Room, Signal, SystemVKey, SystemVQueue, same_bytes};

use super::record::{Record, lines, made};
use super::{ended_by_sigterm, prodcon};

/// Of which kind a queue is.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Posix,
    SystemV,
}

/// A name for a queue, and its target.
pub(crate) enum Name {
    Posix(PosixName),
    SystemV(SystemVKey),
}

/// An open queue.
pub(crate) enum Queue {
    Posix(PosixQueue),
    SystemV(SystemVQueue),
}

impl Name {
    pub(crate) fn new(room: &Room, kind: Kind) -> Self {
        match kind {
            Kind::Posix => Self::Posix(room.posix_name()),
            Kind::SystemV => Self::SystemV(room.system_v_key(2)),
        }
    }

    pub(crate) fn target(&self) -> String {
        match self {
            Self::Posix(name) => format!("mq:{name}"),
            Self::SystemV(key) => format!("sysv:{}", key.name()),
        }
    }

    pub(crate) fn exists(&self) -> bool {
        match self {
            Self::Posix(name) => name.exists(),
            Self::SystemV(key) => key.exists(),
        }
    }

    /// Makes the queue; of a POSIX queue for so many messages.
    #[track_caller]
    pub(crate) fn make(&self, messages: i64) -> Queue {
        match self {
            Self::Posix(name) => Queue::Posix(name.make(messages, 8192)),
            Self::SystemV(key) => Queue::SystemV(key.make()),
        }
    }

    /// Opens the queue that the program makes.
    #[track_caller]
    fn open(&self) -> Queue {
        match self {
            Self::Posix(name) => Queue::Posix(name.open()),
            Self::SystemV(key) => Queue::SystemV(key.open()),
        }
    }
}

impl Queue {
    #[track_caller]
    pub(crate) fn send(&self, record: &Record) {
        self.send_bytes(&record.bytes(), record.type_);
    }

    #[track_caller]
    fn send_bytes(&self, bytes: &[u8], type_: u8) {
        let sent = match self {
            Self::Posix(queue) => queue.send(bytes, type_.into()),
            Self::SystemV(queue) => queue.send(bytes, i64::from(type_) + 1),
        };
        assert!(sent, "the check's own queue is full");
    }

    /// The next message, and the type of the record that it belongs to.
    #[track_caller]
    pub(crate) fn receive(&self) -> Option<(Vec<u8>, i64)> {
        match self {
            Self::Posix(queue) => queue.receive().map(|(bytes, priority)| (bytes, priority.into())),
            Self::SystemV(queue) => queue.receive().map(|(bytes, kind)| (bytes, kind - 1)),
        }
    }

    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::Posix(queue) => queue.count(),
            Self::SystemV(queue) => queue.count(),
        }
    }

    /// How many messages of `bytes` bytes it holds.
    pub(crate) fn holds(&self, bytes: u64) -> u64 {
        match self {
            Self::Posix(queue) => queue.size().0,
            Self::SystemV(queue) => queue.bytes() / bytes,
        }
    }

    fn mode(&self) -> u32 {
        match self {
            Self::Posix(queue) => queue.mode(),
            Self::SystemV(queue) => queue.mode(),
        }
    }
}

/// A queue keeps messages apart: one record is one message, in both directions, and a message that is none, or one and a half, is
/// malformed. A queue has no end of file: a record of kind 1 is one. mq_send(3), msgop(2).
#[rstest]
#[case::posix(Kind::Posix)]
#[case::system_v(Kind::SystemV)]
fn a_message_is_one_record(#[case] kind: Kind) {
    let room = Room::new();
    let name = Name::new(&room, kind);
    let target = name.target();
    let queue = name.make(10);
    let (type_, size) = (room.number(1..256) as u8, room.number(4..8184) as usize);

    for size in [size, 4] {
        let produce = format!("produce --id 4 --count 2 --size {size} --to {target} --type {type_} --end");
        if 2 * (8 + size as u64) + 8 > 16_000 {
            continue;
        }
        prodcon(&room, produce).run().code(0).stdout("").stderr("");
        let end = Record::end(4).with_type(type_);
        for record in [Record::made(4, 0, size, type_), Record::made(4, 1, size, type_), end] {
            let Some((bytes, got)) = queue.receive() else {
                panic!(
                    "a message is missing\nexpected: three messages, two of them records of {size} bytes\nreceived: fewer"
                )
            };
            same_bytes("a message", &record.bytes(), &bytes);
            assert_eq!(got, i64::from(type_), "the priority, or the type less 1, of a message");
        }
        assert_eq!(queue.count(), 0, "the messages left");
    }

    let records = [Record::random(&room, 4), Record::random(&room, 900)].map(|record| record.with_type(9));
    records.iter().for_each(|record| queue.send(record));
    queue.send(&Record::end(1).with_type(9));
    let consume = || prodcon(&room, format!("consume --from {target}"));
    consume().run().code(0).stdout(lines(&records)).stderr("");

    let good = records[0].bytes();
    for message in [[&good[..], &[0]].concat(), good[..good.len() - 1].to_vec(), good[..5].to_vec()] {
        queue.send(&records[0]);
        queue.send_bytes(&message, 9);
        let done = consume().run();
        done.code(4).stdout(records[0].line()).stderr("prodcon: malformed record after 1 records\n");
    }
}

/// A POSIX queue gives the message of the highest priority first, and the oldest of those. The priority is the type of the record, so
/// an alarm overtakes what was sent before it. mq_send(3), mq_receive(3).
#[test]
fn the_highest_priority_comes_first() {
    let room = Room::new();
    let name = Name::new(&room, Kind::Posix);
    let target = name.target();
    let queue = name.make(10);

    let types: Vec<u8> = (0..8).map(|_| *room.choose(&[0, 1, 9, 200, 255])).collect();
    let mut records = Vec::new();
    for (id, &type_) in (0..).zip(&types) {
        let produce = format!("produce --id {id} --count 1 --size 20 --to {target} --type {type_}");
        prodcon(&room, produce).run().code(0);
        records.push(Record::made(id, 0, 20, type_));
    }
    queue.send(&Record::end(99));
    // The sort keeps the order of equals.
    records.sort_by_key(|record| std::cmp::Reverse(record.type_));
    prodcon(&room, format!("consume --from {target}")).run().code(0).stdout(lines(&records)).stderr("");
}

/// A pipe needs both sides at the same time. A queue needs neither: it was made by somebody who is gone, and is read by somebody who was
/// not there yet. So it also outlives everybody, until it is removed. mq_unlink(3), msgctl(2): IPC_RMID.
#[rstest]
#[case::posix(Kind::Posix)]
#[case::system_v(Kind::SystemV)]
fn records_survive_both_processes(#[case] kind: Kind) {
    let room = Room::new();
    let name = Name::new(&room, kind);
    let target = name.target();
    let records = made(6, 5, 50);

    prodcon(&room, format!("produce --id 6 --count 5 --size 50 --to {target}"))
        .umask(0)
        .run()
        .code(0)
        .stderr("");
    assert!(
        name.exists(),
        "there is no queue\nexpected: {target}, made by `produce`\nreceived: nothing of that name"
    );
    let mode = name.open().mode();
    assert!(mode == 0o600, "the queue has another mode than expected\nexpected: 600\nreceived: {mode:o}");
    for (max, range) in [(2, 0..2), (3, 2..5)] {
        let consume = prodcon(&room, format!("consume --from {target} --max {max}"));
        consume.run().code(0).stdout(lines(&records[range])).stderr("");
    }
    assert!(
        name.exists(),
        "the queue is gone\nexpected: it stays until `prodcon rm`\nreceived: a consumer has removed it"
    );
    let waits = prodcon(&room, format!("consume --from {target}")).spawn();
    waits.still_waits("for a record");
    waits.kill(Signal::SIGTERM);
    ended_by_sigterm(&waits.wait());
    let remove = || prodcon(&room, format!("rm {target}")).run();
    remove().code(0).stdout("").stderr("");
    assert!(
        !name.exists(),
        "the queue is still there\nexpected: `prodcon rm` removes it\nreceived: it did not"
    );
    remove().code(1).stdout("").stderr(format!("prodcon: {target}: No such file or directory\n"));
}

/// A queue has a bound, too: so many messages (POSIX), or so many bytes (System V). Who puts into a full one sleeps until somebody
/// takes. mq_overview(7), msgop(2): msg_qbytes.
#[rstest]
#[case::posix(Kind::Posix)]
#[case::system_v(Kind::SystemV)]
fn a_full_queue_stops_the_producer(#[case] kind: Kind) {
    let room = Room::new();
    let name = Name::new(&room, kind);
    let target = name.target();
    let places = room.number(2..10);
    let capacity = if matches!(kind, Kind::Posix) { format!(" --capacity {places}") } else { String::new() };
    // What a new System V queue holds, in bytes: msgop(2).
    let bytes = std::fs::read_to_string("/proc/sys/kernel/msgmnb").unwrap_or_default();
    let count = 20 + bytes.trim().parse::<u32>().unwrap_or(16_384) / 8192;

    let args = format!("produce --id 6 --count {count} --size 8184 --to {target}{capacity}");
    let produce = prodcon(&room, args).note("nobody takes from the queue").spawn();
    let queue = name.open();
    produce.still_waits("for room in the queue");
    let wanted = if capacity.is_empty() { queue.holds(8192) } else { places };
    assert!(
        queue.count() == wanted,
        "the queue holds another number of records than expected\nexpected: {wanted}\nreceived: {}",
        queue.count()
    );
    produce.assert_all_idle();
    for seq in 0..count {
        let mut got = None;
        room.until("the next record to come", || {
            got = got.take().or_else(|| queue.receive());
            got.is_some()
        });
        let (bytes, _) = got.expect("a message");
        same_bytes("a message", &Record::made(6, seq, 8184, 0).bytes(), &bytes);
    }
    produce.wait().code(0).stderr("");
    prodcon(&room, format!("rm {target}")).run().code(0);
}

/// A System V queue can be asked for a type: the kernel finds the first such message and leaves the others as they are. Taking a message
/// and putting it back would change their order. msgop(2): msgtyp.
#[test]
fn a_type_is_taken_and_the_others_stay() {
    let room = Room::new();
    let name = Name::new(&room, Kind::SystemV);
    let target = name.target();
    let queue = name.make(0);
    let types = [5, 6, 0, 5, 6, 255, 0, 6];
    let records: Vec<Record> = (0..).zip(types).map(|(seq, type_)| Record::made(3, seq, 30, type_)).collect();
    records.iter().for_each(|record| queue.send(record));
    let of = |type_: u8| -> Vec<Record> {
        records.iter().filter(|record| record.type_ == type_).cloned().collect()
    };

    let consume =
        |type_: u8, max: usize| prodcon(&room, format!("consume --from {target} --type {type_} --max {max}"));
    consume(6, 2).run().code(0).stdout(lines(&of(6)[..2])).stderr("");
    consume(0, 1).run().code(0).stdout(lines(&of(0)[..1])).stderr("");

    let waits = consume(9, 1).note("there is no message of this type").spawn();
    waits.still_waits("for a message of type 9");
    let late = Record::made(3, 99, 30, 9);
    queue.send(&late);
    waits.wait().code(0).stdout(late.line()).stderr("");

    let left: Vec<Vec<u8>> = std::iter::from_fn(|| queue.receive()).map(|(bytes, _)| bytes).collect();
    let wanted: Vec<Vec<u8>> = [0, 3, 5, 6, 7].map(|index| records[index].bytes()).into();
    assert!(
        left == wanted,
        "the other messages are not as they were\nexpected: {} messages, in their order\nreceived: {} messages, or another order",
        wanted.len(),
        left.len()
    );
}

/// Who opens a queue gets it as its maker wanted it: the limits of mq_open count only for a new one. mq_receive refuses a buffer that is
/// shorter than the longest message *allowed*, whatever is in it; mq_send refuses a longer one. mq_getattr(3); EMSGSIZE.
#[test]
fn a_queue_is_taken_as_it_is() {
    let room = Room::new();
    let name = room.posix_name();
    let queue = name.make(3, 64);
    let produce = |size: usize, count: u32| {
        prodcon(&room, format!("produce --id 2 --count {count} --size {size} --to mq:{name} --capacity 9"))
    };

    produce(57, 1).run().code(1).stdout("").stderr(format!("prodcon: mq:{name}: Message too long\n"));
    produce(56, 3).run().code(0).stderr("");
    let waits = produce(56, 1).note("the queue holds 3 messages, and is full").spawn();
    waits.still_waits("for room in the queue");
    let consume = |max: u32| prodcon(&room, format!("consume --from mq:{name} --max {max}"));
    consume(3).run().code(0).stdout(lines(&made(2, 3, 56))).stderr("");
    waits.wait().code(0);
    consume(1).run().code(0).stdout(lines(&made(2, 1, 56)));
    assert_eq!(queue.size(), (3, 64), "the limits of the queue");
}

/// On Linux a POSIX queue is a descriptor: poll can wait for it and for a stream at the same time. Then neither source may hold up the
/// other: not by its silence, not by half a record, not by a partner who has not come yet. mq_overview(7), poll(2).
#[rstest]
#[case::and_standard_input(false)]
#[case::and_a_fifo(true)]
fn a_queue_and_a_stream_are_waited_for_together(#[case] by_fifo: bool) {
    let room = Room::new();
    let name = Name::new(&room, Kind::Posix);
    let queue = name.make(10);
    let records: Vec<Record> = (0..6).map(|_| Record::random(&room, 25)).collect();
    room.fifo("in");
    let (stdin, stream) = if by_fifo { (None, "fifo:in") } else { (Some(room.both_ends("in")), "-") };

    let consume = prodcon(&room, format!("consume --from {} --from {stream}", name.target()));
    let consume = if by_fifo { consume } else { consume.stdin_from("in") }.spawn();
    // Nobody has the stream open for writing, or nothing is in it.
    queue.send(&records[0]);
    consume.wait_stdout(lines(&records[..1]));
    let writer = room.writer("in");
    drop(stdin);
    writer.send(records[1].bytes());
    consume.wait_stdout(lines(&records[..2]));
    // Half a record is in the stream.
    let half = records[3].bytes();
    writer.send(&half[..11]);
    consume.still_waits("for the rest of the record, and for the queue");
    queue.send(&records[2]);
    consume.wait_stdout(lines(&records[..3]));
    writer.send(&half[11..]).send(records[4].bytes());
    consume.wait_stdout(lines(&records[..5]));
    // The stream has ended, the queue has not.
    drop(writer);
    consume.still_waits("for the queue");
    consume.assert_all_idle();
    queue.send(&records[5].clone().with_type(3));
    consume.wait_stdout(lines(&records));
    queue.send(&Record::end(0));
    consume.wait().code(0).stderr("");

    // Two streams, which it makes itself; the second one is first.
    let consume = prodcon(&room, "consume --from fifo:one --from fifo:two").spawn();
    for (at, name) in ["two", "one"].into_iter().enumerate() {
        room.until(format!("the FIFO {name} to be made"), || room.path(name).exists());
        room.writer(name).send(records[at].bytes());
        consume.wait_stdout(lines(&records[..=at]));
    }
    consume.wait().code(0).stdout(lines(&records[..2])).stderr("");
    let left: Vec<String> =
        room.list("").into_iter().filter(|name| ["one", "two"].contains(&name.as_str())).collect();
    assert!(left.is_empty(), "FIFOs are left\nexpected: their maker removes both\nreceived: {left:?}");
}
