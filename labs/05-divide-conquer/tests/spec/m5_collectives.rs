//! Milestone 5: messages of all ranks.
//! Man pages: open(2) (O_APPEND), write(2); and of MPI: MPI_Barrier(3), MPI_Bcast(3), MPI_Reduce(3).

use rstest::rstest;
use testkit::{Fault, Finished, Room, list};

use super::trace::{collective, messages, read, rounds};
use super::{TRANSPORTS, expect_said, halvings, lines_now, ranks, said};

/// Each collective, with any number of ranks and any root, gives what its name says: `bcast` the root's value to
/// all, `scatter` piece r to rank r, `gather` all values in the order of the ranks, `reduce` and `allreduce` all
/// values joined *in the order of the ranks*: the root's place is no reason to begin with it, and `join` is not
/// commutative.
#[rstest]
#[case(1)]
#[case(2)]
#[case(3)]
#[case(5)]
#[case(8)]
#[case(13)]
fn every_collective_gives_its_result(#[case] n: usize) {
    let room = Room::new();
    let roots: Vec<usize> = [0, n - 1, room.number(0..n as u64) as usize].to_vec();
    let (word, numbers) =
        (room.word(), (0..n).map(|_| room.number(0..1 << 40) as i64 - (1 << 39)).collect::<Vec<_>>());
    let pieces: Vec<String> = (0..n).map(|_| room.word()).collect();
    let mut script = String::new();
    for root in &roots {
        script += &format!(
            "* bcast {root} {word}%\n* scatter {root} {}\n* gather {root} {word}%\n",
            pieces.join(" ")
        );
        script +=
            &format!("* reduce {root} join %,\n* allreduce join %,\n* bcast {root} @100000\n* barrier\n");
        for (rank, number) in numbers.iter().enumerate() {
            script += &format!("{rank} reduce {root} max {number}\n{rank} allreduce sum {number}\n");
        }
    }

    let joined: String = (0..n).map(|rank| format!("{rank},")).collect();
    let all: Vec<String> = (0..n).map(|rank| format!("{word}{rank}")).collect();
    let (max, sum) = (numbers.iter().max().copied().unwrap_or(0), numbers.iter().sum::<i64>());
    for transport in TRANSPORTS {
        let done = ranks(&room, n, transport, &script).run();
        done.code(0).stderr("");
        for (rank, piece) in pieces.iter().enumerate() {
            let wanted = roots.iter().flat_map(|&root| {
                let at_root = |text: String| if rank == root { text } else { "-".to_owned() };
                let long = testkit::helpers::hash_line(&testkit::helpers::spew_bytes(100_000));
                [
                    format!("bcast {word}{root}"),
                    format!("scatter {piece}"),
                    format!("gather {}", at_root(all.join(" "))),
                    format!("reduce {}", at_root(joined.clone())),
                    format!("allreduce {joined}"),
                    format!("bcast {}", long.trim_end().replace(' ', " bytes ")),
                    "barrier".to_owned(),
                    format!("reduce {}", at_root(max.to_string())),
                    format!("allreduce {sum}"),
                ]
            });
            expect_said(&done, rank, &wanted.collect::<Vec<_>>());
        }
    }
}

/// One rank is held back. All the others have come to the barrier, and wait: nobody prints `barrier` before the
/// last one is there.
#[rstest]
#[case(2, 0)]
#[case(3, 2)]
#[case(8, 5)]
fn nobody_leaves_a_barrier_before_all_have_come(#[case] n: usize, #[case] late: usize) {
    for transport in TRANSPORTS {
        let room = Room::new();
        let gate = room.gate("door");
        let running = ranks(&room, n, transport, &format!("{late} gate door\n* barrier\n")).spawn();
        gate.reached();
        running.asleep();
        let early = lines_now(&running);
        assert!(
            early.is_empty(),
            "a rank has left the barrier before rank {late} has come\nexpected: nobody is through\nreceived: {}",
            list(&early)
        );
        gate.open();
        let done = running.wait();
        done.code(0);
        (0..n).for_each(|rank| expect_said(&done, rank, &["barrier"]));
    }
}

/// Two barriers, one after the other, and one rank is held between them: that all have come to the first one is no
/// reason to leave the second. And so for a thousand of them.
#[rstest]
#[case(2)]
#[case(3)]
#[case(7)]
fn two_barriers_in_a_row_do_not_mix(#[case] n: usize) {
    let room = Room::new();
    let gate = room.gate("door");
    let late = room.number(0..n as u64) as usize;
    let script = format!("* barrier\n{late} gate door\n* barrier\n* times 1000 barrier\n");

    let running = ranks(&room, n, "pipes", &script).spawn();
    gate.reached();
    running.asleep();
    let early = lines_now(&running);
    assert!(
        early.len() == n,
        "a rank has left the second barrier before rank {late} has come to it\nexpected: all {n} ranks are through the first one, none through the second\nreceived: {}",
        list(&early)
    );
    gate.open();
    let done = running.wait();
    done.code(0);
    (0..n).for_each(|rank| expect_said(&done, rank, &["barrier", "barrier", "did barrier 1000 times"]));
}

/// Messages of collectives are none of the caller's: `recv any any` does not get them, also while a collective is
/// half done; and messages of the caller that wait do not disturb a collective. Collectives in a row do not mix,
/// also when a rank is late.
#[test]
fn collectives_and_messages_do_not_mix() {
    for transport in TRANSPORTS {
        let room = Room::new();
        let gate = room.gate("door");
        let (a, b, word) = (room.word(), room.word(), room.word());
        let script = format!(
            "1 send 0 0 {word}\n2 gate door\n3 bcast 3 {a}\n3 bcast 3 {b}\n3 reduce 0 join 3\n\
             2 bcast 3 -\n2 bcast 3 -\n2 reduce 0 join 2\n2 send 0 0 late\n\
             0,1 bcast 3 -\n0,1 bcast 3 -\n0,1 reduce 0 join %\n0 recv any any\n0 recv any any\n\
             3 bcast 3 x\n3 send 1 0 y\n1 recv any any\n0-2 bcast 3 -\n"
        );
        let running = ranks(&room, 4, transport, &script).spawn();
        gate.reached();
        running.asleep();
        gate.open();
        let done = running.wait();
        done.code(0);
        let (a, b) = (format!("bcast {a}"), format!("bcast {b}"));
        let (got, late) = (format!("got 1 0 {word}"), "got 2 0 late".to_owned());
        expect_said(&done, 0, &[&a, &b, "reduce 0123", &got, &late, "bcast x"]);
        expect_said(&done, 1, &[&a, &b, "reduce -", "got 3 0 y", "bcast x"]);
        expect_said(&done, 2, &[&a, &b, "reduce -", "bcast x"]);
    }
}

/// (a + b) + c is not a + (b + c) in floating point. So values are joined in an order that depends on the ranks,
/// and not on who comes first: here each rank comes at another time, and the bits are the same in all runs, and on
/// both transports.
#[rstest]
#[case(3)]
#[case(6)]
fn a_sum_of_floats_does_not_depend_on_who_comes_first(#[case] n: usize) {
    let values: Vec<String> = {
        let room = Room::new();
        let large = room.number(16..19);
        // A small one is lost beside a large one, and is not if the large ones have met before.
        let value = |i: usize| match i % 3 {
            0 => format!("1e{large}"),
            1 => format!("0.{}1", room.number(1..1_000_000)),
            _ => format!("-1e{large}"),
        };
        (0..n).map(value).collect()
    };
    let mut seen: Vec<String> = Vec::new();
    for (transport, first) in
        [("pipes", None), ("pipes", Some(n - 1)), ("sockets", Some(0)), ("pipes", Some(1))]
    {
        let room = Room::new();
        let gates: Vec<_> = (0..n).map(|rank| room.gate(&format!("door{rank}"))).collect();
        let sums: String = (0..n)
            .map(|rank| {
                format!(
                    "{rank} gate door{rank}\n{rank} reduce 0 fsum {0}\n{rank} allreduce fsum {0}\n",
                    values[rank]
                )
            })
            .collect();
        let running = ranks(&room, n, transport, &sums).spawn();
        gates.iter().for_each(testkit::Gate::reached);
        // One after the other, beginning behind `first`, backwards; or all at once.
        for i in 0..n {
            let rank = first.map_or(i, |first| (first + n - i) % n);
            gates[rank].open();
            if first.is_some() {
                running.asleep();
            }
        }
        let done = running.wait();
        done.code(0);
        seen.push(said(&done).get(&0).map_or(String::new(), |lines| lines.join(", ")));
        let of_others = said(&done).get(&(n - 1)).and_then(|lines| lines.get(1).cloned());
        done.check(of_others == said(&done)[&0].get(1).cloned(), "`allreduce` gives all ranks the same bits");
    }
    assert!(
        seen.iter().all(|sums| *sums == seen[0]),
        "the sum depends on who comes first\nexpected: the same bits in all runs: {}\nreceived: {}",
        seen[0],
        seen.iter().find(|sums| **sums != seen[0]).map_or("", |sums| sums)
    );
    let about: f64 = values.iter().filter_map(|value| value.parse::<f64>().ok()).sum();
    let found = seen[0].rsplit_once(' ').and_then(|(_, sum)| sum.parse::<f64>().ok()).unwrap_or(f64::NAN);
    assert!((found - about).abs() < 100.0, "the sum is wrong\nexpected: about {about}\nreceived: {found}");
}

/// A root that sends N-1 messages itself needs N-1 rounds; a tree needs ceil(log2 N), because who has got the
/// message passes it on in the next round. `bcast` and `reduce`: at most N-1 messages in ceil(log2 N) rounds;
/// `barrier` and `allreduce`: at most twice that. Both are counted in the trace.
#[rstest]
#[case::bcast("bcast ROOT word", 1)]
#[case::reduce("reduce ROOT join x", 1)]
#[case::barrier("barrier", 2)]
#[case::allreduce("allreduce join x", 2)]
fn rounds_grow_with_the_logarithm(#[case] command: &str, #[case] factor: usize) {
    let room = Room::new();
    for n in [1, 2, 3, 6, 8, 13, 16, 33] {
        let root = room.number(0..n as u64);
        let command = command.replace("ROOT", &root.to_string());
        let name = format!("trace{n}");
        let done =
            ranks(&room, n, "pipes", &format!("* {command}\n")).env("IPCLAB_TRACE", room.path(&name)).run();
        done.code(0);
        let events = collective(&read(&room, &name));
        let (sent, taken) = (messages(&events), events.len() - messages(&events));
        let limit = (factor * (n - 1), factor as u32 * halvings(n));
        let rounds = rounds(&events);
        let how = match rounds {
            Some(rounds) => format!("in {rounds} rounds (see `rounds` in spec/trace.rs)"),
            None => "and in the trace a recv without its send before it".to_owned(),
        };
        assert!(
            sent >= n - 1
                && sent <= limit.0
                && taken == sent
                && rounds.is_some_and(|rounds| rounds <= limit.1),
            "by its trace, `{command}` of {n} ranks takes too long, or the trace is not whole\nexpected: {} to {} messages, all received, in at most {} rounds\nreceived: {sent} messages, {taken} received, {how}",
            n - 1,
            limit.0,
            limit.1
        );
    }
}

/// A trace is worth what it is true. Forty collectives more are as many messages more as it says: each costs one or
/// two calls of write or send, no more and no less. And who passes a message on, by the trace, does: while it is
/// held back, those behind it wait. All ranks append to one file: whoever cuts it off when he opens it, or writes at a
/// place of his own, loses what others have written. open(2): O_APPEND.
#[test]
fn the_trace_tells_the_truth() {
    let n = 8;
    // How often mpirun writes the few lines of its ranks depends on how they come.
    let noise = 50;
    for transport in TRANSPORTS {
        let calls = |times: u32| {
            let room = Room::new();
            let script = format!("* times {times} allreduce sum 1\n* times {times} bcast 3 x\n");
            transfers(ranks(&room, n, transport, &script).trace(Fault::Count).run().code(0))
        };
        let more = calls(42).saturating_sub(calls(2));
        let messages = 40 * 3 * (n as u64 - 1);
        assert!(
            (messages - noise..=2 * messages + noise).contains(&more),
            "the trace hides messages, or messages cost too much\nexpected: 40 times `allreduce` and `bcast` of {n} ranks are {messages} messages, each 1 or 2 calls of write or send\nreceived: {more} calls on {transport}"
        );
    }

    let passes_on = |events: &[super::trace::Event]| {
        let forwarder = |rank: &usize| events.iter().any(|event| event.is_send && event.from == *rank);
        (1..n).find(forwarder)
    };
    let room = Room::new();
    ranks(&room, n, "pipes", "* bcast 0 word\n").env("IPCLAB_TRACE", room.path("first")).run().code(0);
    let held = passes_on(&collective(&read(&room, "first"))).unwrap_or(1);
    let gate = room.gate("door");
    // What another run has left there.
    let before = "send 0 1 5 12345\n";
    room.write("second", before);
    let running = ranks(&room, n, "pipes", &format!("{held} gate door\n* bcast 0 word\n"))
        .env("IPCLAB_TRACE", room.path("second"))
        .spawn();
    gate.reached();
    running.asleep();
    let through = lines_now(&running);
    gate.open();
    running.wait().code(0);
    let kept = room.read("second").starts_with(before.as_bytes());
    let events = collective(&read(&room, "second"));
    let (sent, taken) = (messages(&events), events.len() - messages(&events));
    assert!(
        kept && (sent, taken) == (n - 1, n - 1),
        "{n} ranks write one trace, and lines of it are lost: a rank does not append\nexpected: the line that was there before, and {0} lines `send` and {0} lines `recv` of one `bcast`\nreceived: the line before is {1}, {sent} `send`, {taken} `recv`",
        n - 1,
        if kept { "there" } else { "gone" }
    );
    let behind = events.iter().filter(|event| event.is_send && event.from == held).map(|event| event.to);
    let early: Vec<usize> =
        behind.filter(|to| through.iter().any(|line| line.starts_with(&format!("{to} ")))).collect();
    assert!(
        early.is_empty(),
        "the trace does not tell how the message went\nexpected: rank {} waits for rank {held}, which passes `bcast` on to it by the trace\nreceived: it was through while rank {held} stood at a gate",
        early[0]
    );
}

/// Calls that write or send, of all processes.
fn transfers(done: &Finished) -> u64 {
    let names = ["write", "writev", "sendto", "sendmsg", "sendmmsg", "splice", "pwrite64", "vmsplice", "tee"];
    names.iter().map(|name| done.calls_of(name)).sum()
}
