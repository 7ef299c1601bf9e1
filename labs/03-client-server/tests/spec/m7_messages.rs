//! Milestone 7: datagrams and packets: messages that keep their ends.
//! Man pages: unix(7), socket(2): SOCK_DGRAM, SOCK_SEQPACKET, recv(2): MSG_TRUNC, sendto(2).

use rstest::rstest;
use testkit::{Address, Datagram, Room, same_bytes};

use super::{Site, ok, serve};

const DGRAM: &[&str] = &["--unix", "s", "--dgram"];
const SEQPACKET: &[&str] = &["--unix", "s", "--seqpacket"];

/// One datagram is one request, with or without an LF at its end; one datagram is its answer. An LF in the middle is a byte
/// like any other: the end of the message is the end. unix(7).
#[rstest]
#[case::without_lf(b"ECHO W", b"OK 8\nW")]
#[case::with_lf(b"ECHO W\n", b"OK 8\nW")]
#[case::with_cr_and_lf(b"ECHO W\r\n", b"OK 8\nW")]
#[case::with_two_lfs(b"ECHO W\n\n", b"OK 9\nW\n")]
#[case::with_lf_inside(b"ECHO W\nECHO b", b"OK 15\nW\nECHO b")]
#[case::a_file(b"GET file", b"OK 8\nW")]
#[case::no_file(b"GET nosuch", b"ERR 404 not found\n")]
#[case::a_forbidden_file(b"GET ../secret", b"ERR 403 forbidden\n")]
#[case::a_fifo(b"GET fifo", b"ERR 404 not found\n")]
#[case::no_request(b"NOSUCH", b"ERR 400 unknown\n")]
#[case::half_a_request(b"EC", b"ERR 400 unknown\n")]
#[case::quit(b"QUIT", b"ERR 400 not possible here\n")]
#[case::whoami(b"WHOAMI", b"ERR 400 not possible here\n")]
#[case::batch(b"BATCH 2 file", b"ERR 400 not possible here\n")]
#[case::getfd(b"GETFD file", b"ERR 400 not possible here\n")]
fn each_datagram_gets_one_answer(#[case] request: &[u8], #[case] answer: &[u8]) {
    let room = Room::new();
    let word = room.word();
    let site = serve(&room, DGRAM);
    room.write("files/file", &word);
    let _fifo = room.gate("files/fifo");
    let (one, two) = (named(&room, "one"), named(&room, "two"));
    let fill = |text: &[u8]| -> Vec<u8> {
        let parts: Vec<&[u8]> = text.split(|&byte| byte == b'W').collect();
        if text.windows(2).any(|pair| pair == b"WH") { text.to_vec() } else { parts.join(word.as_bytes()) }
    };
    for client in [&one, &two] {
        asks(&site, client, &fill(request), &fill(answer));
        asks(&site, client, b"ECHO end", &ok("end"));
        assert!(client.is_quiet(), "a datagram was answered twice\nexpected: one answer\nreceived: two");
    }
    asks(&site, &one, b"STAT", &ok("clients=0 served=4 queued=0"));
    site.end();
}

/// A datagram may be empty, and that is not the end of anything. And it may be longer than the buffer it is read into: recv
/// cuts off the rest without a word, unless one asks. recv(2): MSG_TRUNC.
#[rstest]
#[case::empty(0, b"", "ERR 400 empty\n")]
#[case::only_an_lf(0, b"\n", "ERR 400 empty\n")]
#[case::the_longest(8192, b"", "")]
#[case::the_longest_and_an_lf(8192, b"\n", "")]
#[case::one_byte_more(8193, b"", "ERR 413 too long\n")]
#[case::one_byte_more_and_an_lf(8193, b"\n", "ERR 413 too long\n")]
#[case::two_bytes_more(8194, b"", "ERR 413 too long\n")]
#[case::much_more(60_000, b"\n", "ERR 413 too long\n")]
fn a_datagram_may_be_empty_or_too_long(#[case] length: usize, #[case] end: &[u8], #[case] answer: &str) {
    let room = Room::new();
    let site = serve(&room, DGRAM);
    let client = named(&room, "client");
    // Newlines wherever a buffer might be cut.
    let text = [b"ECHO ".as_slice(), &b"\n".repeat(length.saturating_sub(6)), b"x"].concat();
    let request = [&text[..length.min(text.len())], end].concat();
    let wanted = if answer.is_empty() { ok(&text[5..]) } else { answer.as_bytes().to_vec() };
    for _ in 0..2 {
        asks(&site, &client, &request, &wanted);
        asks(&site, &client, b"ECHO end", &ok("end"));
    }
    site.end();
}

/// A sender need not have an address. Then there is nowhere to send an answer to; that is no error, and nothing to wait for.
/// An address whose owner has gone is not much better. unix(7): unnamed sockets, sendto(2): ECONNREFUSED.
#[test]
fn who_has_no_address_gets_no_answer() {
    let room = Room::new();
    let site = serve(&room, DGRAM);
    let client = named(&room, "client");
    let nobody = room.datagram(None);
    for turn in 0..20 {
        let sent = nobody.send(&site.at, b"ECHO nobody");
        let gone = named(&room, &format!("gone{turn}"));
        let also_sent = gone.send(&site.at, b"ECHO gone");
        drop(gone);
        assert!(
            sent.and(also_sent).is_ok(),
            "filed does not take datagrams any more\nexpected: it goes on, whoever sends\nreceived: nobody listens at `s`"
        );
        asks(&site, &client, b"ECHO somebody", &ok("somebody"));
    }
    site.server.asleep().assert_all_idle();
    site.end();
}

/// A client asks and asks, and never takes an answer: its queue is full. To wait for room in it is to let one client stop the
/// service. The answer is lost, as datagrams may be; the others get theirs. send(2): MSG_DONTWAIT, EAGAIN.
#[test]
fn a_full_peer_does_not_stop_filed() {
    let room = Room::new();
    let site = serve(&room, DGRAM);
    let (mute, client) = (named(&room, "mute"), named(&room, "client"));
    let word = room.word();
    for _ in 0..700 {
        let sent = mute.send(&site.at, format!("ECHO {word}").as_bytes());
        assert!(
            sent.is_ok(),
            "filed does not take datagrams any more\nexpected: it goes on\nreceived: {sent:?}"
        );
    }
    asks(&site, &client, b"ECHO end", &ok("end"));
    site.server.asleep().assert_all_idle();
    // What did reach the first client is whole.
    let mut answers = 0;
    while !mute.is_quiet() {
        same_bytes("an answer that waited in a full queue", &ok(&word), &mute.receive().0);
        answers += 1;
    }
    assert!(
        answers > 0,
        "the client whose queue was full got nothing\nexpected: what had room\nreceived: no answer at all"
    );
    asks(&site, &mute, b"ECHO end", &ok("end"));
    site.end();
}

/// A seqpacket socket has connections like a stream, and messages like datagrams: no newline is needed, none is searched for,
/// and each block of an answer is one message. Nothing is left of one that was too long. unix(7): SOCK_SEQPACKET.
#[test]
fn a_packet_is_a_request_and_a_block_is_a_packet() {
    let room = Room::new();
    let site = serve(&room, SEQPACKET);
    let (word, content) = (room.word(), room.bytes(40_000));
    room.write("files/file", &content);
    let client = room.connect_for_records(&site.at);
    let silent = room.connect_for_records(&site.at);
    let long = "ECHO ".to_owned() + &word.repeat(1100);
    let echo = format!("ECHO {word}");
    for (request, blocks) in [
        (echo.as_str(), vec![ok(&word)]),
        (&format!("{echo}\r\n"), vec![ok(&word)]),
        (&format!("{echo}\n{echo}"), vec![ok(format!("{word}\n{echo}"))]),
        ("GET file", vec![ok(&content)]),
        ("BATCH 3 file\n", vec![ok(&content), ok(&content), ok(&content)]),
        ("EC", vec![b"ERR 400 unknown\n".to_vec()]),
        (&long[..8192], vec![ok(&long[5..8192])]),
        (&long[..8193], vec![b"ERR 413 too long\n".to_vec()]),
        (&long[..8800], vec![b"ERR 413 too long\n".to_vec()]),
        ("STAT", vec![ok("clients=2 served=11 queued=0")]),
    ] {
        client.send(request);
        for block in blocks {
            let record = client.record().unwrap_or_default();
            same_bytes(
                &format!("the packet that answers `{}`", &request[..request.len().min(30)]),
                &block,
                &record,
            );
        }
    }
    client.send(&echo).send("QUIT");
    same_bytes("the packet before the end", &ok(&word), &client.record().unwrap_or_default());
    assert!(
        client.record().is_none(),
        "QUIT does not end the connection\nexpected: its end\nreceived: a packet"
    );
    drop(silent);
    site.end();
}

/// A message has a largest size; what is larger cannot be sent at all. The contract draws the line at 65536 bytes of body, and
/// the client is told. send(2): EMSGSIZE.
#[rstest]
#[case::datagrams(DGRAM)]
#[case::packets(SEQPACKET)]
fn a_body_too_long_for_a_message_is_413(#[case] options: &[&str]) {
    let room = Room::new();
    let site = serve(&room, options);
    let content = room.bytes(65536);
    room.write("files/fits", &content);
    room.write("files/does not", [&content[..], b"x"].concat());
    for _ in 0..2 {
        for (name, wanted) in [("fits", ok(&content)), ("does not", b"ERR 413 too long\n".to_vec())] {
            let request = format!("GET {name}");
            let answer = if options == DGRAM {
                let client = named(&room, &room.word());
                let sent = client.send(&site.at, request.as_bytes());
                assert!(
                    sent.is_ok(),
                    "filed does not take datagrams any more\nexpected: it goes on\nreceived: {sent:?}"
                );
                client.receive().0
            } else {
                room.connect_for_records(&site.at).send(request).record().unwrap_or_default()
            };
            same_bytes(&format!("the answer to `GET {name}`"), &wanted, &answer);
        }
    }
    site.end();
}

/// A client with an address.
fn named(room: &Room, name: &str) -> Datagram {
    room.datagram(Some(&Address::Unix(name.into())))
}

/// Sends a request and demands the answer.
fn asks(site: &Site, client: &Datagram, request: &[u8], answer: &[u8]) {
    let sent = client.send(&site.at, request);
    assert!(sent.is_ok(), "filed does not take datagrams any more\nexpected: it goes on\nreceived: {sent:?}");
    let request = testkit::visible(&request[..request.len().min(40)]);
    same_bytes(&format!("the answer to the datagram `{request}`"), answer, &client.receive().0);
}
