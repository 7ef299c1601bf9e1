//! Milestone 5: wrong requests, wrong names, lost clients, no descriptors, and the end.
//! Man pages: path_resolution(7), openat2(2), send(2): EPIPE, accept(2): EMFILE, getrlimit(2), signal(7).

use std::os::unix::fs::symlink;

use rstest::rstest;
use testkit::{Address, Errno, Fault, Peer, Resource, Room, Signal, When, first_call, same_bytes};

use super::{TCP, UNIX, command, ok, serve};

/// A wrong request is its own trouble: it gets its answer, at its place, and the next one is served.
#[rstest]
#[case::an_empty_line("", "400 empty")]
#[case::only_a_cr("\r", "400 empty")]
#[case::no_such_request("NOSUCH W", "400 unknown")]
#[case::small_letters("echo W", "400 unknown")]
#[case::no_blank_behind_the_name("ECHOW", "400 unknown")]
#[case::a_blank_before_the_name(" ECHO W", "400 unknown")]
#[case::get_without_a_name("GET", "400 usage")]
#[case::get_with_an_empty_name("GET ", "400 usage")]
#[case::whoami_with_an_argument("WHOAMI W", "400 usage")]
#[case::stat_with_an_argument("STAT W", "400 usage")]
#[case::quit_with_an_argument("QUIT W", "400 usage")]
#[case::batch_without_a_name("BATCH 3", "400 usage")]
#[case::batch_of_none("BATCH 0 W", "400 usage")]
#[case::batch_of_too_many("BATCH 1001 W", "400 usage")]
#[case::batch_of_what("BATCH x W", "400 usage")]
#[case::a_number_with_a_sign("BATCH +1 W", "400 usage")]
fn a_wrong_request_is_answered_and_the_next_one_served(#[case] request: &str, #[case] error: &str) {
    let room = Room::new();
    let word = room.word();
    let site = serve(&room, UNIX);
    let client = site.client(&room, "the client");
    let request = request.replace('W', &word).replace(&format!("{word}HOAMI"), "WHOAMI");
    client.send(format!("ECHO {word}\n{request}\n{request}\nECHO {word}\n"));
    client.expect(ok(&word));
    client.expect(format!("ERR {error}\n")).expect(format!("ERR {error}\n")).expect(ok(&word));
    site.end();
}

/// A line has an end somewhere, or a server keeps bytes for ever. At 8193 bytes without LF it is enough: 413, at once, and
/// the connection is closed, for nobody knows where the next request begins.
#[rstest]
#[case::unix(UNIX)]
#[case::tcp(TCP)]
fn a_line_that_is_too_long_is_413_and_the_end(#[case] options: &[&str]) {
    let room = Room::new();
    let site = serve(&room, options);
    let word = room.word();
    let text = |length| room.word().repeat(2000)[..length].to_owned();

    let client = site.client(&room, "the client with the longest line");
    let longest = text(8187);
    client.send(format!("ECHO {longest}\n")).expect(ok(&longest));
    client.send(format!("ECHO {}\r\n", &longest[1..])).expect(ok(&longest[1..]));
    client.send(format!("ECHO {longest}\r\n")).expect("ERR 413 too long\n").is_over();

    let client = site.client(&room, "the client whose line has no end");
    client.send(format!("ECHO {word}\n")).expect(ok(&word));
    client.send(format!("ECHO {}", text(8188))).expect("ERR 413 too long\n").is_over();

    let client = site.client(&room, "the client with a line of 8193 bytes");
    client.send(format!("ECHO {}\n", text(8188))).expect("ERR 413 too long\n").is_over();

    let client = site.client(&room, "the client that does not stop");
    let endless = text(10_000);
    // Until nobody takes it any more.
    while client.received_now().is_empty() && client.try_send(&endless).is_ok_and(|n| n > 0) {}
    client.expect("ERR 413 too long\n").is_over();
    site.serves(&room, "another client");
    site.end();
}

/// DIR is a border. `..` is the obvious way over it, a link is another, and a folder whose name only begins like DIR's is a
/// third. 403 never tells what exists outside. path_resolution(7), openat2(2): RESOLVE_BENEATH.
#[rstest]
#[case::the_folder_above("../secret")]
#[case::an_absolute_name("/ROOM/secret")]
#[case::an_absolute_name_inside("/ROOM/files/a")]
#[case::down_and_further_up("sub/../../secret")]
#[case::out_and_in_again("../files/a")]
#[case::down_and_out_and_in_again("sub/../../files/a")]
#[case::a_neighbour_with_the_same_beginning("../files-of-others/a")]
#[case::a_link_out("link")]
#[case::a_link_out_of_a_subfolder("sub/link")]
#[case::a_linked_folder("folder/a")]
#[case::an_absolute_link("absolute")]
#[case::nothing_outside("../nosuch")]
#[case::nothing_inside_either("nosuch/../../secret")]
#[case::a_link_to_nothing_outside("dangling")]
#[case::nothing_in_a_linked_folder("folder/nosuch")]
fn a_name_that_leads_out_of_the_root_is_403(#[case] name: &str) {
    let room = Room::new();
    let (inside, outside) = (room.word(), room.word());
    let site = serve(&room, UNIX);
    room.mkdir("files/sub");
    room.mkdir("files-of-others");
    for (file, text) in [
        ("files/a", &inside),
        ("files/sub/b", &inside),
        ("secret", &outside),
        ("files-of-others/a", &outside),
    ] {
        room.write(file, text);
    }
    let secret = room.path("secret");
    for (link, to) in [
        ("link", "../secret"),
        ("sub/link", "../../secret"),
        ("folder", "../files-of-others"),
        ("absolute", &secret.to_string_lossy()),
        ("dangling", "../nosuch"),
        ("inner", "sub/b"),
        ("sub/inner", "../a"),
    ] {
        symlink(to, room.path("files").join(link)).expect("make a link");
    }

    let client = site.client(&room, "the client");
    let name = name.replace("/ROOM", &room.dir().to_string_lossy());
    client.send(format!("GET {name}\n")).expect("ERR 403 forbidden\n");
    // What stays inside is served, on whatever way.
    for name in ["a", "./a", "sub/../a", "sub/b", "sub/../sub/b", "inner", "sub/inner"] {
        client.send(format!("GET {name}\n")).expect(ok(&inside));
    }
    site.end();
}

/// 404 is for whatever cannot be read: it is not there, or it is no file. The next request is served.
#[rstest]
#[case::it_is_missing("nosuch")]
#[case::in_a_missing_folder("nosuch/a")]
#[case::a_folder("sub")]
#[case::the_root_itself(".")]
#[case::a_file_is_no_folder("a/b")]
#[case::a_socket("socket")]
#[case::a_link_to_nothing("dangling")]
#[case::a_link_to_itself("loop")]
#[case::a_name_with_nul("a\0b")]
#[case::a_name_that_is_too_long("LONG")]
fn what_cannot_be_read_is_404(#[case] name: &str) {
    let room = Room::new();
    let word = room.word();
    let site = serve(&room, UNIX);
    room.mkdir("files/sub");
    room.write("files/a", &word);
    let _socket = room.listen(&Address::Unix("files/socket".into()));
    symlink("nosuch", room.path("files/dangling")).expect("make a link");
    symlink("loop", room.path("files/loop")).expect("make a link");

    let client = site.client(&room, "the client");
    let name = name.replace("LONG", &word.repeat(100));
    client.send(format!("GET {name}\nGET a\n")).expect("ERR 404 not found\n").expect(ok(&word));
    site.end();
}

/// A client is gone in the middle of its answer: its process was killed, its machine was switched off. For the server that
/// is EPIPE, ECONNRESET or SIGPIPE, at any call, and the matter of this one client alone. send(2), socket(7): SO_LINGER.
#[rstest]
#[case::closed_over_unix(UNIX, false)]
#[case::closed_over_tcp(TCP, false)]
#[case::reset_over_unix(UNIX, true)]
#[case::reset_over_tcp(TCP, true)]
fn a_client_that_is_gone_harms_nobody(#[case] options: &[&str], #[case] resets: bool) {
    let room = Room::new();
    let site = serve(&room, options);
    let content = room.bytes(6 << 20);
    room.write("files/big", &content);
    room.write("files/small", "x");
    let witness = site.client(&room, "a client that stays");
    witness.send("GET small\n").expect(ok("x"));
    site.server.asleep();
    let before = site.server.fds().len();

    let leave = |client: Peer| if resets { client.reset() } else { drop(client) };
    for request in ["", "ECHO half", "GET big\n", "GET big\nGET big\nECHO a\n"] {
        for is_read in [false, true] {
            let client = site.client(&room, "the client that leaves");
            client.send(request);
            site.server.asleep();
            if is_read && request.contains("GET") {
                client.expect(format!("OK {}\n", content.len()));
                same_bytes("what the client got before it left", &content[..100_000], &client.take(100_000));
            }
            leave(client);
            witness.send("ECHO a\n").expect(ok("a"));
        }
    }
    // Requests of which nobody will read an answer.
    let client = site.client(&room, "the client that asks and leaves");
    client.send("ECHO a\n".repeat(500));
    leave(client);
    witness.send("GET big\n").expect(format!("OK {}\n", content.len()));
    same_bytes("what the client that stays got", &content, &witness.take(content.len()));
    site.server.asleep();
    let after = site.server.fds().len();
    assert!(
        after <= before,
        "the descriptors of clients that are gone are still open in filed\nexpected: at most {before}\nreceived: {after}"
    );
    site.end();
}

/// Descriptors are few, and accept may fail: the client stays in the backlog, and whoever asks again at once fails again, a
/// million times a second. A server goes on serving those it has, rests, and tries again when one of them has left.
/// accept(2): EMFILE, getrlimit(2).
#[rstest]
#[case::unix(UNIX)]
#[case::tcp(TCP)]
fn without_descriptors_filed_waits_until_a_client_leaves(#[case] options: &[&str]) {
    let room = Room::new();
    let site = serve(&room, options);
    let (first, second) = (site.client(&room, "the first client"), site.client(&room, "the second client"));
    for client in [&first, &second] {
        client.send("ECHO a\n").expect(ok("a"));
    }
    let before = site.server.asleep().allow_no_more_descriptors();

    // A server that was waiting in accept already has a descriptor for the first of them.
    let late: Vec<Peer> = (0..4).map(|i| site.client(&room, &format!("late client {}", i + 1))).collect();
    for client in [&first, &second] {
        client.send("ECHO b\n").expect(ok("b"));
    }
    site.server.assert_all_idle();
    assert!(
        !site.server.has_ended(),
        "filed ends for want of descriptors\nexpected: it goes on\nreceived: it has ended"
    );

    site.server.limit(Resource::RLIMIT_NOFILE, before);
    drop(first);
    for client in late {
        // Served at last, or sent away before.
        let _ = client.try_send("ECHO c\n");
        let line = client.line();
        assert!(
            line == "OK 1" || line == "ERR 503 busy",
            "a client that came when there was no descriptor\nexpected: `OK 1`, or `ERR 503 busy`\nreceived: `{line}`"
        );
    }
    site.serves(&room, "a new client");
    second.send("ECHO d\n").expect(ok("d"));
    site.end();
}

/// To end is not to drop everything: nobody new comes in, who waits for nothing is sent home, and who is in the middle of an
/// answer gets the rest of it, however slowly. Then the name is gone, and the status is 0. signal(7), unlink(2).
#[rstest]
#[case::sigterm(Signal::SIGTERM, UNIX)]
#[case::sigint(Signal::SIGINT, UNIX)]
#[case::over_tcp(Signal::SIGTERM, TCP)]
fn sigterm_lets_answers_end(#[case] signal: Signal, #[case] options: &[&str]) {
    let room = Room::new();
    let site = serve(&room, &[options, &["--control", "control"]].concat());
    let content = room.bytes(12 << 20);
    room.write("files/big", &content);
    let slow = site.client(&room, "the slow reader");
    slow.send("GET big\n");
    let idle = site.client(&room, "the client that waits for nothing");
    idle.send("ECHO a\n").expect(ok("a"));
    let half = site.client(&room, "the client with half a line");
    half.send("ECHO ").all_is_read();
    site.server.asleep();

    site.server.kill(signal);
    idle.ends();
    half.is_over();
    site.server.asleep();
    let refused = room.try_connect(&site.at).err();
    assert!(
        matches!(refused, Some(Errno::ENOENT | Errno::ECONNREFUSED)),
        "filed shall end, and new clients can still connect\nexpected: No such file or directory, or Connection refused\nreceived: {}",
        refused.map_or("a connection", |errno| errno.desc())
    );
    assert!(
        !site.server.has_ended(),
        "filed has ended too early\nexpected: it completes the answer of a slow reader\nreceived: it has ended"
    );
    slow.expect(format!("OK {}\n", content.len()));
    same_bytes("the answer that was on its way", &content, &slow.take(content.len()));
    slow.ends();
    site.server.wait().code(0);
    no_socket_file(&room, &["s", "control"]);
}

/// A signal comes when it comes: also between the look at a flag and the call that waits. Then the flag is set, and the call
/// waits for ever. Here SIGTERM comes before each system call that filed makes, one after the other. signalfd(2),
/// ppoll(2), signal(7).
#[test]
fn no_sigterm_is_lost() {
    // Whether filed comes to this call before it rests, and whether it is ready then.
    let ends_at = |call| {
        let room = Room::new();
        let fault = Fault::SignalAt { signal: Signal::SIGTERM, call, when: When::Before };
        let server = command(&room, UNIX).trace(fault).spawn();
        let is_ready = || server.stdout_now().ends_with(b"\n");
        server.eventually(|| server.has_ended() || is_ready(), "filed to be ready, or to end");
        if !server.has_ended() && !server.fault_delivered() {
            // It is on its way to this call, or rests before it.
            server.asleep();
        }
        let comes_to_it = server.fault_delivered();
        if !comes_to_it {
            server.kill(Signal::SIGKILL);
        }
        let done = server.wait();
        let is_ready = !done.output().stdout.is_empty();
        done.check(is_ready || comes_to_it, "filed prints `ready ADDRESS`");
        // Before `ready`, it may end as it likes.
        if comes_to_it && is_ready {
            done.code(0);
            no_socket_file(&room, &["s"]);
        }
        (comes_to_it, is_ready)
    };
    let beyond = first_call(|call| !ends_at(call).0);
    // Back to the first at which it is ready. A filed that does not die of it is ready sooner or later: fifty will do.
    for call in (1..=beyond).rev().take(50) {
        if !ends_at(call).1 {
            break;
        }
    }
}

fn no_socket_file(room: &Room, names: &[&str]) {
    let left: Vec<_> = room.list("").into_iter().filter(|name| names.contains(&name.as_str())).collect();
    assert!(
        left.is_empty(),
        "filed has ended by SIGTERM, and its socket file is still there\nexpected: no such name\nreceived: {}",
        testkit::list(&left)
    );
}
