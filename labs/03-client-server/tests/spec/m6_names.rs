//! Milestone 6: the name of a socket, and who is at its other end.
//! Man pages: unix(7), bind(2), umask(2), fchmod(2), unlink(2), getsockopt(2): SO_PEERCRED.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use nix::unistd::{Pid, getegid, geteuid};
use rstest::rstest;
use testkit::{Address, Fault, Proc, Room, Running, Signal, When, first_call, one_line, sweep};

use super::{TCP, UNIX, ask, command, filed, ok, serve};

/// Who may connect is decided by the mode of the socket's file. chmod after bind is too late: in between, everybody may, and
/// whoever has connected stays connected. Here filed is killed at each of its system calls, one after the other, with a
/// umask that takes nothing away; whenever the name is there, its mode is 0600. umask(2), fchmod(2), unix(7).
#[rstest]
#[case::of_both_sockets(&["--unix", "s", "--control", "c"])]
#[case::of_a_datagram_socket(&["--unix", "s", "--dgram"])]
fn the_socket_is_private_from_its_first_moment(#[case] options: &[&str]) {
    // Whether a socket file is there, and whether filed is ready, when it is killed at this call.
    let look = |call| {
        let room = Room::new();
        let fault = Fault::KillAt { call, nth_process: 0 };
        let server = command(&room, options).umask(0).trace(fault).spawn();
        server.eventually(|| server.has_ended() || is_ready(&server), "filed to be ready, or to be killed");
        server.kill(Signal::SIGKILL);
        let done = server.wait();
        let is_ready = !done.output().stdout.is_empty();
        done.check(is_ready || done.fault_delivered(), "filed prints `ready ADDRESS`");
        let modes = ["s", "c"].map(|name| fs::symlink_metadata(room.path(name)).ok());
        for mode in modes.iter().flatten().map(|meta| meta.permissions().mode() & 0o7777) {
            assert!(
                mode == 0o600,
                "before its system call {call}, filed has a socket that others may use\nexpected: mode 0600\nreceived: mode {mode:04o}"
            );
        }
        (modes.iter().any(Option::is_some), is_ready)
    };
    let first = first_call(|call| {
        let (is_there, is_ready) = look(call);
        is_there || is_ready
    });
    // A call more or less.
    let begin = first.saturating_sub(3);
    sweep(|call| !look(begin + call).1);
    assert!(
        look(u64::MAX).0,
        "no socket file was ever seen\nexpected: it is there when filed is ready\nreceived: no such file"
    );
}

/// `ready` is a promise: whoever connects from now on is not refused. A client that starts at this very moment must not be
/// faster than listen. Here filed is stopped at each of its system calls after `ready`, and a client connects. listen(2).
#[rstest]
#[case::unix(UNIX)]
#[case::tcp(TCP)]
fn ready_means_that_a_client_may_come(#[case] options: &[&str]) {
    // Whether filed comes to this call before it rests, and whether it is ready then.
    let stopped_at = |call| {
        let room = Room::new();
        let fault = Fault::SignalAt { signal: Signal::SIGSTOP, call, when: When::Before };
        let server = command(&room, options).trace(fault).spawn();
        let is_stopped = || Proc::read(server.pid()).is_some_and(|process| process.state == 'T');
        let stands = || server.has_ended() || is_stopped() || is_ready(&server);
        server.eventually(stands, "filed to be ready, or to be stopped");
        if is_ready(&server) {
            // It may still be on its way to this call, or rest before it.
            server.asleep();
            let refused = room.try_connect(&server.ready()).err();
            assert!(
                refused.is_none(),
                "filed is ready, and a client is refused before filed's system call {call}\nexpected: a connection\nreceived: {}",
                refused.map_or("a connection", |errno| errno.desc())
            );
        }
        let comes_to_it = server.fault_delivered();
        server.kill(Signal::SIGKILL);
        let done = server.wait();
        let is_ready = !done.output().stdout.is_empty();
        done.check(is_ready || comes_to_it, "filed prints `ready ADDRESS`");
        (comes_to_it, is_ready)
    };
    let beyond = first_call(|call| !stopped_at(call).0);
    // Back to the first at which it is ready.
    for call in (1..=beyond).rev() {
        if !stopped_at(call).1 {
            break;
        }
    }
}

/// A name has one owner. A second filed sees that somebody listens there, says so, and leaves everything as it is, also if
/// the first one is busy and does not answer. bind(2): EADDRINUSE.
#[rstest]
#[case::unix(&["--unix", "s"], "unix:s")]
#[case::an_abstract_name(&["--unix", "@W"], "unix:@W")]
#[case::tcp(&["--tcp", "127.0.0.1:P"], "127.0.0.1:P")]
#[case::datagrams(&["--unix", "s", "--dgram"], "unix:s")]
#[case::packets(&["--unix", "s", "--seqpacket"], "unix:s")]
#[case::the_control_socket(&["--unix", "other", "--control", "s"], "unix:s")]
fn a_live_server_keeps_its_name(#[case] options: &[&str], #[case] address: &str) {
    let room = Room::new();
    let word = room.word();
    let fill = |text: &str, port: u16| text.replace('W', &word).replace(":P", &format!(":{port}"));
    let first: Vec<_> = match options {
        ["--unix", "other", ..] => vec!["--unix".to_owned(), "s".to_owned()],
        _ => options.iter().map(|option| fill(option, 0)).collect(),
    };
    let first: Vec<_> = first.iter().map(String::as_str).collect();
    let site = serve(&room, &first);
    let port = if let Address::Inet(address) = &site.at { address.port() } else { 0 };
    let options: Vec<_> = options.iter().map(|option| fill(option, port)).collect();
    let options: Vec<_> = options.iter().map(String::as_str).collect();
    let file = || fs::symlink_metadata(room.path("s")).map(|meta| (meta.ino(), meta.mode())).ok();
    let before = file();

    let refusal = format!("filed: {}: Address already in use\n", fill(address, port));
    command(&room, &options).run().code(1).stdout("").stderr(refusal.as_str());
    site.server.stop();
    command(&room, &options).note("the first filed is stopped").run().code(1).stdout("").stderr(refusal);
    site.server.cont();
    assert!(
        file() == before,
        "a second filed has changed the socket file of the first\nexpected: the same file\nreceived: another one, or none"
    );
    let left = room.list("").contains(&"other".to_owned());
    assert!(
        !left,
        "a filed that could not start has left a socket file\nexpected: no name `other`\nreceived: it is there"
    );
    if !first.contains(&"--dgram") && !first.contains(&"--seqpacket") {
        site.serves(&room, "a client of the first filed");
    }
    site.end();
}

/// A server that was killed leaves its name. Nobody listens behind it, and connect says so: then the next one may have it.
/// connect(2): ECONNREFUSED, unlink(2).
#[rstest]
#[case::unix(&["--unix", "s", "--control", "c"])]
#[case::datagrams(&["--unix", "s", "--dgram"])]
#[case::packets(&["--unix", "s", "--seqpacket"])]
fn the_socket_of_a_dead_server_is_taken_over(#[case] options: &[&str]) {
    let room = Room::new();
    for _ in 0..3 {
        let site = serve(&room, options);
        if options.contains(&"--control") {
            site.serves(&room, "a client");
            drop(room.connect(&Address::Unix("c".into())));
        }
        site.end();
        assert!(room.list("").contains(&"s".to_owned()), "the socket file of a killed filed is gone");
    }
}

/// Only a socket can be a dead server's. A file of that name is somebody's file, and a link somebody's link: filed says that
/// the name is in use, and touches nothing. lstat(2), inode(7).
#[rstest]
#[case::a_file("file")]
#[case::a_folder("folder")]
#[case::a_fifo("fifo")]
#[case::a_link_to_a_file("link")]
#[case::a_link_to_nothing("dangling")]
#[case::a_link_to_a_dead_socket("dead")]
fn what_is_no_socket_is_left_alone(#[case] what: &str) {
    let room = Room::new();
    let word = room.word();
    room.write("file", &word);
    room.mkdir("folder");
    let _fifo = room.gate("fifo");
    drop(room.listen(&Address::Unix("socket".into())));
    for (link, to) in [("link", "file"), ("dangling", "nosuch"), ("dead", "socket")] {
        symlink(to, room.path(link)).expect("make a link");
    }
    let looks = |name: &str| {
        fs::symlink_metadata(room.path(name)).map(|meta| (meta.ino(), meta.mode(), meta.len())).ok()
    };
    let before = ["file", "folder", "fifo", "link", "dangling", "dead", "socket"].map(looks);

    for options in [&["--unix", what][..], &["--unix", "s", "--control", what]] {
        let refusal = format!("filed: unix:{what}: Address already in use\n");
        command(&room, options).run().code(1).stdout("").stderr(refusal);
    }
    let after = ["file", "folder", "fifo", "link", "dangling", "dead", "socket"].map(looks);
    assert!(
        before == after && room.read("file") == word.as_bytes(),
        "filed has changed what is no socket of a dead server\nexpected: `{what}` is as it was\nreceived: it is not"
    );
    assert!(looks("s").is_none(), "a filed that could not start has left its socket file `s`");
}

/// A Unix socket knows who called connect: the kernel has written it down, and the client has no say in it.
/// unix(7): SO_PEERCRED.
#[rstest]
#[case::a_stream(&["--unix", "s"])]
#[case::packets(&["--unix", "s", "--seqpacket"])]
fn whoami_is_what_the_kernel_knows(#[case] options: &[&str]) {
    let room = Room::new();
    let site = serve(&room, options);
    let identity = |pid: Pid| format!("uid={} gid={} pid={pid}", geteuid(), getegid());
    if options.contains(&"--seqpacket") {
        let client = room.connect_for_records(&site.at);
        client.send("WHOAMI");
        let answer = client.record().unwrap_or_default();
        testkit::same_bytes("the answer to WHOAMI", &ok(identity(Pid::this())), &answer);
    } else {
        let client = site.client(&room, "the check itself");
        client.send("WHOAMI\n").expect(ok(identity(Pid::this())));
        // Another process has another answer.
        let filec = ask(&room, "unix:s", &["WHOAMI"]).spawn();
        let wanted = identity(Pid::from_raw(filec.pid()));
        filec.wait().code(0).stdout(wanted);
        client.send("WHOAMI\n").expect(ok(identity(Pid::this())));
    }
    site.end();
    let site = serve(&room, TCP);
    site.client(&room, "a client over TCP").send("WHOAMI\n").expect("ERR 400 not possible here\n");
    site.end();
}

/// A server that does not start says why, in one line, and leaves nothing behind: its user has nothing else.
#[rstest]
#[case::no_root("--unix s --root nosuch", "filed: nosuch: No such file or directory\n")]
#[case::the_root_is_a_file("--unix s --root file", "filed: file: Not a directory\n")]
#[case::no_folder_for_the_socket(
    "--unix nosuch/s --root files",
    "filed: unix:nosuch/s: No such file or directory\n"
)]
#[case::no_folder_for_the_control_socket(
    "--unix s --root files --control nosuch/c",
    "filed: unix:nosuch/c: No such file or directory\n"
)]
#[case::a_path_that_is_too_long("--unix LONG --root files", "filed: unix:LONG: File name too long\n")]
#[case::no_root_given("--unix s", "usage: filed ")]
#[case::no_address("--root files", "usage: filed ")]
#[case::two_addresses("--unix s --tcp 127.0.0.1:0 --root files", "usage: filed ")]
#[case::an_unknown_option("--unix s --root files --fast", "usage: filed ")]
#[case::datagrams_over_tcp("--tcp 127.0.0.1:0 --root files --dgram", "usage: filed ")]
fn a_failed_start_says_why(#[case] arguments: &str, #[case] message: &str) {
    let room = Room::new();
    let long = room.word().repeat(14)[..108].to_owned();
    room.mkdir("files");
    room.write("file", "");
    let arguments = arguments.replace("LONG", &long);
    let done = room.command(filed()).args(arguments.split(' ')).run();
    if message.ends_with('\n') {
        done.code(1).stdout("").stderr(message.replace("LONG", &long));
    } else {
        done.code(2).stdout("").stderr(one_line(message));
    }
    let left = room.list("");
    assert!(
        left == ["file", "files", "tmp"],
        "a filed that could not start has left something behind\nexpected: file, files, tmp\nreceived: {}",
        testkit::list(&left)
    );

    // A path of 107 bytes is as good as a short one.
    if arguments.contains(&long) {
        let site = serve(&room, &["--unix", &long[..107]]);
        site.end().stdout(format!("ready unix:{}\n", &long[..107]));
    }
}

fn is_ready(server: &Running) -> bool {
    server.stdout_now().ends_with(b"\n")
}
