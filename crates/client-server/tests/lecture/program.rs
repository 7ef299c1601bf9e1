//! The lecture's program, `client-server`: both servers, asked by clients of another make.

use crate::run::{client_server, example_with};
use crate::server::Server;
use nix::sys::signal::Signal;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;

const USAGE: &str =
    "usage: client-server sequential|poll ADDRESS\n       client-server ask ADDRESS REQUEST...\n";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder can be made")
}

#[test]
fn wrong_words_are_wrong_usage() {
    for words in
        [&[][..], &["poll"], &["ask", "127.0.0.1:1"], &["threads", "unix:x"], &["poll", "unix:x", "y"]]
    {
        client_server(words).code(2).stdout("").stderr(USAGE);
    }
}

#[test]
fn an_address_that_is_none_is_told_in_one_line() {
    client_server(&["poll", "unix:"])
        .code(1)
        .stdout("")
        .stderr("client-server: \"unix:\" has no name after the colon\n");
    client_server(&["ask", "nowhere", "who"]).code(1).stdout("").stderr(
        "client-server: \"nowhere\" is none of unix:PATH, unix:@NAME, 127.0.0.1:PORT, [::1]:PORT: \
         invalid socket address syntax\n",
    );
    let long = format!("unix:{}", "x".repeat(108));
    let told = client_server(&["poll", &long]).code(1).stdout("").get_output().stderr.clone();
    assert!(String::from_utf8_lossy(&told).contains("ENAMETOOLONG"), "{}", String::from_utf8_lossy(&told));
}

#[test]
fn both_servers_give_the_same_answers_on_every_family() {
    let folder = folder();
    let path = format!("unix:{}/book", folder.path().display());
    for kind in ["sequential", "poll"] {
        for address in [&path, "127.0.0.1:0"] {
            let server = Server::start(kind, address);
            client_server(&["ask", &server.address, "get cherry", "put plum deep blue", "get plum", "bye"])
                .code(0)
                .stdout("ok red\nok\nok deep blue\nok bye\n")
                .stderr("");
            let usage = "error use: put NAME TEXT, get NAME, who, bye";
            let wrong = ["get", "put plum", "", "GET cherry", "bye now", "get a b"];
            client_server(&[&["ask", &server.address][..], &wrong].concat())
                .code(1)
                .stdout(format!("{usage}\n").repeat(wrong.len()))
                .stderr("");
        }
    }
}

#[test]
fn a_client_says_what_is_wrong() {
    let folder = folder();
    let nowhere = format!("unix:{}/nowhere", folder.path().display());
    client_server(&["ask", &nowhere, "who"])
        .code(1)
        .stdout("")
        .stderr(format!("client-server: connect to {nowhere}: ENOENT: No such file or directory\n"));
    let server = Server::start("poll", "127.0.0.1:0");
    client_server(&["ask", &server.address, "who\nwho"])
        .code(1)
        .stdout("")
        .stderr("client-server: \"who\\nwho\" is more than one request: a newline ends each\n");
    // The second request comes before or after the server's end: the end, a reset and EPIPE are all right.
    client_server(&["ask", &server.address, "bye", "who"]).code(1).stdout("ok bye\n");
}

#[test]
fn requests_may_come_in_any_pieces() {
    for kind in ["sequential", "poll"] {
        let server = Server::start(kind, "127.0.0.1:0");
        let text = "get cherry\r\nput plum blue\nget plum\n";
        for cut in 0..=text.len() {
            let mut client = server.connect();
            let answers = client.send(&text[..cut]).send(&text[cut..]).finish().rest();
            assert_eq!(answers, "ok red\nok\nok blue\n", "{kind}, cut at {cut}");
        }
        let mut client = server.connect();
        assert_eq!(client.send("get cherry\n".repeat(1000)).finish().rest(), "ok red\n".repeat(1000));
        assert_eq!(server.connect().send("bye\nget cherry\n").rest(), "ok bye\n");
        let too_long = "error a request has at most 1024 bytes\n";
        let mut client = server.connect();
        client.send("get ").send("x".repeat(1020)).send("\nget ").send("x".repeat(100_000));
        let first = client.line();
        assert_eq!(first, format!("error no {} here\n", "x".repeat(1020)));
        assert_eq!(
            client.send("\nget cherry\nget che").finish().rest(),
            format!("{too_long}ok red\nerror the last line has no end\n")
        );
        assert_eq!(server.connect().send("x".repeat(2000)).finish().rest(), too_long, "told once");
        assert_eq!(
            server.connect().send([b'g', 0xff, b'\n']).finish().rest(),
            "error the request is not UTF-8\n"
        );
    }
}

#[test]
fn poll_serves_two_hundred_clients_beside_a_silent_one() {
    let server = Server::start("poll", "127.0.0.1:0");
    let (_silent, mut half) = (server.connect(), server.connect());
    half.send("get che");
    let mut clients: Vec<_> = (0..200).map(|_| server.connect()).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.send(format!("put name{number} {number}\nget name{number}\n"));
    }
    for (number, client) in clients.iter_mut().enumerate().rev() {
        assert_eq!((client.line(), client.line()), ("ok\n".to_owned(), format!("ok {number}\n")));
    }
    assert_eq!(half.send("rry\n").line(), "ok red\n");
}

#[test]
fn a_server_keeps_no_descriptor_of_a_client_that_left() {
    for kind in ["sequential", "poll"] {
        let server = Server::start(kind, "127.0.0.1:0");
        let before = server.descriptors();
        for number in 0..300 {
            // Each third says bye, each third half-closes, each third leaves in the middle of a line.
            let mut client = server.connect();
            match number % 3 {
                0 => assert_eq!(client.send("bye\n").rest(), "ok bye\n"),
                1 => assert_eq!(client.send("get cherry\n").finish().rest(), "ok red\n"),
                _ => drop(client.send("get che")),
            }
        }
        // The server learns of the last ones in its own time; it must come back to where it began.
        server.wait_for_descriptors(before);
    }
}

#[test]
fn a_client_that_resets_ends_only_its_own_conversation() {
    for kind in ["sequential", "poll"] {
        let folder = folder();
        let server = Server::start(kind, &format!("unix:{}/book", folder.path().display()));
        // Leaves with unread answers: the server's send or recv fails.
        server.connect().send("get cherry\n".repeat(1000));
        assert_eq!(server.connect().send("get cherry\nbye\n").rest(), "ok red\nok bye\n");
    }
}

#[test]
fn who_is_the_process_that_connected() {
    let folder = folder();
    let server = Server::start("poll", &format!("unix:{}/book", folder.path().display()));
    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    let me = format!("ok uid={uid} gid={gid} pid={}\n", std::process::id());
    assert_eq!(server.connect().send("who\n").line(), me);
    let server = Server::start("poll", "127.0.0.1:0");
    assert_eq!(server.connect().send("who\n").line(), "ok the network does not tell\n");
}

#[test]
fn the_poll_server_ends_in_order_and_removes_its_name() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let folder = folder();
        let path = folder.path().join("book");
        let server = Server::start("poll", &format!("unix:{}", path.display()));
        let mut client = server.connect();
        assert_eq!(client.send("get cherry\n").line(), "ok red\n");
        assert!(path.exists());
        let (status, said) = server.end(signal);
        assert_eq!((status.code(), said.as_str()), (Some(0), ""));
        assert!(!path.exists(), "the server has removed its name");
        assert_eq!(client.rest(), "", "its clients see the end");
    }
}

#[test]
fn a_killed_server_s_name_is_taken_over() {
    let folder = folder();
    let path = folder.path().join("book");
    let address = format!("unix:{}", path.display());
    for (kind, signal) in [("poll", Signal::SIGKILL), ("sequential", Signal::SIGTERM)] {
        let (status, _) = Server::start(kind, &address).end(signal);
        assert_eq!(status.signal(), Some(signal as i32));
        assert!(path.exists(), "{signal} leaves the name");
        let next = Server::start("poll", &address);
        assert_eq!(next.connect().send("bye\n").line(), "ok bye\n");
        assert_eq!(next.end(Signal::SIGTERM).0.code(), Some(0));
    }
}

#[test]
fn one_of_many_starters_takes_a_dead_server_s_name() {
    let folder = folder();
    let address = format!("unix:{}/book", folder.path().display());
    for _ in 0..5 {
        Server::start("poll", &address).end(Signal::SIGKILL);
        let mut starters: Vec<_> = (0..8).map(|_| Server::launch("poll", &address)).collect();
        let (mut ready, mut refused) = (Vec::new(), Vec::new());
        for starter in &mut starters {
            if starter.is_ready() { ready.push(starter) } else { refused.push(starter) }
        }
        assert_eq!(ready.len(), 1, "one server has the name");
        for server in &mut refused {
            let (status, said) = server.wait();
            assert_eq!(status.code(), Some(1));
            assert_eq!(said, format!("client-server: a server lives at {address}\n"));
        }
        let winner = ready.remove(0);
        assert_eq!(winner.connect().send("get cherry\nbye\n").rest(), "ok red\nok bye\n");
    }
}

#[test]
fn a_name_that_is_somebody_s_file_is_left_alone() {
    let folder = folder();
    let path = folder.path().join("diary");
    std::fs::write(&path, "dear diary").expect("a file can be written");
    let address = format!("unix:{}", path.display());
    client_server(&["poll", &address])
        .code(1)
        .stdout("")
        .stderr(format!("client-server: {} is there, and is no socket\n", path.display()));
    assert_eq!(std::fs::read_to_string(&path).expect("the file is there"), "dear diary");
}

#[test]
fn the_numbers_of_this_machine_are_shown_when_asked_for() {
    let shown = example_with("a_socket_holds_a_finite_number_of_bytes", &["numbers"]).success().stderr("");
    let shown = String::from_utf8_lossy(&shown.get_output().stdout).into_owned();
    let sizes: Vec<&str> = shown.lines().filter_map(|line| line.split(" bytes: Unix took ").next()).collect();
    assert_eq!(sizes, ["in sends of 1", "in sends of 1024", "in sends of 65536"], "{shown}");
}

#[test]
fn a_starter_waits_for_its_turn_before_it_looks_at_the_name() {
    let folder = folder();
    let path = folder.path().join("book");
    let address = format!("unix:{}", path.display());
    Server::start("poll", &address).end(Signal::SIGKILL);
    let dead = std::fs::symlink_metadata(&path).expect("a dead socket is there").ino();

    let turn = std::fs::File::open(folder.path()).expect("the folder can be opened");
    turn.lock().expect("the folder can be locked");
    let mut starter = Server::launch("poll", &address);
    starter.wait_until_it_sleeps_in(nix::libc::SYS_flock);
    let now = std::fs::symlink_metadata(&path).expect("the dead socket is still there").ino();
    assert_eq!(now, dead, "who waits for its turn has changed nothing");
    drop(turn);
    assert!(starter.is_ready());
    assert_eq!(starter.connect().send("bye\n").line(), "ok bye\n");
}

#[test]
fn a_server_removes_no_name_but_its_own() {
    let folder = folder();
    let path = folder.path().join("book");
    let server = Server::start("poll", &format!("unix:{}", path.display()));
    std::fs::remove_file(&path).expect("the name can be removed");
    std::fs::write(&path, "somebody's diary").expect("a file can be written");
    assert_eq!(server.end(Signal::SIGTERM).0.code(), Some(0));
    assert_eq!(std::fs::read_to_string(&path).expect("the file is there"), "somebody's diary");
}
