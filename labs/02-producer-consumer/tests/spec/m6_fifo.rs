//! Milestone 6: a FIFO joins processes that have no common parent.
//! Man pages: fifo(7), mkfifo(3), open(2), pipe(7), unlink(2).

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use rstest::rstest;
use testkit::{Address, Fault, Proc, Room, Signal, When, same_bytes};

use super::record::{Record, lines, made, stream};
use super::{PAGE, ended_by_sigterm, prodcon};

/// Whether there is a FIFO of this name.
fn is_fifo(room: &Room, name: &str) -> bool {
    fs::symlink_metadata(room.path(name)).is_ok_and(|status| status.file_type().is_fifo())
}

/// Whether there is anything of this name.
fn exists(room: &Room, name: &str) -> bool {
    fs::symlink_metadata(room.path(name)).is_ok()
}

/// A FIFO is a meeting point: open waits for the other side, and either may be first. Who finds no FIFO makes one. While it waits it
/// sleeps. fifo(7).
#[rstest]
#[case::the_consumer_comes_first(false)]
#[case::the_producer_comes_first(true)]
fn either_side_may_come_first(#[case] producer_first: bool) {
    let room = Room::new();
    let (size, count) = (room.number(4..3000) as usize, room.number(2..40) as u32);
    let produce = format!("produce --id 8 --count {count} --size {size} --to fifo:f");
    let consume = "consume --from fifo:f".to_owned();
    let (first, second) = if producer_first { (produce, consume) } else { (consume, produce) };

    let early = prodcon(&room, first).spawn();
    room.until("the FIFO f to be made", || is_fifo(&room, "f"));
    early.still_waits("for the other side");
    early.assert_all_idle();
    let late = prodcon(&room, second).spawn();
    let (early, late) = (early.wait(), late.wait());
    let (produced, consumed) = if producer_first { (early, late) } else { (late, early) };
    produced.code(0).stdout("").stderr("");
    consumed.code(0).stdout(lines(&made(8, count, size))).stderr("");
}

/// Who may open the name may read the records, or forge some: there is no other check. So the FIFO belongs to its owner alone,
/// whatever the umask allows. mkfifo(3), umask(2).
#[rstest]
#[case::made_by_a_consumer("consume --from fifo:f")]
#[case::made_by_a_producer("produce --id 8 --count 1 --size 4 --to fifo:f")]
fn the_fifo_is_for_its_owner_only(#[case] args: &str) {
    let room = Room::new();
    let first = prodcon(&room, args).umask(0).spawn();
    room.until("the FIFO f to be made", || is_fifo(&room, "f"));
    first.asleep();
    let mode = fs::metadata(room.path("f")).map(|status| status.mode() & 0o7777);
    let mode = mode.expect("the FIFO is there while its maker waits");
    assert!(mode == 0o600, "the FIFO has another mode than expected\nexpected: 600\nreceived: {mode:o}");
    let other = if args.starts_with("consume") {
        "produce --id 8 --count 1 --size 4 --to fifo:f"
    } else {
        "consume --from fifo:f"
    };
    prodcon(&room, other).run().code(0);
    first.wait().code(0);
}

/// A name in the file system outlives everybody. So somebody must remove it, and it must be the one who made it: a user who made
/// the FIFO wants to keep it, and a partner who leaves early must not take the meeting point along. unlink(2).
#[rstest]
#[case::made_by_the_producer(Some(true))]
#[case::made_by_the_consumer(Some(false))]
#[case::made_by_the_user(None)]
fn only_the_maker_removes_the_fifo(#[case] producer_makes: Option<bool>) {
    let room = Room::new();
    let records = made(8, 2, 100);
    let produce = "produce --id 8 --count 2 --size 100 --to fifo:f";
    // Each case lets the one who is not the maker end first.
    match producer_makes {
        Some(true) => {
            let maker = prodcon(&room, produce).spawn();
            room.until("the FIFO f to be made", || is_fifo(&room, "f"));
            prodcon(&room, "consume --from fifo:f").run().code(0).stdout(lines(&records));
            maker.wait().code(0);
        }
        Some(false) => {
            let maker = prodcon(&room, "consume --from fifo:f").spawn();
            room.until("the FIFO f to be made", || is_fifo(&room, "f"));
            let writer = room.writer("f");
            prodcon(&room, produce).run().code(0);
            maker.wait_stdout(lines(&records));
            assert!(
                is_fifo(&room, "f"),
                "the FIFO is gone\nexpected: it stays until its maker ends\nreceived: the producer, who had not made it, has removed it"
            );
            drop(writer);
            maker.wait().code(0);
        }
        None => {
            room.fifo("f");
            let other = prodcon(&room, produce).spawn();
            prodcon(&room, "consume --from fifo:f").run().code(0).stdout(lines(&records));
            other.wait().code(0);
        }
    }
    let stays = producer_makes.is_none();
    assert!(
        exists(&room, "f") == stays,
        "the name is not as expected at the end\nexpected: it is {}\nreceived: it is {}",
        if stays { "still there: nobody here has made it" } else { "gone: its maker has ended" },
        if stays { "gone" } else { "still there" }
    );
}

/// Between the closing of a FIFO and the removal of its name there must be no moment: who opens the name then waits for somebody who
/// has gone, and whoever comes later makes another FIFO and waits there. First the name, then the end. Here the maker is stopped at
/// each of its last system calls. fifo(7), unlink(2).
#[test]
fn the_name_goes_before_the_fifo_is_closed() {
    let record = Record::made(8, 0, 50, 0);
    let consume = |room: &Room| prodcon(room, "consume --from fifo:f --max 1");
    let feed = |room: &Room| {
        room.writer("f").send(record.bytes());
    };

    let room = Room::new();
    let counted = consume(&room).trace(Fault::Count).spawn();
    feed(&room);
    let done = counted.wait();
    done.code(0).stdout(record.line());
    let calls: u64 = done.calls().values().sum();
    drop(room);

    for call in calls.saturating_sub(12)..=calls {
        let room = Room::new();
        let stop = Fault::SignalAt { signal: Signal::SIGSTOP, call, when: When::Before };
        let maker = consume(&room).trace(stop).spawn();
        feed(&room);
        let state = || Proc::read(maker.pid()).map(|process| process.state);
        maker.eventually(|| maker.has_ended() || state() == Some('T'), "it to be stopped, or to end");
        let holds = maker.fds().iter().any(|fd| fd.target.ends_with("/f"));
        let leads_to_nobody = !maker.has_ended() && !holds && exists(&room, "f");
        assert!(
            !leads_to_nobody,
            "the FIFO is closed, and its name is still there\nexpected: the maker removes the name while it has the FIFO open\nreceived: before its system call {call} the maker has closed f, and f is there"
        );
        maker.cont();
        maker.wait().code(0).stdout(record.line());
        assert!(!exists(&room, "f"), "the name is still there at the end");
    }
}

/// A wrong name must cost nothing: opened with O_CREAT or O_TRUNC, or written to, a file is ruined before anybody has looked what it
/// is. fstat(2) tells, also of the descriptor that is open already. open(2), inode(7).
#[rstest]
#[case::a_file("file")]
#[case::a_folder("folder")]
#[case::a_socket("socket")]
fn what_is_no_fifo_is_left_alone(#[case] kind: &str) {
    let room = Room::new();
    let content = stream(&made(1, 1, 10));
    let _listener = match kind {
        "file" => {
            room.write("f", &content);
            None
        }
        "folder" => {
            room.mkdir("f");
            None
        }
        _ => Some(room.listen(&Address::Unix("f".into()))),
    };
    let status = || fs::symlink_metadata(room.path("f")).map(|f| (f.ino(), f.mode(), f.len())).ok();
    let before = status();

    let produce = "produce --id 8 --count 2 --size 100 --to fifo:f";
    for args in [produce, "consume --from fifo:f", &format!("{produce} --try"), "consume --from fifo:f --try"]
    {
        prodcon(&room, args).run().code(1).stdout("").stderr("prodcon: fifo:f: not a FIFO\n");
        assert!(
            before.is_some() && status() == before,
            "what was there is not the same any more\nexpected: f, a {kind}, as it was\nreceived: another file, length or mode, or nothing"
        );
    }
    if kind == "file" {
        same_bytes("the file f", &content, &room.read("f"));
    }
}

/// Between the making and the end, somebody else may have put another file under the name. The maker compares device and inode, and
/// leaves alone what is not its own. stat(2), unlink(2).
#[test]
fn the_maker_removes_nothing_but_its_own_fifo() {
    let room = Room::new();
    let word = room.word();

    let maker = prodcon(&room, "produce --id 8 --count 1 --size 4 --to fifo:f").spawn();
    room.until("the FIFO f to be made", || is_fifo(&room, "f"));
    maker.asleep();
    fs::rename(room.path("f"), room.path("g")).expect("f becomes g");
    room.write("f", &word);
    prodcon(&room, "consume --from fifo:g").run().code(0).stdout(lines(&made(8, 1, 4)));
    maker.wait().code(0);
    assert!(
        exists(&room, "f"),
        "another one's file is gone\nexpected: f, a file that was put there later\nreceived: prodcon has removed it"
    );
    assert_eq!(room.read("f"), word.as_bytes(), "the file f");
}

/// Who has read more than it uses cannot give it back: the next consumer then starts in the midst of a record. With `--max` a consumer
/// reads its records and not a byte more. read(2).
#[test]
fn a_consumer_takes_no_byte_beyond_its_last_record() {
    let room = Room::new();
    room.fifo("f");
    let ends = room.both_ends("f");
    let records = made(8, 7, room.number(4..500) as usize);
    ends.send(stream(&records));

    let (mut from, consume) =
        (0, |max: usize| prodcon(&room, format!("consume --from fifo:f --max {max}")).run());
    for max in [2, 1, 3] {
        consume(max).code(0).stdout(lines(&records[from..from + max])).stderr("");
        from += max;
    }
    let left = stream(&records[from..]).len();
    assert!(
        ends.waiting() == left,
        "consumers have taken another number of bytes than that of their records\nexpected: {left} bytes left in the FIFO\nreceived: {}",
        ends.waiting()
    );
}

/// A reader may leave, and another one come. What is in the FIFO lives as long as somebody has it open, and between two readers that is
/// the producer alone: it must not let go. It waits, asleep, and goes on at the very byte. fifo(7), pipe(7): EPIPE.
#[rstest]
#[case::between_two_records(4088, PAGE)]
#[case::within_a_record(20_000, 1000)]
fn a_producer_goes_on_with_the_next_consumer(#[case] size: usize, #[case] first: usize) {
    let room = Room::new();
    room.fifo("f");
    let expected = stream(&made(8, 6, size));
    let reader = room.reader("f");
    reader.resize(PAGE as i32);
    let produce = prodcon(&room, format!("produce --id 8 --count 6 --size {size} --to fifo:f"));
    let produce = produce.note("its reader leaves, and another one comes").spawn();
    let mut bytes = reader.take(first);
    produce.still_waits("for room in the FIFO");
    drop(reader);
    produce.still_waits("for another reader");
    produce.assert_all_idle();
    let reader = room.reader("f");
    bytes.extend(reader.rest());
    produce.wait().code(0).stderr("");
    same_bytes("what both readers got together", &expected, &bytes);
    drop(reader);

    // The name leads to another FIFO when the reader leaves: what was in the old one is lost, but no record is torn.
    let reader = room.reader("f");
    reader.resize(PAGE as i32);
    let produce = prodcon(&room, format!("produce --id 8 --count 6 --size {size} --to fifo:f"));
    let produce = produce.note("its reader leaves, and the next one has another FIFO of that name").spawn();
    let _ = reader.take(first);
    produce.still_waits("for room in the FIFO");
    fs::remove_file(room.path("f")).expect("the FIFO is removed");
    room.fifo("f");
    drop(reader);
    produce.still_waits("for another reader");
    let bytes = room.reader("f").rest();
    produce.wait().code(0).stderr("");
    assert!(
        expected.ends_with(&bytes) && bytes.len().is_multiple_of(8 + size) && !bytes.is_empty(),
        "what is in the other FIFO does not begin with a whole record\nexpected: the last ones of 6 records, all whole\nreceived: {} bytes, records of {}",
        bytes.len(),
        8 + size
    );
}

/// Several producers may write to one FIFO. A record of up to PIPE_BUF bytes that is written by one write stays whole; header and payload
/// written one after the other do not. pipe(7), "PIPE_BUF".
#[test]
fn records_of_several_producers_do_not_mix() {
    let room = Room::new();
    room.fifo("f");
    let reader = room.reader("f");
    reader.resize(PAGE as i32);
    let (size, count) = (room.number(2000..2500) as usize, 12);

    let producers: Vec<_> = (0..3)
        .map(|id| {
            prodcon(&room, format!("produce --id {id} --count {count} --size {size} --to fifo:f")).spawn()
        })
        .collect();
    for one in &producers {
        one.still_waits("until somebody reads");
    }
    let bytes = reader.rest();
    for one in producers {
        one.wait().code(0).stderr("");
    }

    let mut next = [0; 3];
    for piece in bytes.chunks(8 + size) {
        let right = (0..3).find(|&id| {
            piece == stream(&made(id, next[usize::from(id)] + 1, size)[next[usize::from(id)] as usize..])
        });
        match right {
            Some(id) => next[usize::from(id)] += 1,
            None => panic!(
                "records are mixed, or out of order\nexpected: whole records, those of each producer in their order\nreceived: something else after {next:?} records of the three"
            ),
        }
    }
    assert_eq!(next, [count; 3], "the records of each producer");
}

/// SIGTERM is an end like any other: the maker removes what it has made, also while it waits for a partner who never came.
/// signal(7): the default action removes nothing.
#[rstest]
#[case::a_consumer_that_waits("consume --from fifo:f")]
#[case::a_producer_that_waits("produce --id 8 --count 1 --size 4 --to fifo:f")]
#[case::a_player_that_waits("play --frames 1 --depth 1 --drop none f")]
fn sigterm_removes_the_fifo(#[case] args: &str) {
    let room = Room::new();
    let running = prodcon(&room, args).spawn();
    room.until("the FIFO f to be made", || is_fifo(&room, "f"));
    running.still_waits("for the other side");
    running.kill(Signal::SIGTERM);
    ended_by_sigterm(&running.wait());
    assert!(
        !exists(&room, "f"),
        "the FIFO is left\nexpected: its maker removes it when SIGTERM ends it\nreceived: f is still there"
    );
}
