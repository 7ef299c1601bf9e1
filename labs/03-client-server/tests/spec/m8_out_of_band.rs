//! Milestone 8: many reads asked for at once, and a second way in for whoever wants to stop them.
//! Man pages: unix(7), poll(2), tcp(7): urgent data, which is what TCP has instead.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rstest::rstest;
use testkit::{Address, Peer, Room, same_bytes};

use super::{UNIX, ok, serve};

const CONTROLLED: &[&str] = &["--unix", "s", "--control", "c"];

/// `BATCH K NAME` is K reads, one after the other, each a block of its own: the file is read anew each time. What is wrong is
/// wrong K times.
#[test]
fn a_batch_is_answered_block_by_block() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let (content, word) = (room.bytes(300), room.word());
    room.write("files/a file", &content);
    let client = site.client(&room, "the client");
    client.send(format!("BATCH 5 a file\nECHO {word}\nBATCH 2 nosuch\nBATCH 1 a file\nECHO end\n"));
    client.expect(ok(&content).repeat(5)).expect(ok(&word));
    client.expect("ERR 404 not found\n".repeat(2)).expect(ok(&content)).expect(ok("end"));
    client.send("BATCH 1000 a file\n").half_close();
    let all = ok(&content).repeat(1000);
    same_bytes("a thousand blocks", &all, &client.take(all.len()));
    client.ends();

    let fifo = room.slow_file("files/fifo");
    let client = site.client(&room, "the client of a FIFO");
    client.send("BATCH 3 fifo\nECHO end\n");
    for _ in 0..3 {
        let word = room.word();
        fifo.is_read().send(&word).close();
        client.expect(ok(&word));
    }
    client.expect(ok("end"));
    site.end();
}

/// Fifty reads are queued, and somebody wants them gone. A request on the same way in would wait behind them; so there is a
/// second way in, and filed looks there before each block. The block that has begun ends as it should. Whoever controls may
/// have been connected for long, or come only now.
#[rstest]
#[case::by_who_was_there_before(true)]
#[case::by_who_comes_now(false)]
fn abort_drops_what_is_queued(#[case] was_there: bool) {
    let room = Room::new();
    let site = serve(&room, CONTROLLED);
    let fifo = room.slow_file("files/fifo");
    let early = was_there.then(|| overseer(&room));
    let client = site.client(&room, "the client");
    for _ in 0..2 {
        let (queued, word) = (room.number(2..60) as usize, room.word());
        client.send(format!("BATCH {} fifo\n", queued + 1));
        fifo.is_read();
        let late = early.is_none().then(|| overseer(&room));
        let overseer = early.as_ref().or(late.as_ref()).expect("one of them");
        overseer.send("ABORT\n");
        // Whoever waits for the file sees the order when the file has been read.
        site.server.asleep();
        fifo.send(&word).close();
        client.expect(ok(&word));
        for _ in 0..queued {
            client.expect("ERR 503 aborted\n");
        }
        overseer.expect(ok(""));
        client.send("ECHO end\n").expect(ok("end"));
    }
    site.end();
}

/// ABORT is for what is queued now: not for the requests after the BATCH, not for the next BATCH, and not for a client that has
/// none. With nothing queued, it changes nothing.
#[test]
fn abort_leaves_other_requests_alone() {
    let room = Room::new();
    let site = serve(&room, CONTROLLED);
    let fifo = room.slow_file("files/fifo");
    let (content, word) = (room.bytes(2000), room.word());
    room.write("files/file", &content);
    let (overseer, client) = (overseer(&room), site.client(&room, "the client"));
    let other = site.client(&room, "another client");
    other.send("ECHO before\n").expect(ok("before"));

    overseer.send("ABORT\n").expect(ok(""));
    client.send("BATCH 3 file\n").expect(ok(&content).repeat(3));
    client.send(format!("BATCH 3 fifo\nECHO {word}\nGET file\nBATCH 2 file\n"));
    fifo.is_read();
    overseer.send("ABORT\n");
    site.server.asleep();
    fifo.send(&word).close();
    client.expect(ok(&word)).expect("ERR 503 aborted\n".repeat(2));
    client.expect(ok(&word)).expect(ok(&content)).expect(ok(&content).repeat(2));
    overseer.expect(ok(""));
    client.send("BATCH 3 file\n").expect(ok(&content).repeat(3));
    other.send("ECHO after\n").expect(ok("after"));
    site.end();
}

/// The second way in is narrow: one word, and its own errors. It is there when all places for clients are taken, for that is
/// when it is needed, and its file is as private as the first one.
#[test]
fn the_control_socket_keeps_its_own_rules() {
    let room = Room::new();
    let site = serve(&room, &["--unix", "s", "--control", "c", "--max-clients", "1"]);
    let mode = fs::metadata(room.path("c")).map_or(0, |meta| meta.permissions().mode() & 0o7777);
    assert!(
        mode == 0o600,
        "the control socket is not private\nexpected: mode 0600\nreceived: mode {mode:04o}"
    );

    let client = site.client(&room, "the only client");
    client.send("ECHO a\n").expect(ok("a"));
    let (first, second) = (overseer(&room), overseer(&room));
    first.send("ABORT\nABORT\r\n\nECHO a\nABORT now\nabort\nABORT\n");
    first
        .expect(ok("").repeat(2))
        .expect("ERR 400 empty\n")
        .expect("ERR 400 unknown\n".repeat(3))
        .expect(ok(""));
    second.send("ABO").all_is_read().send("RT\n").expect(ok(""));
    // Nobody of these is a client.
    client.send("STAT\n").expect(ok("clients=1 served=1 queued=0"));
    second.half_close().ends();
    first.send(room.word().repeat(1025)).expect("ERR 413 too long\n").is_over();
    site.client(&room, "the second client").expect("ERR 503 busy\n").ends();
    client.send("ECHO b\n").expect(ok("b"));
    site.end();
}

/// Whoever is in charge, connected to the control socket.
fn overseer(room: &Room) -> Peer {
    room.connect(&Address::Unix("c".into())).called("the overseer")
}
