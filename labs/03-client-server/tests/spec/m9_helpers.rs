//! Milestone 9: helper processes that wait for files, and descriptors that travel.
//! Man pages: fifo(7), socketpair(2), fork(2), prctl(2): PR_SET_PDEATHSIG, cmsg(3), unix(7): SCM_RIGHTS.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::OwnedFd;

use rstest::rstest;
use testkit::{Address, Fault, Peer, Room, Running, Signal, SlowFile, same_bytes};

use super::{Site, TCP, UNIX, ask, command, ok, ready, serve};

/// An open that waits is the end of a server that opens by itself: no poll helps, for a file is always "ready". So files are
/// left to helpers. Here two dozen files keep their readers waiting, then more than any pool has helpers, and those who want
/// something else are served. fifo(7), open(2).
#[rstest]
#[case::unix(UNIX)]
#[case::tcp(TCP)]
fn a_file_that_waits_holds_up_nobody(#[case] options: &[&str]) {
    let room = Room::new();
    let site = serve(&room, options);
    let content = room.bytes(200_000);
    room.write("files/file", &content);
    let mut waiting: Vec<(Peer, SlowFile<'_>)> = (1..=24).map(|number| waits(&room, &site, number)).collect();
    site.server.asleep();
    for name in ["another client", "one more client"] {
        site.serves(&room, name);
        let client = site.client(&room, name);
        client.send("GET file\nBATCH 2 file\n").expect(ok(&content)).expect(ok(&content).repeat(2));
    }
    waiting.extend((25..=80).map(|number| waits(&room, &site, number)));
    site.server.asleep();
    site.serves(&room, "the last client");

    // Sixty-four are surely read by now, the others when there is a helper for them.
    let last = waiting.split_off(64);
    for mut waiting in [waiting, last] {
        while !waiting.is_empty() {
            let (client, fifo) = waiting.swap_remove(room.number(0..waiting.len() as u64) as usize);
            let word = room.word();
            fifo.is_read().send(&word).close();
            client.expect(ok(&word)).expect(ok("after"));
        }
    }
    site.end();
}

/// `queued` is what has not begun of the BATCHes under way. It can be asked for while a block waits, and ABORT makes it
/// nothing, for all clients.
#[test]
fn the_queue_can_be_seen_while_a_file_waits() {
    let room = Room::new();
    let site = serve(&room, &["--unix", "s", "--control", "c"]);
    let fifos = ["one", "two"].map(|name| room.slow_file(format!("files/{name}")));
    let numbers = [room.number(3..30) as usize, room.number(3..30) as usize];
    let clients = ["one", "two"].map(|name| site.client(&room, &format!("the client of {name}")));
    for ((client, number), name) in clients.iter().zip(numbers).zip(["one", "two"]) {
        client.send(format!("BATCH {number} {name}\n"));
    }
    for fifo in &fifos {
        fifo.is_read();
    }
    let stat = |served, queued| ok(format!("clients=3 served={served} queued={queued}"));
    let client = site.client(&room, "the client that asks for STAT");
    client.send("STAT\n").expect(stat(0, numbers[0] + numbers[1] - 2));

    let word = room.word();
    fifos[0].send(&word).close();
    clients[0].expect(ok(&word));
    fifos[0].is_read();
    site.server.asleep();
    client.send("STAT\n").expect(stat(2, numbers[0] + numbers[1] - 3));
    room.connect(&Address::Unix("c".into())).called("the overseer").send("ABORT\n").expect(ok(""));
    client.send("STAT\n").expect(stat(3, 0));
    for ((client, fifo), left) in clients.iter().zip(&fifos).zip([numbers[0] - 2, numbers[1] - 1]) {
        fifo.send(&word).close();
        client.expect(ok(&word));
        for _ in 0..left {
            client.expect("ERR 503 aborted\n");
        }
    }
    site.end();
}

/// The process that was started as filed does not touch the files: it would wait for them. Whoever has a file open for GET is
/// one of its descendants. proc(5): /proc/PID/fd.
#[test]
fn a_helper_reads_the_file() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let fifo = room.slow_file("files/fifo");
    sparse(&room, "files/big");
    let (client, slow) = (site.client(&room, "the client"), site.client(&room, "the slow reader"));
    client.send("GET fifo\n");
    slow.send("GET big\n");
    fifo.is_read();
    site.server.asleep();
    let readers = fifo.readers(&site.server);
    assert!(
        !readers.is_empty() && readers.iter().all(|reader| reader.pid != site.server.pid()),
        "the process started as filed reads a file itself\nexpected: one of its descendants has `fifo` open\nreceived: {}",
        if readers.is_empty() { "nobody has it open" } else { "filed itself has it open" }
    );
    let own =
        site.server.fds().into_iter().any(|open| open.target == room.path("files/big").to_string_lossy());
    assert!(
        !own,
        "the process started as filed reads a file itself\nexpected: one of its descendants has `big` open\nreceived: filed itself has it open"
    );
    let word = room.word();
    fifo.send(&word).close();
    client.expect(ok(&word));
    drop(slow);
    site.end();
}

/// A helper may die: a bug, a full disk, an administrator. It costs the answer that it worked on, and nothing else: filed says
/// 503, reaps it, and has another one for the next request. waitpid(2), signal(7): SIGCHLD.
#[test]
fn a_killed_helper_costs_one_answer() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let content = room.bytes(100_000);
    room.write("files/file", &content);
    let (client, other) = (site.client(&room, "the client"), site.client(&room, "another client"));
    let waiting = room.slow_file("files/waiting");
    other.send("GET waiting\n");
    waiting.is_read();
    for turn in 0..3 {
        let fifo = room.slow_file(format!("files/fifo{turn}"));
        client.send(format!("GET fifo{turn}\nECHO a\nGET file\n"));
        fifo.is_read();
        // Until its open has returned.
        site.server.asleep();
        fifo.readers(&site.server).iter().for_each(|helper| helper.kill(Signal::SIGKILL));
        client.expect("ERR 503 failed\n").expect(ok("a")).expect(ok(&content));
    }
    waiting.send("still here").close();
    other.expect(ok("still here"));
    site.server.assert_no_zombie();

    // In the middle of a body there is no way to say so, but to close.
    sparse(&room, "files/big");
    let slow = site.client(&room, "the slow reader");
    slow.send("GET big\n");
    site.server.asleep();
    let big = room.path("files/big");
    let helpers: Vec<_> = site
        .server
        .descendants()
        .into_iter()
        .filter(|helper| helper.descriptors().iter().any(|open| open.target == big.to_string_lossy()))
        .collect();
    helpers.iter().for_each(|helper| helper.kill(Signal::SIGKILL));
    site.server.assert_all_idle();
    if !helpers.is_empty() {
        slow.expect(format!("OK {BIG}\n")).is_over();
    }
    site.server.assert_no_zombie();
    client.send("GET file\n").expect(ok(&content));
    site.end();
}

/// fork copies every descriptor: a helper that was made while ten clients were connected has ten connections that are none of
/// its business. As long as it lives, none of these clients sees the end of its connection. close_range(2), pipe(7).
#[test]
fn a_helper_keeps_no_other_connection_open() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let early = site.client(&room, "the client that came before the helper");
    early.send("ECHO a\n").expect(ok("a"));
    let (first, fifo) = waits(&room, &site, 1);
    fifo.is_read();
    let late = site.client(&room, "the client that came after the helper");
    late.send("ECHO a\n").expect(ok("a"));
    let (second, other) = waits(&room, &site, 2);
    other.is_read();

    early.send("QUIT\n").ends();
    late.half_close().ends();
    // A helper that keeps the socket of another helper keeps it alive.
    fifo.send("one").close();
    first.expect(ok("one")).expect(ok("after"));
    first.send("QUIT\n").ends();
    other.send("two").close();
    second.expect(ok("two")).expect(ok("after"));
    second.send("QUIT\n").ends();
    site.end();
}

/// filed may be killed, and cannot say good-bye to its helpers. Those that wait for a file would wait on, for ever, as nobody's
/// children. prctl(2): PR_SET_PDEATHSIG.
#[test]
fn no_helper_outlives_filed() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    room.write("files/file", "x");
    sparse(&room, "files/big");
    let waiting: Vec<_> = (1..=3).map(|number| waits(&room, &site, number)).collect();
    waiting[1].1.is_read();
    let slow = site.client(&room, "the slow reader");
    slow.send("GET big\n");
    let client = site.client(&room, "the client");
    client.send("GET file\n").expect(ok("x"));
    site.server.asleep();
    // Whoever is left is found when the room is closed.
    drop((client, slow));
    let (clients, _fifos): (Vec<Peer>, Vec<SlowFile<'_>>) = waiting.into_iter().unzip();
    site.end();
    drop(clients);
}

/// A descriptor can be passed on: the receiver has then the file itself, open, whatever its name and rights say. It travels
/// beside a byte, the first of its answer. cmsg(3), unix(7): SCM_RIGHTS.
#[test]
fn getfd_passes_the_open_file() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let (content, word) = (room.bytes(150_000), room.word());
    room.write("files/file", &content);
    room.write("secret", &word);
    let client = site.client(&room, "the client");
    for _ in 0..2 {
        // Two answers at once: the descriptor belongs to the second.
        client.send(format!("ECHO {word}\nGETFD file\n"));
        site.server.asleep();
        let echo = ok(&word);
        let (bytes, early) = client.take_with_descriptors(echo.len());
        same_bytes("the answer before the descriptor", &echo, &bytes);
        assert!(
            early.is_empty(),
            "the descriptor comes too early\nexpected: it comes with the first byte of `OK 0`\nreceived: it came with the answer before"
        );
        let file = passed(&client);
        let mut file = File::from(file);
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("read the file that was passed");
        same_bytes("what is read from the descriptor", &content, &bytes);
        assert!(
            file.rewind().is_ok() && file.write(b"x").is_err(),
            "the descriptor is not what was asked for\nexpected: a file, open for reading only\nreceived: it can be written, or it is no file"
        );
    }
    client.send("GETFD nosuch\nGETFD ../secret\nGETFD .\nGETFD\n");
    client.expect("ERR 404 not found\nERR 403 forbidden\nERR 404 not found\nERR 400 usage\n");
    ask(&room, "unix:s", &["GETFD", "file"]).run().code(0).stdout(&content).stderr("");
    ask(&room, "unix:s", &["GETFD", "nosuch"]).run().code(1).stdout("").stderr("filec: ERR 404 not found\n");
    site.end();

    let site = serve(&room, TCP);
    site.client(&room, "the client over TCP").send("GETFD file\n").expect("ERR 400 not possible here\n");
    site.end();
    // filec knows an answer without its descriptor.
    let server = room.listen(&Address::Unix("server".into()));
    let client = ask(&room, "unix:server", &["GETFD", "file"]).spawn();
    server.accept().called("the server").expect("GETFD file\n").send(ok(""));
    client.wait().code(4).stdout("").stderr(testkit::one_line("filec: bad answer: "));
}

/// What was passed is the receiver's. The sender's copy is a copy: kept, it costs a descriptor for each request, and the file
/// stays open for ever. sendmsg(2), close(2).
#[test]
fn filed_keeps_no_descriptor_that_it_passed() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    room.write("files/file", "x");
    let client = site.client(&room, "the client");
    let all = |server: &Running| -> usize {
        server.fds().len()
            + server.descendants().iter().map(|helper| helper.descriptors().len()).sum::<usize>()
    };
    let mut counts = Vec::new();
    for number in [20, 300] {
        for _ in 0..number {
            client.send("GETFD file\n");
            drop(passed(&client));
        }
        site.server.asleep();
        counts.push(all(&site.server));
    }
    assert!(
        counts[1] <= counts[0],
        "filed and its helpers have more and more descriptors\nexpected: after 320 GETFD as many as after 20, {}\nreceived: {}",
        counts[0],
        counts[1]
    );
    site.end();
}

/// What a request costs is counted, not timed: all system calls of all processes and threads of filed, for one hundred small
/// requests, each sent when the one before is answered. Six for each are enough for every design. ptrace(2).
#[rstest]
#[case::unix(UNIX)]
#[case::tcp(TCP)]
fn a_small_request_costs_at_most_six_calls(#[case] options: &[&str]) {
    let cost = |requests: u64| {
        let room = Room::new();
        let site = ready(command(&room, options).trace(Fault::Count).spawn());
        let client = site.client(&room, "the client");
        for _ in 0..requests {
            client.send("ECHO a\n").expect(ok("a"));
        }
        drop(client);
        site.server.asleep();
        site.end().calls().values().sum::<u64>()
    };
    let (few, many) = (cost(10), cost(110));
    let calls = many.saturating_sub(few);
    assert!(
        calls <= 600,
        "a small request costs too many system calls\nexpected: at most 600 for 100 requests\nreceived: {calls}"
    );
}

/// The size of the file that nobody reads to its end.
const BIG: u64 = 24 << 20;

/// A large file that takes no room.
fn sparse(room: &Room, name: &str) {
    File::create(room.path(name)).and_then(|file| file.set_len(BIG)).expect("make a sparse file");
}

/// A client that waits for a FIFO of its own, and has an ECHO behind.
fn waits<'a>(room: &'a Room, site: &Site, number: usize) -> (Peer, SlowFile<'a>) {
    let fifo = room.slow_file(format!("files/fifo {number}"));
    let client = site.client(room, &format!("the client of fifo {number}"));
    client.send(format!("GET fifo {number}\nECHO after\n"));
    (client, fifo)
}

/// The answer to GETFD, and the descriptor that came with its first byte.
fn passed(client: &Peer) -> OwnedFd {
    let (byte, mut descriptors) = client.take_with_descriptors(1);
    let received = descriptors.len();
    let descriptor = descriptors.pop().filter(|_| received == 1 && byte == b"O");
    let descriptor = descriptor.unwrap_or_else(|| {
        panic!("no descriptor comes with the first byte of the answer\nexpected: `O` and one descriptor\nreceived: `{}` and {received} descriptors", testkit::visible(&byte))
    });
    client.expect("K 0\n");
    descriptor
}
