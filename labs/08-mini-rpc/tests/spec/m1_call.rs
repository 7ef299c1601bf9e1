//! Milestone 1: a call that looks like a local one.
//! Man pages: socket(2), connect(2), accept(2), send(2), recv(2).

use rstest::rstest;
use testkit::{Address, Room, Running, one_line};

use super::frame::{ADD, Frame, expect, i64s, next};
use super::{SERVER, TCP, UNIX, accept, ask, expect_call, play_server, rpcc, rpcd, serve};

/// The example of the contract, byte for byte, and then others: one connection, and one call after the other. The
/// answer has the client and the seq of the call. Then the next client comes.
#[rstest]
#[case::over_unix(UNIX)]
#[case::over_tcp(TCP)]
#[case::over_ipv6(&["--tcp", "[::1]:0"])]
fn rpcd_answers_a_call(#[case] options: &[&str]) {
    let room = Room::new();
    let site = serve(&room, options);
    let example = b"RP\x01\x01\x12\0\0\0\x07\0\0\0\0\0\0\0\x01\0\0\0\x2f\x5b\xe4\x15\x01\0\x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0";
    let answer = b"RP\x01\x02\x08\0\0\0\x07\0\0\0\0\0\0\0\x01\0\0\0\xef\x43\x9b\x9e\x05\0\0\0\0\0\0\0";
    let peer = site.connect(&room, "client 7");
    peer.send(example).expect(answer);
    drop(peer);

    for client in 0..3 {
        let caller = site.client(&room, &format!("client {client}"));
        for _ in 0..4 {
            let (one, two) = (room.number(0..1 << 62) as i64, room.number(0..1 << 62) as i64);
            caller.calls(ADD, i64s(one, -two), (one - two).to_le_bytes());
        }
    }
    site.end();
}

/// The other stub: words become a call with seq 1, and the result becomes a line. The client is rpcc's own choice, and
/// no two are the same.
#[rstest]
#[case::over_unix(SERVER)]
#[case::over_tcp("127.0.0.1:0")]
fn rpcc_sends_the_call_and_prints_the_result(#[case] at: &str) {
    let room = Room::new();
    let server = room.listen(&Address::parse(at).expect("an address"));
    let at = if at == SERVER { at.to_owned() } else { server.address().to_string() };
    let mut clients = Vec::new();
    for _ in 0..4 {
        let (one, two, result) = (number(&room), number(&room), number(&room));
        let client = ask(&room, &at, &["add", &one.to_string(), &two.to_string()]).spawn();
        let peer = accept(&server);
        let call = expect_call(&peer, 1, ADD, i64s(one, two));
        // Not the sum: who calls does not compute.
        peer.send(call.result(result.to_le_bytes()).bytes());
        client.wait().code(0).stdout(format!("{result}\n")).stderr("");
        assert!(
            !clients.contains(&call.client),
            "two runs of rpcc call themselves the same\nexpected: another client than those before\nreceived: client {}",
            call.client
        );
        clients.push(call.client);
    }
}

/// A local add that overflows panics or wraps; a remote one has a caller who must be told. The error is a frame with
/// code and text, and rpcc's status is 1.
#[rstest]
#[case::upwards(i64::MAX, 1)]
#[case::downwards(i64::MIN, -1)]
#[case::far(i64::MIN, i64::MIN)]
fn an_overflow_is_an_error_and_no_number(#[case] one: i64, #[case] two: i64) {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let caller = site.client(&room, "the client");
    caller.refused(ADD, i64s(one, two), 3, "overflow");
    caller.calls(ADD, i64s(one, 0), one.to_le_bytes());
    // Who serves one client after the other is right here.
    drop(caller);
    let done = ask(&room, &site.at, &["add", &one.to_string(), &two.to_string()]).run();
    done.code(1).stdout("").stderr("rpcc: error 3 overflow\n");
    site.end();
}

/// A call has two duties: to carry data, and to hold the caller until the answer is there. It sleeps meanwhile, however
/// long that takes, and half an answer is none.
#[test]
fn the_caller_waits_for_its_answer() {
    let room = Room::new();
    let server = play_server(&room);
    let client = ask(&room, SERVER, &["add", "1", "2"]).spawn();
    let peer = accept(&server);
    let call = expect_call(&peer, 1, ADD, i64s(1, 2));
    client.still_waits("for its answer").assert_all_idle();
    let answer = call.result(5_i64.to_le_bytes()).bytes();
    peer.send(&answer[..answer.len() - 1]);
    client.still_waits("for the rest of its answer");
    peer.send(&answer[answer.len() - 1..]);
    client.wait().code(0).stdout("5\n");
}

/// A script that calls must be able to tell a wrong command from a server that is not there, and both from an error of
/// the method. Each status has one line on standard error.
#[test]
fn the_status_of_rpcc_tells_what_went_wrong() {
    let room = Room::new();
    for words in [
        &[][..],
        &["unix:s"],
        &["s", "add", "1", "2"],
        &["unix:s", "add", "1"],
        &["unix:s", "add", "1", "2", "3"],
        &["unix:s", "add", "1", "x"],
        &["unix:s", "add", "1", ""],
        &["unix:s", "add", "1", "9223372036854775808"],
        &["unix:s", "subtract", "1", "2"],
        &["unix:s", "--retries", "add", "1", "2"],
        &["unix:s", "--pipeline", "add", "1", "2"],
    ] {
        room.command(rpcc()).args(words).run().code(2).stdout("").stderr(one_line("usage: rpcc "));
    }
    for words in
        [&[][..], &["--unix"], &["--unix", "s", "--tcp", "127.0.0.1:0"], &["--unix", "s", "--slots", "0"]]
    {
        room.command(rpcd()).args(words).run().code(2).stdout("").stderr(one_line("usage: rpcd "));
    }
    ask(&room, "unix:nobody", &["add", "1", "2"])
        .run()
        .code(3)
        .stdout("")
        .stderr(one_line("rpcc: unix:nobody: "));

    let server = play_server(&room);
    let (word, code) = (room.word(), room.number(20..30_000) as u16);
    let client = ask(&room, SERVER, &["add", "1", "2"]).spawn();
    let peer = accept(&server);
    let call = next(&peer);
    peer.send(call.error(code, &word).bytes());
    client.wait().code(1).stdout("").stderr(format!("rpcc: error {code} {word}\n"));

    room.write("taken", "a file");
    let done = room.command(rpcd()).args(["--unix", "taken"]).run();
    done.code(1).stdout("").stderr("rpcd: unix:taken: Address already in use\n");
    let site = serve(&room, UNIX);
    refuses_nobody(&room, &site.server, &site.at);
    site.end();
}

/// After all of these, a plain call still works.
fn refuses_nobody(room: &Room, server: &Running, at: &Address) {
    let peer = room.connect(at).called("the last client");
    let call = Frame::call(1, 1, ADD, i64s(20, 22));
    peer.send(call.bytes());
    expect(&peer, &call.result(42_i64.to_le_bytes()));
    assert!(!server.has_ended(), "rpcd has ended\nexpected: it serves on\nreceived: its end");
}

fn number(room: &Room) -> i64 {
    room.number(0..u64::MAX) as i64
}
