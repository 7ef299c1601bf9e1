//! Milestone 4: ranks, and messages between two of them.
//! Man pages: fork(2), execve(2), pipe(7), unix(7), poll(2), environ(7).

use rstest::rstest;
use testkit::helpers::{hash_line, spew_bytes};
use testkit::{Program, Room, bin, list};

use super::{TRANSPORTS, expect_said, lines_now, mpirun, ranks, said, wait};

/// How `ranks` shows a long message of `n` bytes.
fn shown(n: usize) -> String {
    let line = hash_line(&spew_bytes(n));
    let (length, sum) = line.trim_end().split_once(' ').unwrap_or_default();
    format!("{length} bytes {sum}")
}

/// mpirun starts N ranks, 0 to N-1, and each learns its rank and the size. Standard input is that of rank 0; the
/// others have an empty one. Without mpirun a rank is alone in its world. Any program can be started, with no signal
/// blocked, whatever mpirun has blocked for itself; and one that is not there is told. sigprocmask(2), execve(2).
#[rstest]
#[case::alone(1)]
#[case::two(2)]
#[case::many(64)]
fn each_rank_knows_its_place(#[case] n: usize) {
    let room = Room::new();
    let word = room.word();
    for transport in TRANSPORTS {
        let done = ranks(&room, n, transport, "* size\n* read\n").stdin(format!("{word}\n")).run();
        done.code(0).stderr("");
        for rank in 0..n {
            let read = if rank == 0 { format!("read {word}") } else { "read end".to_owned() };
            expect_said(&done, rank, &[format!("of {n}"), read]);
        }
    }

    let ranks: Program = bin!("ranks");
    let done = room.command(ranks).arg("script").run();
    done.code(0).stdout("0 of 1\n0 read end\n");
    let done = mpirun(&room, &format!("-n {n} sh -c")).arg("echo $IPCLAB_RANK/$IPCLAB_SIZE").run();
    let mut lines: Vec<String> = done.stdout_text().lines().map(str::to_owned).collect();
    let mut wanted: Vec<String> = (0..n).map(|rank| format!("{rank}/{n}")).collect();
    lines.sort();
    wanted.sort();
    done.code(0).check(lines == wanted, "each rank has IPCLAB_RANK and IPCLAB_SIZE in its environment");
    let done = mpirun(&room, &format!("-n {n} sigs")).run();
    let blocked = done.stdout_text().lines().filter(|line| !line.starts_with("blocked - ")).count();
    done.code(0)
        .check(blocked == 0, "no rank starts with a signal blocked: each line begins with `blocked - `");
    mpirun(&room, &format!("-n {n} ./nosuch"))
        .run()
        .code(127)
        .stderr("mpirun: ./nosuch: No such file or directory\n");
}

/// Messages from one rank to another come in the order in which they were sent, short ones and long ones; also
/// those of a rank to itself. Several senders do not mix their bytes. pipe(7) on PIPE_BUF.
#[rstest]
#[case::on_pipes("pipes")]
#[case::on_sockets("sockets")]
fn messages_of_a_pair_keep_their_order(#[case] transport: &str) {
    let room = Room::new();
    let lengths: Vec<usize> =
        (0..40).map(|i| [300, 4000, 5000, 70_000][i % 4] + room.number(0..300) as usize).collect();
    let lengths = &lengths;
    let senders = [1, 2, 3, 0];
    let send: String = lengths.iter().map(|n| format!("* send 0 7 @{n}\n")).collect();
    let receive = |from: usize| (0..lengths.len()).map(move |_| format!("0 recv {from} any\n"));
    let script: String = senders.iter().flat_map(|&from| receive(from)).collect();

    let done = ranks(&room, 4, transport, &(send + &script)).run();
    done.code(0).stderr("");
    let short = |n: usize| shown(n);
    let got =
        senders.iter().flat_map(|&from| lengths.iter().map(move |&n| format!("got {from} 7 {}", short(n))));
    expect_said(&done, 0, &got.collect::<Vec<_>>());
}

/// `recv` takes the first message that fits, and leaves the others for later: by sender, by tag, by both; `any`
/// fits all, and the receiver learns who has sent. A message that was not asked for yet is neither lost nor in the
/// way, and one of no bytes is a message.
#[rstest]
#[case::on_pipes("pipes")]
#[case::on_sockets("sockets")]
fn a_receiver_chooses_by_sender_and_tag(#[case] transport: &str) {
    let room = Room::new();
    let (a, b, c, d) = (room.word(), room.word(), room.word(), room.word());
    let script = format!(
        "1 send 0 5 {a}\n1 send 0 3 {b}\n1 send 0 5 {c}\n1 send 0 6 @0\n1 send 2 9 go\n\
         2 recv 1 9\n2 send 0 3 {d}\n2 send 0 8 last\n\
         0 recv any 8\n0 recv 1 3\n0 recv any 3\n0 recv 1 any\n0 recv any any\n0 recv 1 6\n"
    );

    let what =
        "all messages to be received (one that does not fit is kept, and one of no bytes is a message)";
    let done = wait(ranks(&room, 3, transport, &script).spawn(), what);
    done.code(0).stderr("");
    let wanted = [
        "got 2 8 last".to_owned(),
        format!("got 1 3 {b}"),
        format!("got 2 3 {d}"),
        format!("got 1 5 {a}"),
        format!("got 1 5 {c}"),
        "got 1 6 ".to_owned(),
    ];
    expect_said(&done, 0, &wanted);
}

/// Two ranks send each other eight mebibytes, and receive only then; or three in a ring two each. Whatever is
/// between them is full long before: a send that waits for room must take what comes meanwhile, or both wait for
/// each other.
#[rstest]
#[case::two_on_pipes("pipes", 2)]
#[case::two_on_sockets("sockets", 2)]
#[case::three_on_pipes("pipes", 3)]
#[case::three_on_sockets("sockets", 3)]
fn ranks_may_send_eight_mebibytes_at_once(#[case] transport: &str, #[case] n: usize) {
    let room = Room::new();
    let bytes = (if n == 2 { 8 << 20 } else { 2 << 20 }) + room.number(0..5000) as usize;
    let script: String = (0..n)
        .map(|rank| {
            let (next, last) = ((rank + 1) % n, (rank + n - 1) % n);
            format!("{rank} send {next} 1 @{bytes}\n{rank} recv {last} 1\n")
        })
        .collect();

    let running = ranks(&room, n, transport, &script).spawn();
    let what = "all ranks to get through `send` (who waits for room must take what comes meanwhile), and then `recv`";
    let done = wait(running, what);
    done.code(0).stderr("");
    for rank in 0..n {
        expect_said(&done, rank, &[format!("got {} 1 {}", (rank + n - 1) % n, shown(bytes))]);
    }
}

/// What ranks print comes out line by line: two ranks that print half a line each, and then the other half, print
/// two lines. A line comes out when it is whole, not when the rank ends. A last one without its newline gets one.
#[test]
fn lines_come_out_whole() {
    let room = Room::new();
    let (one, other) = (room.gate("one"), room.gate("other"));
    let script = "0,1 piece half-of-%-\n0,1 gate one\n0,1 piece rest-of-%\n0,1 newline\n0,1 gate other\n0,1 piece end-of-%\n";
    let running = ranks(&room, 2, "pipes", script).spawn();
    one.reached_by(2);
    running.asleep();
    let early = running.stdout_now();
    assert!(
        early.is_empty(),
        "a part of a line came out\nexpected: nothing before a line is whole\nreceived: {}",
        String::from_utf8_lossy(&early)
    );
    one.open();
    other.reached_by(2);
    let mut wanted = vec!["half-of-0-rest-of-0".to_owned(), "half-of-1-rest-of-1".to_owned()];
    let sorted_lines = || {
        let mut lines = lines_now(&running);
        lines.sort();
        lines
    };
    running
        .eventually(|| sorted_lines().len() >= 2, "two whole lines to come out while the ranks still live");
    assert!(
        sorted_lines() == wanted,
        "the lines of two ranks are mixed\nexpected: {}\nreceived: {}",
        list(&wanted),
        list(&sorted_lines())
    );
    other.open();
    let done = running.wait();
    done.code(0);
    wanted.extend(["end-of-0".to_owned(), "end-of-1".to_owned()]);
    let mut lines: Vec<String> = done.stdout_text().lines().map(str::to_owned).collect();
    lines.sort();
    wanted.sort();
    done.check(lines == wanted && done.stdout_text().ends_with('\n'), format!("the lines {}", list(&wanted)));
}

/// `--transport pipes` and `--transport sockets`: the same program gets the same results, whatever carries its
/// messages. On pipes no rank has a socket; on sockets each rank that takes part has one. proc(5): `/proc/PID/fd`.
#[test]
fn both_transports_give_the_same_results() {
    let room = Room::new();
    let n = room.number(3..6) as usize;
    let mut script = String::new();
    for _ in 0..30 {
        let (from, to) = (room.number(0..n as u64), room.number(0..n as u64));
        let (tag, bytes) = (room.number(0..3), room.number(1..20_000));
        script += &format!("{from} send {to} {tag} @{bytes}\n{to} recv {from} {tag}\n");
    }
    script += "* gate door\n";
    let mut results = Vec::new();
    for transport in TRANSPORTS {
        let room = Room::new();
        let gate = room.gate("door");
        let running = ranks(&room, n, transport, &script).spawn();
        gate.reached_by(n);
        let has_socket = |pid: i32| {
            let held = testkit::Proc::read(pid).map(|rank| rank.descriptors()).unwrap_or_default();
            held.iter().any(|fd| fd.number > 2 && fd.target.starts_with("socket:"))
        };
        let with_sockets = gate.visitors().into_iter().filter(|&pid| has_socket(pid)).count();
        let wanted = if transport == "pipes" { 0 } else { n };
        assert!(
            with_sockets == wanted,
            "the wrong transport\nexpected: with `--transport {transport}`, {wanted} of {n} ranks have a socket\nreceived: {with_sockets}"
        );
        gate.open();
        let done = running.wait();
        done.code(0).stderr("");
        results.push(said(&done));
    }
    let differs = (0..n).find(|rank| results[0].get(rank) != results[1].get(rank));
    assert!(
        differs.is_none(),
        "pipes and sockets give different results\nexpected: the same lines of each rank\nreceived: rank {} prints other lines",
        differs.unwrap_or(0)
    );
}

/// Who waits, sleeps: a rank in `recv`, and mpirun while its ranks run. No processor time, no waking up to look
/// around. poll(2).
#[rstest]
#[case::on_pipes("pipes")]
#[case::on_sockets("sockets")]
fn waiting_costs_no_processor_time(#[case] transport: &str) {
    let room = Room::new();
    let gate = room.gate("door");
    let script = "0 gate door\n0 send 1 0 go\n1-2 recv any any\n1 send 2 0 on\n";

    let running = ranks(&room, 3, transport, script).spawn();
    gate.reached();
    running.asleep();
    running.assert_all_idle();
    gate.open();
    let done = running.wait();
    done.code(0);
    expect_said(&done, 2, &["got 1 0 on"]);
}
