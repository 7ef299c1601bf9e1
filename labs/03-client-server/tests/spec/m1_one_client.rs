//! Milestone 1: one client after the other.
//! Man pages: socket(2), bind(2), listen(2), accept(2), connect(2), unix(7), ip(7), ipv6(7).

use rstest::rstest;
use testkit::{Address, Room, one_line};

use super::{TCP, UNIX, ask, ok, serve};

/// A server is where it says it is: `ready ADDRESS` is its first and only line, with the port that the kernel chose.
/// Unix, abstract, IPv4 and IPv6 differ only in the address that is given to bind. unix(7), ip(7), ipv6(7).
#[rstest]
#[case::unix(&["--unix", "s"], "unix:s")]
#[case::an_abstract_name(&["--unix", "@W"], "unix:@W")]
#[case::ipv4(&["--tcp", "127.0.0.1:0"], "127.0.0.1:")]
#[case::ipv6(&["--tcp", "[::1]:0"], "[::1]:")]
fn echo_answers_on_every_kind_of_socket(#[case] options: &[&str], #[case] address: &str) {
    let room = Room::new();
    let (word, text) = (room.word(), room.word());
    let options: Vec<_> = options.iter().map(|option| option.replace('W', &word)).collect();
    let options: Vec<_> = options.iter().map(String::as_str).collect();

    let site = serve(&room, &options);
    let port = match &site.at {
        Address::Inet(address) => address.port().to_string(),
        _ => String::new(),
    };
    assert!(
        port != "0",
        "filed prints a port that nobody can connect to\nexpected: the port that was chosen\nreceived: port 0"
    );
    let client = site.client(&room, "the client");
    client.send(format!("ECHO {text}\n")).expect(ok(&text));
    client.send(format!("ECHO {word} {text}\n")).expect(ok(format!("{word} {text}")));
    site.end().stdout(format!("ready {}{port}\n", address.replace('W', &word)));
}

/// QUIT ends the conversation: filed closes the connection, and the client sees end of file. It sees it only when the
/// last copy of filed's descriptor is closed. close(2), shutdown(2).
#[rstest]
#[case::at_once("", "")]
#[case::after_a_request("ECHO W\n", "OK 8\nW")]
#[case::after_two("ECHO W\nECHO W\n", "OK 8\nWOK 8\nW")]
fn quit_closes_the_connection(#[case] before: &str, #[case] answers: &str) {
    let room = Room::new();
    let word = room.word();
    let site = serve(&room, UNIX);
    let client = site.client(&room, "the client");
    client.send(before.replace('W', &word)).expect(answers.replace('W', &word));
    client.send("QUIT\n").ends();
    site.end();
}

/// A client that has sent its last byte ends its side; `recv` then returns 0, now and always. The server closes, too,
/// and is there for the next one. recv(2).
#[test]
fn end_of_input_closes_the_connection() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    site.client(&room, "the client").half_close().ends();
    let word = room.word();
    let client = site.client(&room, "the second client");
    client.send(format!("ECHO {word}\n")).expect(ok(&word)).half_close().ends();
    site.serves(&room, "the third client");
    site.end();
}

/// A server's socket is made once; each accept gives a new one, for one client. However that one leaves, the next
/// one is served. accept(2).
#[rstest]
#[case::unix(UNIX)]
#[case::tcp(TCP)]
fn clients_come_one_after_the_other(#[case] options: &[&str]) {
    let room = Room::new();
    let site = serve(&room, options);
    for turn in 0..30 {
        let (word, other) = (room.word(), room.word());
        let client = site.client(&room, &format!("client {}", turn + 1));
        client.send(format!("ECHO {word}\n")).expect(ok(&word));
        client.send(format!("ECHO {other}\n")).expect(ok(&other));
        match turn % 3 {
            0 => client.send("QUIT\n").ends(),
            1 => client.half_close().ends(),
            _ => drop(client),
        }
    }
    site.end();
}

/// filec joins its words by blanks, sends one line, and prints the body: exactly these bytes, no newline of its own.
#[rstest]
#[case::unix("unix:server")]
#[case::ipv4("127.0.0.1:0")]
#[case::ipv6("[::1]:0")]
fn filec_prints_the_body_of_the_answer(#[case] at: &str) {
    let room = Room::new();
    let (word, other) = (room.word(), room.word());
    let body = [b"\0\r\n\xff".as_slice(), &room.bytes(300)].concat();
    let server = room.listen(&Address::parse(at).expect("an address"));
    // The check's path of a Unix socket is long; the client is in the same folder.
    let at = if at.starts_with("unix:") { at.to_owned() } else { server.address().to_string() };

    for (words, request) in [
        (&["ECHO", &word, &other][..], format!("ECHO {word} {other}")),
        (&["ECHO", &format!("{word}  {other}")], format!("ECHO {word}  {other}")),
        (&["STAT"], "STAT".to_owned()),
        (&["GET", &word], format!("GET {word}")),
    ] {
        let client = ask(&room, &at, words).spawn();
        let peer = server.accept().called("the server");
        peer.expect(format!("{request}\n"));
        peer.send(ok(&body));
        client.wait().code(0).stdout(&body).stderr("");
    }
    let site = serve(&room, UNIX);
    ask(&room, "unix:s", &["ECHO", &word, &other]).run().code(0).stdout(format!("{word} {other}")).stderr("");
    site.end();
}

/// A script asks for the status: 0 is an answer, 1 is no, 3 is nobody there, 4 is nonsense. A client that takes one for
/// the other makes its user wait for the wrong thing.
#[rstest]
#[case::the_server_says_no("ERR 404 not found\n", 1, "filec: ERR 404 not found\n")]
#[case::and_in_other_words("ERR 499 W and W\n", 1, "filec: ERR 499 W and W\n")]
#[case::neither_ok_nor_err("W 3\nabc", 4, "filec: bad answer: ")]
#[case::small_letters("ok 3\nabc", 4, "filec: bad answer: ")]
#[case::an_empty_line("\n", 4, "filec: bad answer: ")]
#[case::no_size("OK \nabc", 4, "filec: bad answer: ")]
#[case::a_size_that_is_none("OK 3x\nabc", 4, "filec: bad answer: ")]
#[case::a_size_below_nothing("OK -3\nabc", 4, "filec: bad answer: ")]
#[case::a_size_beyond_all("OK 99999999999999999999\nabc", 4, "filec: bad answer: ")]
#[case::no_code("ERR W\n", 4, "filec: bad answer: ")]
#[case::a_code_of_two_digits("ERR 40 W\n", 4, "filec: bad answer: ")]
fn the_status_of_filec_tells_what_went_wrong(
    #[case] answer: &str,
    #[case] status: i32,
    #[case] message: &str,
) {
    let room = Room::new();
    let word = room.word();
    let server = room.listen(&Address::Unix("server".into()));
    let client = ask(&room, "unix:server", &["ECHO", &word]).spawn();
    let peer = server.accept();
    peer.expect(format!("ECHO {word}\n")).send(answer.replace('W', &word));
    drop(peer);
    let done = client.wait();
    done.code(status).stdout("");
    if message.ends_with('\n') {
        done.stderr(message.replace('W', &word));
    } else {
        done.stderr(one_line(message));
    }
    // A server that is busy says so once, and closes.
    let client = ask(&room, "unix:server", &["BATCH", "3", &word]).spawn();
    server.accept().called("the server").send("ERR 503 busy\n");
    client.wait().code(1).stdout("").stderr("filec: ERR 503 busy\n");
    drop(server);

    // The file is still there, and nobody listens.
    let refused = "filec: unix:server: Connection refused\n";
    ask(&room, "unix:server", &["STAT"]).run().code(3).stdout("").stderr(refused);
    let nobody = "filec: unix:nobody: No such file or directory\n";
    ask(&room, "unix:nobody", &["STAT"]).run().code(3).stdout("").stderr(nobody);
}
