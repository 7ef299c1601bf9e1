//! Milestone 3: frames on a stream, which knows none.
//! Man pages: recv(2), send(2), tcp(7).

use rstest::rstest;
use testkit::{Address, Fault, Resource, Room, one_line};

use super::frame::{ADD, BODY_MAX, ECHO, Frame, HEADER, PONG, bytes, expect, i64s, next};
use super::{SERVER, TCP, UNIX, accept, ask, command, expect_call, play_server, ready, serve};

/// What was sent by one call may arrive by two: the network cuts where it likes. Here each cut of two frames is made,
/// and the server has read the first part before the second is sent. recv(2).
#[rstest]
#[case::over_unix(UNIX, 1)]
#[case::over_tcp(TCP, 7)]
fn a_frame_may_come_in_any_pieces(#[case] options: &[&str], #[case] step: usize) {
    let room = Room::new();
    let site = serve(&room, options);
    let word = room.word();
    let calls = [Frame::call(9, 1, ECHO, bytes(&word)), Frame::call(9, 2, ADD, i64s(20, 22))];
    let sent: Vec<u8> = calls.iter().flat_map(Frame::bytes).collect();
    for cut in (1..sent.len()).step_by(step) {
        let client = site.client(&room, &format!("the client whose frames are cut at byte {cut}"));
        let calls = calls.clone().map(|call| Frame { client: client.client, ..call });
        let sent: Vec<u8> = calls.iter().flat_map(Frame::bytes).collect();
        let (first, second) = sent.split_at(cut);
        client.peer.send_pieces([first, second]);
        expect(&client.peer, &calls[0].result(bytes(&word)));
        expect(&client.peer, &calls[1].result(42_i64.to_le_bytes()));
    }
    let peer = site.connect(&room, "the client that sends byte by byte");
    peer.send_pieces(sent.chunks(1));
    expect(&peer, &calls[0].result(bytes(&word)));
    expect(&peer, &calls[1].result(42_i64.to_le_bytes()));
    site.end();
}

/// And what was sent by many calls may arrive by one: hundreds of frames in one `recv`, and half of the next. Who takes
/// the first and throws away the rest leaves its client waiting for ever.
#[rstest]
#[case::two_over_unix(UNIX, 2)]
#[case::many_over_unix(UNIX, 500)]
#[case::many_over_tcp(TCP, 500)]
fn many_frames_may_come_in_one_piece(#[case] options: &[&str], #[case] count: i64) {
    let room = Room::new();
    let site = serve(&room, options);
    let client = site.client(&room, "the client");
    let calls: Vec<Frame> = (0..count).map(|number| client.next(ADD, i64s(number, 1))).collect();
    let last = client.next(ECHO, bytes(room.bytes(3000)));
    let mut sent: Vec<u8> = calls.iter().flat_map(Frame::bytes).collect();
    let (half, rest) = (last.bytes()[..1000].to_vec(), last.bytes()[1000..].to_vec());
    sent.extend(half);
    client.peer.send_and_listen(sent);
    for (number, call) in (0..).zip(&calls) {
        expect(&client.peer, &call.result((number + 1_i64).to_le_bytes()));
    }
    client.peer.send(rest);
    expect(&client.peer, &last.result(&last.body[2..]));
    site.end();
}

/// send and recv may move less than they were asked for: here, one byte each time, in rpcd and in rpcc. Nothing changes
/// but the number of calls.
#[test]
fn one_byte_at_a_time_changes_nothing() {
    let room = Room::new();
    let word = room.word().repeat(8);
    let site = ready(command(&room, UNIX).trace(Fault::ShortTransfers).spawn());
    let client = site.client(&room, "the client");
    client.calls(ECHO, bytes(&word), bytes(&word));
    client.calls(ADD, i64s(20, 22), 42_i64.to_le_bytes());
    site.end();

    let server = play_server(&room);
    let client = ask(&room, SERVER, &["echo", &word]).trace(Fault::ShortTransfers).spawn();
    let peer = accept(&server);
    let call = expect_call(&peer, 1, ECHO, bytes(&word));
    peer.send(call.result(bytes(&word)).bytes());
    client.wait().code(0).stdout(&word).stderr("");
}

/// A frame of which any bit has changed is noticed: the checksum is for header and body. After that nobody knows where
/// the next frame begins, so the connection ends; the others live on, and nothing was executed. Here one bit of each
/// byte changes.
#[test]
fn a_damaged_frame_ends_its_own_connection_only() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let witness = site.client(&room, "the client that does nothing wrong");
    let good = Frame::call(5, 1, ECHO, bytes(room.word())).bytes();
    // A changed length is another check's affair: rpcd waits for the body that it announces.
    for at in (0..good.len()).filter(|at| !(4..8).contains(at)) {
        let mut damaged = good.clone();
        damaged[at] ^= 1 << room.number(0..8);
        let peer = site.connect(&room, &format!("the client whose byte {at} is damaged"));
        peer.send(&damaged).is_over_without_a_word();
        witness.calls(ADD, i64s(at as i64, 1), (at as i64 + 1).to_le_bytes());
    }
    let short = site.connect(&room, "the client that ends in the middle");
    short.send(&good[..good.len() - 1]).half_close();
    short.is_over_without_a_word();
    let junk = site.connect(&room, "the client that speaks HTTP");
    junk.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").is_over();
    site.serves(&room, "another client");
    site.end();
}

trait OverWithoutAWord {
    fn is_over_without_a_word(&self);
}

impl OverWithoutAWord for testkit::Peer {
    /// The connection ends, by whatever means, and nothing has come before.
    #[track_caller]
    fn is_over_without_a_word(&self) {
        testkit::eventually("the end of a connection with a damaged frame", || !self.is_quiet());
        let said = self.received_now();
        assert!(
            said.is_empty(),
            "rpcd answers a frame that is none\nexpected: it closes the connection\nreceived: {}",
            testkit::visible(&said)
        );
        self.is_over();
    }
}

/// A length is a claim. One above the limit is refused before its body comes, and without memory for it: rpcd has 128
/// MiB here, and a frame says that it has 4 GiB. The longest body that is allowed is served.
#[rstest]
#[case::just_above(BODY_MAX as u32 + 1)]
#[case::a_gibibyte(1 << 30)]
#[case::all_ones(u32::MAX)]
fn a_length_is_not_trusted(#[case] length: u32) {
    let room = Room::new();
    let memory = 1 << 27;
    let site = ready(command(&room, UNIX).limit(Resource::RLIMIT_DATA, memory).spawn());
    let witness = site.client(&room, "the client that does nothing wrong");
    let call = Frame::call(77, 3, ECHO, bytes("x"));
    for _ in 0..3 {
        let mut header = call.bytes()[..HEADER].to_vec();
        header[4..8].copy_from_slice(&length.to_le_bytes());
        let peer = site.connect(&room, "the client that announces too much");
        peer.send(header);
        expect(&peer, &call.error(4, "too large"));
        peer.is_over();
        witness.calls(ADD, i64s(1, 1), 2_i64.to_le_bytes());
    }
    let most = vec![b'm'; BODY_MAX - 6];
    let call = witness.next(ECHO, bytes(&most));
    witness.peer.send_and_listen(call.bytes());
    expect(&witness.peer, &call.result(bytes(&most)));
    site.end();
}

/// A frame that is sound and of a kind that rpcd does not know is answered, and the connection goes on; what answers
/// nothing that rpcd has asked is ignored.
#[test]
fn an_unknown_kind_is_answered() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let client = site.client(&room, "the client");
    for kind in [0, 8, 9, 100, 255] {
        let frame = Frame::new(kind, client.client, room.number(1..1000) as u32, room.word());
        client.peer.send(frame.bytes());
        expect(&client.peer, &frame.error(2, "bad arguments"));
    }
    for kind in [2, 3, PONG] {
        client.peer.send(Frame::new(kind, client.client, 1, [0; 8]).bytes());
        client.calls(ADD, i64s(1, 2), 3_i64.to_le_bytes());
    }
    site.end();
}

/// The client's side of all this: an answer in any pieces is put together; one that is damaged, of another version, too
/// long, or no result of the method is no answer, and status 4 says so. What answers another call is ignored.
#[test]
fn rpcc_refuses_what_is_no_answer() {
    let room = Room::new();
    let server = play_server(&room);
    let call_once = |note: String, answer: &dyn Fn(&Frame) -> Vec<Vec<u8>>| {
        let client = ask(&room, SERVER, &["append", "k", "v"]).note(note).spawn();
        let peer = accept(&server);
        let call = next(&peer);
        peer.send_pieces(answer(&call));
        drop(peer);
        client.wait()
    };
    for cut in 1..32 {
        let pieces = |call: &Frame| {
            let answer = call.result(7_u64.to_le_bytes()).bytes();
            vec![answer[..cut].to_vec(), answer[cut..].to_vec()]
        };
        call_once(format!("the answer is cut at byte {cut}"), &pieces).code(0).stdout("7\n");
    }
    let others = |call: &Frame| {
        let other = |client, seq| Frame { client, seq, ..call.result(9_u64.to_le_bytes()) }.bytes();
        let result = call.result(8_u64.to_le_bytes()).bytes();
        vec![
            other(call.client + 1, call.seq),
            other(call.client, call.seq + 1),
            other(call.client, 0),
            result,
        ]
    };
    call_once("answers to other calls come first".into(), &others).code(0).stdout("8\n");

    let refused = |note: &str, answer: &dyn Fn(&Frame) -> Vec<u8>| {
        let done = call_once(note.to_owned(), &|call| vec![answer(call)]);
        done.code(4).stdout("").stderr(one_line("rpcc: bad frame: "));
    };
    for at in (0..32).filter(|at| !(4..8).contains(at)) {
        let bit = room.number(0..8);
        refused(&format!("byte {at} of the answer is damaged"), &|call| {
            let mut answer = call.result(7_u64.to_le_bytes()).bytes();
            answer[at] ^= 1 << bit;
            answer
        });
    }
    refused("the answer has version 2", &|call| Frame { version: 2, ..call.result([0; 8]) }.bytes());
    refused("the result has 7 bytes", &|call| call.result([0; 7]).bytes());
    refused("the result has 9 bytes", &|call| call.result([0; 9]).bytes());
    refused("the error has no text", &|call| Frame { kind: 3, ..call.result([1, 0]) }.bytes());
    refused("the answer announces 4 GiB", &|call| {
        let mut header = call.result([0; 8]).bytes()[..HEADER].to_vec();
        header[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        header
    });
    // The same over TCP, whose pieces are others.
    let server = room.listen(&Address::parse("127.0.0.1:0").expect("an address"));
    let client = ask(&room, server.address(), &["add", "1", "2"]).spawn();
    let peer = accept(&server);
    let answer = next(&peer).result(3_i64.to_le_bytes()).bytes();
    peer.send_pieces(answer.chunks(3));
    client.wait().code(0).stdout("3\n");
}
