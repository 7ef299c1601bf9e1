//! Milestone 2: a stream has no messages; the newline is all there is.
//! Man pages: recv(2), send(2), shutdown(2), tcp(7).

use rstest::rstest;
use testkit::{Address, Fault, Room, one_line};

use super::{TCP, UNIX, ask, command, ok, ready, serve};

/// What was sent by one call may arrive by two: the network cuts where it likes. A server that takes what one `recv` gives
/// for a request works on its author's machine. Here each cut is made, and the server has read the first part before
/// the second is sent. recv(2).
#[rstest]
#[case::unix(UNIX, 1)]
#[case::tcp(TCP, 5)]
fn a_request_may_come_in_any_pieces(#[case] options: &[&str], #[case] step: usize) {
    let room = Room::new();
    let (word, other) = (room.word(), room.word());
    let requests = format!("ECHO {word}\nECHO {other}\r\nECHO\nQUIT\n");
    let answers = [ok(&word), ok(&other), ok("")].concat();
    let site = serve(&room, options);

    for cut in (1..requests.len()).step_by(step) {
        let client = site.client(&room, &format!("the client whose requests are cut at byte {cut}"));
        let (first, second) = requests.split_at(cut);
        client.send_pieces([first, second]).expect(&answers).ends();
    }
    let client = site.client(&room, "the client that sends byte by byte");
    client.send_pieces(requests.as_bytes().chunks(1)).expect(&answers).ends();
    site.end();
}

/// And what was sent by two calls may arrive by one: a thousand requests in one `recv`, and half of the next. Who takes the
/// first and throws away the rest leaves its client waiting for ever. recv(2).
#[rstest]
#[case::two_over_unix(UNIX, 2)]
#[case::a_few_over_unix(UNIX, 17)]
#[case::a_thousand_over_unix(UNIX, 1000)]
#[case::two_over_tcp(TCP, 2)]
#[case::a_thousand_over_tcp(TCP, 1000)]
fn a_thousand_requests_may_come_in_one_piece(#[case] options: &[&str], #[case] count: usize) {
    let room = Room::new();
    let words: Vec<String> = (0..count).map(|_| room.word()).collect();
    let requests: String = words.iter().map(|word| format!("ECHO {word}\n")).collect();
    let answers: Vec<u8> = words.iter().flat_map(ok).collect();
    let (first, second) = (room.word(), room.word());

    let site = serve(&room, options);
    let client = site.client(&room, "the client");
    client.send_and_listen(format!("{requests}ECHO {first} ")).expect(&answers);
    client.send(format!("{second}\n")).expect(ok(format!("{first} {second}")));
    site.end();
}

/// TEXT is bytes: NUL, CR in the middle, what is no UTF-8. Only the LF ends a line, and one CR before it goes with it.
#[rstest]
#[case::every_byte_but_lf(b"ECHO ALL\n", b"ALL")]
#[case::a_cr_before_the_lf(b"ECHO a\r\n", b"a")]
#[case::two_crs(b"ECHO a\r\r\n", b"a\r")]
#[case::a_cr_inside(b"ECHO a\rb\n", b"a\rb")]
#[case::nul(b"ECHO \0a\0\n", b"\0a\0")]
#[case::blanks(b"ECHO  a  \n", b" a  ")]
#[case::nothing_after_a_blank(b"ECHO \n", b"")]
#[case::nothing_at_all(b"ECHO\n", b"")]
#[case::nothing_and_a_cr(b"ECHO\r\n", b"")]
#[case::what_looks_like_an_answer(b"ECHO OK 3\n", b"OK 3")]
fn a_body_is_bytes(#[case] request: &[u8], #[case] body: &[u8]) {
    let room = Room::new();
    // All bytes but LF, from a random one behind CR on: the last one is not CR.
    let start = room.number(15..256) as usize;
    let all: Vec<u8> = (0..256).map(|i| (start + i) as u8).filter(|&byte| byte != b'\n').collect();
    let fill = |text: &[u8]| -> Vec<u8> {
        match text.windows(3).position(|window| window == b"ALL") {
            Some(at) => [&text[..at], &all, &text[at + 3..]].concat(),
            None => text.to_vec(),
        }
    };
    let site = serve(&room, UNIX);
    let client = site.client(&room, "the client");
    client.send(fill(request)).expect(ok(fill(body)));
    client.send("ECHO end\n").expect(ok("end"));
    site.end();
}

/// "I have sent everything" is not "I am gone": a client may end its sending side and read on. All that it asked for is
/// answered, and then the server closes. shutdown(2): SHUT_WR.
#[rstest]
#[case::unix(UNIX)]
#[case::tcp(TCP)]
fn a_half_closed_client_gets_all_its_answers(#[case] options: &[&str]) {
    let room = Room::new();
    let site = serve(&room, options);
    let client = site.client(&room, "the client");
    let word = room.word();
    client.send(format!("ECHO {word}\n")).half_close().expect(ok(&word)).ends();

    // filed has read everything, its end too, and the client's buffer is full of answers; or it stops reading before.
    let text = room.word().repeat(500);
    let request = format!("ECHO {text}\n");
    for count in [45, 50, 55, 60, 65] {
        let client = site.client(&room, "the client that reads later");
        let sent = site.flood(&client, request.as_bytes(), count * request.len());
        client.half_close();
        site.server.asleep();
        client.expect(ok(&text).repeat(sent / request.len())).ends();
    }
    // More than the buffers of both directions hold.
    let client = site.client(&room, "the client that asks for much");
    client.send_and_listen(format!("ECHO {text}\n").repeat(300)).half_close();
    client.expect(ok(&text).repeat(300)).ends();
    site.end();
}

/// A line ends with its LF. What comes before the end of the input without one was cut on its way, and half a request may
/// mean anything: it is not answered.
#[rstest]
#[case::after_an_answered_one("ECHO W\nECHO V", "OK 8\nW")]
#[case::alone("ECHO V", "")]
#[case::with_a_cr("ECHO W\nECHO V\r", "OK 8\nW")]
#[case::not_even_quit("ECHO W\nQUI", "OK 8\nW")]
fn a_last_line_without_its_end_is_no_request(#[case] requests: &str, #[case] answers: &str) {
    let room = Room::new();
    let (word, other) = (room.word(), room.word());
    let fill = |text: &str| text.replace('W', &word).replace('V', &other);
    let site = serve(&room, UNIX);
    let client = site.client(&room, "the client");
    client.send(fill(requests)).half_close().expect(fill(answers)).ends();
    site.serves(&room, "another client");
    site.end();
}

/// write and send may take less than they were given, read and recv may give less than there is: here, one byte each time,
/// in filed and in filec. Nothing changes but the number of calls. send(2), recv(2).
#[test]
fn one_byte_at_a_time_changes_nothing() {
    let room = Room::new();
    let (word, text) = (room.word(), room.word().repeat(20));
    let site = ready(command(&room, UNIX).trace(Fault::ShortTransfers).spawn());
    let client = site.client(&room, "the client");
    client.send(format!("ECHO {word}\nECHO {text}\n")).expect(ok(&word)).expect(ok(&text));
    client.send(format!("ECHO {word}\n")).half_close().expect(ok(&word)).ends();
    site.end();

    let server = room.listen(&Address::Unix("server".into()));
    let client = ask(&room, "unix:server", &["ECHO", &text]).trace(Fault::ShortTransfers).spawn();
    let peer = server.accept().called("the server");
    peer.expect(format!("ECHO {text}\n")).send(ok(&text));
    client.wait().code(0).stdout(&text).stderr("");
}

/// The client's stream is cut as well: in the first line, between line and body, in the body. It reads on until it has the
/// line and as many bytes as the line says. recv(2).
#[rstest]
#[case::unix("unix:server", 1)]
#[case::tcp("127.0.0.1:0", 5)]
fn filec_puts_an_answer_together(#[case] at: &str, #[case] step: usize) {
    let room = Room::new();
    let (word, other) = (room.word(), room.word());
    let body = format!("{word}\n{other}\n");
    let answer = ok(&body);
    let server = room.listen(&Address::parse(at).expect("an address"));
    let at = if at.starts_with("unix:") { at.to_owned() } else { server.address().to_string() };

    for cut in (1..answer.len()).step_by(step) {
        let client =
            ask(&room, &at, &["ECHO", &word]).note(format!("the answer is cut at byte {cut}")).spawn();
        let peer = server.accept().called("the server");
        peer.expect(format!("ECHO {word}\n"));
        let (first, second) = answer.split_at(cut);
        peer.send_pieces([first, second]);
        client.wait().code(0).stdout(&body).stderr("");
    }
    let client = ask(&room, &at, &["ECHO", &word]).note("the answer comes byte by byte").spawn();
    let peer = server.accept().called("the server");
    peer.expect(format!("ECHO {word}\n")).send_pieces(answer.chunks(1));
    client.wait().code(0).stdout(&body).stderr("");
}

/// The end of the connection is the end of the answer only if all of it has come. A client that takes every end for a good
/// one gives its user half a file, and status 0.
#[test]
fn filec_notices_an_answer_that_ends_too_early() {
    let room = Room::new();
    let word = room.word();
    let answer = ok(&word);
    let server = room.listen(&Address::Unix("server".into()));

    for cut in 0..answer.len() {
        let client = ask(&room, "unix:server", &["ECHO", &word]);
        let client = client.note(format!("the server closes after byte {cut} of its answer")).spawn();
        let peer = server.accept().called("the server");
        peer.expect(format!("ECHO {word}\n")).send(&answer[..cut]);
        drop(peer);
        client.wait().code(4).stderr(one_line("filec: bad answer: "));
    }
    // A reset is no better end than another.
    let client = ask(&room, "unix:server", &["ECHO", &word]).spawn();
    let peer = server.accept().called("the server");
    peer.send(&answer[..answer.len() - 1]);
    drop(peer);
    client.wait().code(4).stderr(one_line("filec: bad answer: "));
}
