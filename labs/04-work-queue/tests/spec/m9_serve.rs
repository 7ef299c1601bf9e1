//! Milestone 9: clients on sockets, answered by the workers; shares, stages, and files over HTTP.
//! Man pages: unix(7), cmsg(3), poll(2), shutdown(2), tcp(7), openat2(2).

use std::collections::BTreeSet;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use rstest::rstest;
use testkit::{Address, Errno, Peer, Room, Running, Signal, same_bytes};

use super::http::{expect_page, page, web};
use super::{Answer, answers_in, lives, pid_tasks, pool, started};

/// Starts `pool serve --unix socket ARGS`, and waits until clients may come.
#[track_caller]
fn serve(room: &Room, args: &str) -> (Running, Address) {
    let running = pool(room, &format!("serve --unix socket {args}")).spawn();
    let address = running.ready();
    let wanted = Address::Unix(PathBuf::from("socket"));
    assert!(
        running.stdout_now() == b"ready unix:socket\n",
        "pool does not say where it is\nexpected: the line `ready {wanted}` on stdout, and nothing else\nreceived: {}",
        testkit::visible(&running.stdout_now())
    );
    (running, address)
}

/// Ends a server in the gentle way.
#[track_caller]
fn end(running: Running) {
    running.kill(Signal::SIGTERM);
    running.wait().code(143);
}

/// The answers in what a client has received.
#[track_caller]
fn answers(received: &[u8]) -> Vec<Answer> {
    let text = String::from_utf8_lossy(received).into_owned();
    answers_in(&text).unwrap_or_else(|| {
        panic!("a client got a line that is not whole\nexpected: lines of ID, ok or fail, PID, ATTEMPT, RESULT, with tabs between\nreceived: {}", testkit::visible(received))
    })
}

/// The next answer for this client.
#[track_caller]
fn answer(client: &Peer) -> Answer {
    answers(format!("{}\n", client.line()).as_bytes()).remove(0)
}

#[track_caller]
fn expect_words(received: &[Answer], wanted: &[String]) {
    let mut found: Vec<String> = received.iter().map(Answer::words).collect();
    let mut wanted = wanted.to_vec();
    found.sort();
    wanted.sort();
    super::expect_same(&wanted, &found);
}

/// Three clients, the same IDs, lines in pieces: each gets the answers to its own lines, all of them after a half-close, and
/// then the end. unix(7), shutdown(2).
#[test]
fn each_client_gets_its_own_answers() {
    let room = Room::new();
    let (running, address) = serve(&room, "-n 2 --retries 1 --queue 1");

    // The half-close is seen while a task waits.
    let door = room.gate("door");
    let patient = room.connect(&address);
    patient.send("a\tgate door\nb\tgate door\nc\tfail\n").half_close();
    door.reached_by(2);
    running.asleep();
    door.open();
    let wanted = ["a ok 1 open", "b ok 1 open", "c fail 1 failed"].map(str::to_owned);
    expect_words(&answers(&patient.rest()), &wanted);

    // All workers work for one client, if there is no other.
    let first = room.connect(&address);
    first.send("a\tmeet room 2\nb\tmeet room 2\n").half_close();
    expect_words(&answers(&first.rest()), &["a ok 1 met".to_owned(), "b ok 1 met".to_owned()]);
    let clients: Vec<(Peer, u64)> =
        (0..3).map(|_| (room.connect(&address), room.number(0..1 << 40))).collect();
    for (i, (client, number)) in clients.iter().enumerate() {
        room.write(format!("n{i}"), number.to_string());
        let long = "x".repeat(70_000);
        let lines =
            format!("a\tsum n{i}\nlong\t{long}\nb\tfail\nno task\nc\tcrash KILL\na\tpid\nd\tmeet m{i} 1");
        let cut = room.number(1..lines.len() as u64) as usize;
        client.send_pieces([&lines[..cut], &lines[cut..]]).half_close();
    }
    for (client, number) in &clients {
        let wanted = [format!("a ok 1 {number}")].into_iter().chain(
            [
                "b fail 1 failed",
                "long fail 0 bad task",
                "- fail 0 bad task",
                "c fail 2 signal 9",
                "a fail 0 bad task",
                "d ok 1 met",
            ]
            .map(str::to_owned),
        );
        expect_words(&answers(&client.rest()), &wanted.collect::<Vec<_>>());
    }
    end(running);
}

/// The worker has the client's connection and answers itself: even while the boss is stopped, the answer to a task that runs
/// gets through. cmsg(3): SCM_RIGHTS.
#[test]
fn the_worker_answers_the_client_itself() {
    let room = Room::new();
    let gate = room.gate("door");
    let (running, address) = serve(&room, "-n 2");

    let client = room.connect(&address);
    client.send("a\tgate door\n");
    gate.reached();
    running.asleep();
    running.stop();
    gate.open();
    let found = answer(&client);
    assert!(
        found.words() == "a ok 1 open" && found.pid == gate.visitors()[0],
        "a wrong answer\nexpected: a ok 1 open, from worker {}\nreceived: {} from {}",
        gate.visitors()[0],
        found.words(),
        found.pid
    );
    running.cont();
    client.send("b\tmeet room 1\n").half_close();
    expect_words(&answers(&client.rest()), &["b ok 1 met".to_owned()]);
    end(running);
}

/// One client sends many tasks, another one few. Each gets every second turn as long as both have tasks waiting: when the
/// greedy one's seventh task runs, at least four of the other's five are answered. (There is one worker, and a gate holds it
/// until all tasks have come.)
#[test]
fn a_greedy_client_gets_no_more_than_its_share() {
    let room = Room::new();
    let (first, seventh) = (room.gate("first"), room.gate("seventh"));
    let (running, address) = serve(&room, "-n 1 --queue 100");

    let greedy = room.connect(&address).called("the greedy client");
    let (many, _) = pid_tasks(&room, "g", 40);
    let many: Vec<&str> = many.lines().collect();
    greedy.send(format!(
        "1\tgate first\n{}\n7\tgate seventh\n{}\n",
        many[..5].join("\n"),
        many[5..].join("\n")
    ));
    first.reached();
    let modest = room.connect(&address).called("the modest client");
    let (few, _) = pid_tasks(&room, "m", 5);
    modest.send(few);
    running.asleep();
    first.open();
    seventh.reached();
    running.asleep();
    let served = answers(&modest.received_now()).len();
    assert!(
        served >= 4,
        "a greedy client starves another one\nexpected: when the greedy client's 7th task runs, at least 4 of the other's 5 tasks are answered\nreceived: {served} are"
    );
    seventh.open();
    greedy.half_close();
    modest.half_close();
    let counts = [answers(&greedy.rest()).len(), answers(&modest.rest()).len()];
    assert!(
        counts == [42, 5],
        "a task has no answer, or two\nexpected: 42 and 5 answers\nreceived: {counts:?}"
    );
    end(running);
}

/// A client that is gone wants no answers: its tasks that wait are dropped, and their effects do not happen. (One that has
/// only ended its sending side is still there.) poll(2): POLLHUP.
#[test]
fn the_tasks_of_a_client_that_is_gone_are_dropped() {
    let room = Room::new();
    let gate = room.gate("door");
    room.mkdir("out");
    let (running, address) = serve(&room, "-n 1 --queue 100");

    let client = room.connect(&address);
    let writes: String = (0..20).map(|i| format!("{i}\twrite out/{i} text\n")).collect();
    client.send(format!("held\tgate door\n{writes}"));
    gate.reached();
    running.asleep();
    drop(client);
    running.asleep();
    // poll tells again and again that a client is gone, to whoever goes on asking.
    running.assert_idle();
    gate.open();
    let other = room.connect(&address);
    other.send("a\tmeet room 1\n").half_close();
    expect_words(&answers(&other.rest()), &["a ok 1 met".to_owned()]);
    super::expect_names(&room, "out", &[], "after the client had gone, while its first task ran,");
    end(running);
}

/// A client sends tasks and reads no answer, until its socket is full. Nobody else notices. When it reads at last, all its
/// answers come, each once: it has held up itself, by backpressure. unix(7).
#[test]
fn a_client_that_does_not_read_holds_up_nobody_else() {
    let room = Room::new();
    let (running, address) = serve(&room, "-n 2");
    let (lines, ids) = pid_tasks(&room, "t", 3000);

    let deaf = room.connect(&address).called("the client that does not read");
    let mut sent = 0;
    loop {
        let before = sent;
        while sent < lines.len() {
            match deaf.try_send(&lines[sent..]) {
                Ok(n) => sent += n,
                Err(Errno::EAGAIN) => break,
                Err(error) => {
                    panic!("pool has closed the connection\nexpected: it stays open\nreceived: {error}")
                }
            }
        }
        running.asleep();
        if sent == before {
            break;
        }
    }
    let other = room.connect(&address).called("another client");
    let (few, other_ids) = pid_tasks(&room, "o", 20);
    other.send(few).half_close();
    let served = answers(&other.rest()).len();
    assert!(
        served == other_ids.len(),
        "the other client lacks answers\nexpected: {}\nreceived: {served}",
        other_ids.len()
    );
    deaf.send_and_listen(&lines[sent..]).half_close();
    let received: BTreeSet<String> = answers(&deaf.rest()).into_iter().map(|answer| answer.id).collect();
    assert!(
        received.len() == ids.len(),
        "a client that reads late has lost answers\nexpected: {} answers\nreceived: {}",
        ids.len(),
        received.len()
    );
    end(running);
}

/// The name of a dead server is taken over. The name of a living one is not, and neither is a file that somebody keeps
/// there. At the end the name is gone.
#[test]
fn the_name_is_taken_over_and_removed_with_care() {
    let room = Room::new();
    let word = room.word();
    room.write("socket", &word);
    let refused = |what: &str| {
        let done = pool(&room, "serve --unix socket -n 1").run();
        done.code(1).stdout("");
        done.check(
            done.stderr_text().contains("pool: socket: Address already in use\n"),
            format!("stderr says `pool: socket: Address already in use`, because there is {what}"),
        );
    };
    refused("a file");
    assert!(
        room.read("socket") == word.as_bytes(),
        "a file that is not pool's was changed\nexpected: {word}\nreceived: something else"
    );
    std::fs::remove_file(room.path("socket")).expect("remove the file");
    // std does not remove the name when it closes the socket: that is what a killed server leaves.
    drop(UnixListener::bind(room.path("socket")).expect("make the socket of a dead server"));

    let (running, address) = serve(&room, "-n 1");
    refused("a server that lives");
    let client = room.connect(&address);
    client.send("a\tmeet room 1\n").half_close();
    expect_words(&answers(&client.rest()), &["a ok 1 met".to_owned()]);
    end(running);
    let left = room.list("");
    assert!(
        !left.contains(&"socket".to_owned()),
        "the socket's name is left\nexpected: it is gone after SIGTERM\nreceived: {left:?}"
    );
}

/// A stage does its part and hands the result on: `{}` is what the part before has answered. Each part is done by a worker
/// of its stage; the last one answers the client; a part that fails ends the task.
#[test]
fn stages_hand_their_results_on() {
    let room = Room::new();
    let (one, two) = (room.number(0..1 << 40), room.word());
    room.write("n", one.to_string());
    let (running, address) = serve(&room, "--stages add:2,keep:3");
    started(&running, 5);
    let told = lives(&running.stderr_now());
    let of =
        |name: &str| told.iter().filter(|life| life.stage == name).map(|life| life.pid).collect::<Vec<i32>>();
    let counts = [of("add").len(), of("keep").len()];
    assert!(
        counts == [2, 3],
        "stderr does not tell of the stages' workers\nexpected: 2 lines `worker PID start add`, 3 `… start keep`\nreceived: {counts:?}"
    );

    let client = room.connect(&address);
    client.send(format!("a\tsum n | write out {two}{{}}{{}}\nb\tsum missing | write no {{}}\nc\tsum n\nd\tpid | sum n{{}}\ne\tpid | {{}}\n"));
    client.half_close();
    let all = answers(&client.rest());
    let wanted = [
        format!("a ok 1 {}", two.len() + 2 * one.to_string().len() + 1),
        "b fail 1 No such file or directory".to_owned(),
        "c fail 0 bad task".to_owned(),
        "d fail 1 No such file or directory".to_owned(),
        "e fail 0 bad task".to_owned(),
    ];
    expect_words(&all, &wanted);
    same_bytes("the file of the second stage", format!("{two}{one}{one}\n").as_bytes(), &room.read("out"));
    for (id, stage) in [("a", "keep"), ("b", "add"), ("d", "keep")] {
        let pid = all.iter().find(|answer| answer.id == id).map_or(0, |answer| answer.pid);
        assert!(
            of(stage).contains(&pid),
            "task {id} was answered by another stage\nexpected: a worker of `{stage}`, {:?}\nreceived: {pid}",
            of(stage)
        );
    }
    super::expect_names(&room, "", &["n", "out", "socket", "tmp"], "while pool serves");
    end(running);
}

/// The second stage is slow: it stands at a gate with its one task, one more waits there, and the first stage keeps what it
/// has done and takes no more. So of five tasks three go through the first stage, and the client's rest waits.
#[test]
fn a_slow_stage_holds_back_the_one_before() {
    let room = Room::new();
    let (first, second) = (room.gate("first"), room.gate("second"));
    first.open();
    let (running, address) = serve(&room, "--stages fast:1,slow:1 --queue 1");

    let client = room.connect(&address);
    let lines: String = (0..5).map(|i| format!("{i}\tgate first | gate second\n")).collect();
    client.send(lines).half_close();
    second.reached();
    running.asleep();
    let passed = first.visitors().len();
    assert!(
        passed == 3,
        "the first stage does not wait for the second\nexpected: 3 tasks are through it: one runs in the second stage, one waits there, one is kept\nreceived: {passed}"
    );
    second.open();
    let wanted: Vec<String> = (0..5).map(|i| format!("{i} ok 1 open")).collect();
    expect_words(&answers(&client.rest()), &wanted);
    end(running);
}

/// GET and HEAD of files, also large ones; 404 for what is not a file below DIR, whatever leads there; 405 and 400 for what is
/// no GET. RFC 9112; openat2(2): RESOLVE_BENEATH.
#[test]
fn a_browser_gets_its_files() {
    let room = Room::new();
    let (small, large, secret) = (room.word(), room.bytes(1 << 20), room.word());
    let (running, address) = web(&room, 2);
    room.write("www/small", &small);
    room.write("www/sub/large", &large);
    room.write("www/empty", "");
    room.write("secret", &secret);
    room.mkdir("www-evil");
    room.write("www-evil/file", &secret);
    std::os::unix::fs::symlink("../secret", room.path("www/link")).expect("make a link");
    let get = |target: &str, client: &Peer| {
        client.send(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n"));
        page(client, false)
    };

    let client = room.connect(&address);
    expect_page(&get("/small", &client), 200, small.as_bytes());
    expect_page(&get("/sub/large?x=/y", &client), 200, &large);
    expect_page(&get("/empty", &client), 200, b"");
    client.send("HEAD /sub/large HTTP/1.1\r\nHost: x\r\n\r\n");
    let head = page(&client, true);
    expect_page(&head, 200, b"");
    let announced = head.length.unwrap_or(0);
    assert!(
        head.status == 200 && announced == 1 << 20,
        "HEAD announces another length\nexpected: {}\nreceived: {announced}",
        1 << 20
    );
    for target in
        ["/missing", "/sub", "/", "/../secret", "/sub/../../secret", "/link", "/../www-evil/file", "/small/x"]
    {
        let found = get(target, &client);
        let says_secret = String::from_utf8_lossy(&found.body).contains(&secret);
        assert!(
            found.status == 404 && !says_secret,
            "a wrong answer to GET {target}\nexpected: 404\nreceived: {}{}",
            found.status,
            if says_secret { ", with a file from outside DIR" } else { "" }
        );
    }
    for (request, status) in [
        ("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 405),
        ("GET /small\r\n\r\n", 400),
        ("GET  /small HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /small HTTP/1.1\r\nno colon\r\n\r\n", 400),
        ("GET /small HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 400),
    ] {
        let other = room.connect(&address);
        other.send(request);
        expect_page(&page(&other, false), status, b"");
        other.is_over();
    }
    end(running);
}

/// A request is a part of a stream: it may come byte by byte, and three may come in one piece. The answers come in order, and
/// the connection stays open until the client says `close`, or speaks HTTP/1.0.
#[test]
fn requests_come_in_any_pieces() {
    let room = Room::new();
    let (running, address) = web(&room, 2);
    let words: Vec<String> = (0..3).map(|_| room.word()).collect();
    words.iter().enumerate().for_each(|(i, word)| drop(room.write(format!("www/{i}"), word)));

    let client = room.connect(&address);
    let request = "GET /0 HTTP/1.1\r\nHost: x\r\n\r\n";
    client.send_pieces(request.as_bytes().chunks(1));
    expect_page(&page(&client, false), 200, words[0].as_bytes());
    let three: String = (0..3).map(|i| format!("GET /{i} HTTP/1.1\r\nHost: x\r\n\r\n")).collect();
    client.send(three + "HEAD /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHo");
    words.iter().for_each(|word| expect_page(&page(&client, false), 200, word.as_bytes()));
    expect_page(&page(&client, true), 200, b"");
    client.send("st: x\r\nConnection: close\r\n\r\n");
    expect_page(&page(&client, false), 200, words[2].as_bytes());
    client.ends();

    let old = room.connect(&address);
    old.send("GET /1 HTTP/1.0\r\n\r\n");
    expect_page(&page(&old, false), 200, words[1].as_bytes());
    old.ends();
    let half = room.connect(&address);
    half.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n").half_close();
    expect_page(&page(&half, false), 200, words[1].as_bytes());
    half.ends();
    end(running);
}

/// One worker, and clients that are silent, have sent half a request, or keep their connection open after an answer. None of
/// them holds the worker: the next client is served.
#[rstest]
#[case::nothing("")]
#[case::half_a_request("GET /file HTTP/1.1\r\nHost:")]
#[case::a_request_and_a_half("GET /file HTTP/1.1\r\nHost: x\r\n\r\nGET /")]
fn a_silent_connection_holds_no_worker(#[case] said: &str) {
    let room = Room::new();
    let (running, address) = web(&room, 1);
    let word = room.word();
    room.write("www/file", &word);
    let request = "GET /file HTTP/1.1\r\nHost: x\r\n\r\n";

    let silent: Vec<Peer> = (0..3).map(|_| room.connect(&address)).collect();
    for client in &silent {
        client.send(said);
    }
    running.asleep();
    let other = room.connect(&address).called("another client");
    other.send(request);
    expect_page(&page(&other, false), 200, word.as_bytes());
    if said.is_empty() {
        silent[1].send(request);
        expect_page(&page(&silent[1], false), 200, word.as_bytes());
    }
    end(running);
}
