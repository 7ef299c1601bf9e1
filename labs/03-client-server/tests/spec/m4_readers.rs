//! Milestone 4: files, and clients that do not read.
//! Man pages: open(2), fstat(2), read(2), send(2), poll(2), socket(7): SO_SNDBUF.

use std::fs::{File, OpenOptions};
use std::io::Write;

use rstest::rstest;
use testkit::{Room, same_bytes};

use super::{Site, TCP, UNIX, ok, serve};

/// One mebibyte.
const MIB: u64 = 1024 * 1024;

/// GET answers with the size and then the bytes of the file: none of them changed, none missing, whatever they are.
#[rstest]
#[case::unix(UNIX)]
#[case::tcp(TCP)]
fn get_sends_the_file_as_it_is(#[case] options: &[&str]) {
    let room = Room::new();
    let site = serve(&room, options);
    room.mkdir("files/sub folder");
    let client = site.client(&room, "the client");
    let sizes = [0, 1, 17, 4096, 65535, 65536, 65537, 200_000 + room.number(0..5000) as usize, 3 << 20];
    for (i, size) in sizes.into_iter().enumerate() {
        let name =
            if i % 2 == 0 { room.word() } else { format!("sub folder/{} {}", room.word(), room.word()) };
        let content = room.bytes(size);
        room.write(format!("files/{name}"), &content);
        client.send(format!("GET {name}\n")).expect(format!("OK {size}\n"));
        same_bytes(&format!("the body of `GET {name}` ({size} bytes)"), &content, &client.take(size));
    }
    client.send("ECHO end\n").expect(ok("end"));
    site.end();
}

/// A client asks for four mebibytes and reads none of them. Its buffers are full, and a blocking write waits there for
/// this client, and with it all the others. Who does not block keeps what is left and goes on. send(2): EAGAIN, poll(2).
#[rstest]
#[case::unix(UNIX)]
#[case::tcp(TCP)]
fn a_slow_reader_holds_up_nobody(#[case] options: &[&str]) {
    let room = Room::new();
    let site = serve(&room, options);
    let (big, small) = (room.bytes(12 << 20), room.bytes(1000));
    room.write("files/big", &big);
    room.write("files/small", &small);

    let slow = site.client(&room, "the slow reader");
    slow.send("GET big\n");
    site.server.asleep();
    site.serves(&room, "the second client");
    let client = site.client(&room, "the third client");
    client.send("GET small\n").expect(ok(&small));
    client.send("GET big\n").expect(format!("OK {}\n", big.len()));
    same_bytes("what the third client got", &big, &client.take(big.len()));
    slow.expect(format!("OK {}\n", big.len()));
    same_bytes("what the slow reader got in the end", &big, &slow.take(big.len()));
    slow.send("ECHO end\n").expect(ok("end"));
    site.end();
}

/// What fifty clients have asked for and not read is in the file, where it was. A server that reads it into memory for
/// them needs as much memory as its clients wish. Counted is what filed's processes have for themselves (Pss_Anon);
/// allowed are 2 MiB a connection and 16 MiB besides.
#[test]
fn fifty_slow_readers_cost_little_memory() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let content = room.bytes(4 << 20);
    room.write("files/big", &content);
    let head = format!("OK {}\n", content.len());

    let mut clients = Vec::new();
    for number in 1..=50 {
        let client = site.client(&room, &format!("slow reader {number}"));
        client.send("GET big\n");
        clients.push(client);
        // Early: a server that keeps it all shall not take the machine's memory first.
        if number % 5 == 1 {
            site.server.asleep();
            bounded(&site, number);
        }
    }
    site.server.asleep();
    bounded(&site, 50);
    let last = site.client(&room, "client 51, who reads");
    last.send("GET big\n").expect(&head);
    same_bytes("what client 51 got", &content, &last.take(content.len()));

    // Some of them read at last, in turns; the others leave in the middle.
    for client in clients.iter().step_by(7) {
        client.expect(&head);
        same_bytes("what a slow reader got in the end", &content, &client.take(content.len()));
    }
    drop(clients);
    site.end();
}

/// A client sends request after request, and takes no answer. Somebody must stop, and it cannot be the client: a server that
/// reads on keeps all the answers. It stops reading; the client's write then waits. That is backpressure.
#[test]
fn who_does_not_read_is_not_read_from() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let text = room.word().repeat(1000);
    let request = format!("ECHO {text}\n");
    let client = site.client(&room, "the client that reads no answer");

    let sent = site.flood(&client, request.as_bytes(), 40 * MIB as usize);
    assert!(
        sent < 40 * MIB as usize,
        "filed reads on from a client that takes no answers\nexpected: it stops reading when its answers are not taken\nreceived: it has taken {} MiB of requests",
        sent as u64 / MIB
    );
    bounded(&site, 1);
    site.server.assert_all_idle();
    site.serves(&room, "another client");

    // Whole requests are answered, when their client reads at last.
    let (whole, part) = (sent / request.len(), sent % request.len());
    for _ in 0..whole {
        client.expect(ok(&text));
    }
    client.send(&request.as_bytes()[part..]).expect(ok(&text));
    site.end();
}

/// Answers come in the order of the requests, also if the first takes longer than the second. The client has nothing else
/// to know which is which.
#[rstest]
#[case::unix(UNIX)]
#[case::tcp(TCP)]
fn answers_keep_the_order_of_their_requests(#[case] options: &[&str]) {
    let room = Room::new();
    let site = serve(&room, options);
    let (big, small, word) = (room.bytes(2 << 20), room.bytes(300), room.word());
    room.write("files/big", &big);
    room.write("files/small", &small);

    let client = site.client(&room, "the client");
    client.send(format!("GET big\nECHO {word}\nGET small\nnosuch\nGET big\nGET small\nECHO end\n"));
    let unknown = b"ERR 400 unknown\n".to_vec();
    let answers = [ok(&big), ok(&word), ok(&small), unknown, ok(&big), ok(&small), ok("end")].concat();
    same_bytes("the answers, one after the other,", &answers, &client.take(answers.len()));
    site.end();
}

/// N was promised when the file was opened. If the file grows, N bytes are sent, and not one more: it would be taken for
/// the next answer. If it shrinks, the promise cannot be kept; invented bytes would be worse than an honest end.
#[rstest]
#[case::it_grows(true)]
#[case::it_shrinks(false)]
fn a_file_may_grow_or_shrink_on_its_way(#[case] grows: bool) {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let size = 24 * MIB;
    let sparse = File::create(room.path("files/big")).and_then(|file| file.set_len(size));
    sparse.expect("make a sparse file");

    let client = site.client(&room, "the client whose file is changed");
    client.send("GET big\n");
    site.server.asleep();
    let file = OpenOptions::new().append(true).open(room.path("files/big"));
    let mut file = file.expect("open the file again");
    if grows {
        file.write_all(&room.bytes(5000)).expect("add to the file");
        client.send("ECHO end\n").expect(format!("OK {size}\n"));
        client.take_through(size, |_, piece| {
            assert!(
                piece.iter().all(|&byte| byte == 0),
                "the body has bytes that the file did not have\nexpected: zeros only\nreceived: others"
            );
        });
        client.expect(ok("end"));
    } else {
        file.set_len(0).expect("cut the file");
        client.expect(format!("OK {size}\n")).is_over();
    }
    site.serves(&room, "another client");
    site.end();
}

/// The memory that the contract allows with so many connections.
fn bounded(site: &Site, connections: u64) {
    let (most, memory) = ((2 * connections + 16) * MIB, site.server.anonymous_memory());
    assert!(
        memory <= most,
        "filed keeps in memory what its clients do not read\nexpected: with {connections} connections at most {} MiB (2 for each, and 16)\nreceived: {} MiB",
        most / MIB,
        memory / MIB
    );
}
