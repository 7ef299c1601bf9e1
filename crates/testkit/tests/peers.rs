//! A check plays the other side of sockets: clients, servers, and what lies between.

use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use rstest::rstest;
use testkit::{Address, Errno, Fault, Resource, Room, Running, sweep};

/// `echoes` at this address, ready, and where it is.
fn server(room: &Room, at: &str) -> (Running, Address) {
    let server = room.command("echoes").arg(at).spawn();
    let address = server.ready();
    (server, address)
}

fn end(room: &Room, server: Running, address: &Address) {
    room.connect(address).send("end\n").ends();
    server.wait().code(0);
}

#[rstest]
#[case("unix:socket")]
#[case("127.0.0.1:0")]
#[case("[::1]:0")]
fn a_client_talks_and_half_closes(#[case] at: &str) {
    let room = Room::new();
    let (server, address) = server(&room, at);
    let word = room.word();
    let client = room.connect(&address);
    client.send(format!("{word}\nand ")).expect(format!("{word}\n"));
    client.send("more\n");
    assert_eq!(client.line(), "and more");
    assert!(client.is_quiet());
    client.send("rest").half_close();
    assert_eq!(client.rest(), b"rest");
    drop(client);
    end(&room, server, &address);
}

#[rstest]
#[case("unix:socket")]
#[case("127.0.0.1:0")]
fn pieces_are_read_one_by_one(#[case] at: &str) {
    let room = Room::new();
    let (server, address) = server(&room, at);
    let client = room.connect(&address);
    server.stop();
    client.send("ab");
    // Nobody has read it: it waits in the kernel.
    assert!(client.is_quiet());
    server.cont();
    client.all_is_read().send_pieces(["c", "d\n", "e"]).send("\n");
    client.expect("abcd\ne\n");
    drop(client);
    end(&room, server, &address);
}

#[rstest]
#[case("unix:socket")]
#[case("127.0.0.1:0")]
fn a_client_that_never_reads_is_pressed_back(#[case] at: &str) {
    let room = Room::new();
    let (server, address) = server(&room, at);
    let client = room.connect(&address);
    let total = client.fill(b"0123456\n");
    assert!(total > 10_000, "{total}");
    server.asleep();
    let mut at = 0;
    client.half_close().take_through(total as u64, |offset, bytes| {
        assert_eq!(offset, at);
        at += bytes.len() as u64;
        assert!((offset..).zip(bytes).all(|(i, byte)| *byte == b"0123456\n"[i as usize % 8]));
    });
    client.ends();
    drop(client);
    end(&room, server, &address);
}

#[test]
fn a_client_that_reads_while_it_sends_is_not_pressed_back() {
    let room = Room::new();
    let (server, address) = server(&room, "unix:socket");
    let lines = room.lines(200_000);
    let client = room.connect(&address);
    client.send_and_listen(&lines).half_close();
    assert!(client.rest() == lines.as_bytes());
    drop(client);
    end(&room, server, &address);
}

#[test]
fn a_reset_reaches_the_other_side() {
    let room = Room::new();
    let listener = room.listen(&Address::parse("127.0.0.1:0").unwrap());
    let client = room.connect(listener.address());
    let served = listener.accept();
    client.send("half a li");
    client.reset();
    served.is_over();
    assert_eq!(served.try_send("x"), Err(Errno::EPIPE));
}

#[test]
fn a_listener_can_look_whether_somebody_has_come() {
    let room = Room::new();
    let listener = room.listen(&Address::Unix("socket".into()));
    assert!(listener.try_accept().is_none());
    let client = room.connect(listener.address());
    let served = listener.try_accept().expect("a client that has connected");
    assert!(listener.try_accept().is_none());
    served.send("hello");
    client.expect("hello");
}

#[test]
fn nobody_there_is_an_error_to_ask_for() {
    let room = Room::new();
    assert_eq!(room.try_connect(&Address::Unix("none".into())).err(), Some(Errno::ENOENT));
    let closed = room.listen(&Address::parse("127.0.0.1:0").unwrap()).address().clone();
    assert_eq!(room.try_connect(&closed).err(), Some(Errno::ECONNREFUSED));
}

#[test]
fn a_proxy_holds_back_and_cuts() {
    let room = Room::new();
    let (server, address) = server(&room, "unix:socket");
    let proxy = room.proxy(&address);
    let client = room.connect(proxy.address());
    let link = proxy.accept();
    client.send("one\ntwo\n");
    link.up(2).up_in_pieces(6, 1).down(3).down(5);
    client.expect("one\ntwo\n").send("held\n");
    server.asleep();
    assert!(client.is_quiet());
    link.up(5).down(5);
    client.expect("held\n");
    drop((client, link));
    end(&room, server, &address);
}

#[test]
fn datagrams_are_whole_and_have_a_sender() {
    let room = Room::new();
    let (one, two) = (Address::Unix("one".into()), Address::Unix("two".into()));
    let (first, second) = (room.datagram(Some(&one)), room.datagram(Some(&two)));
    first.send(&two, b"hello").unwrap();
    first.send(&two, b"").unwrap();
    let from = first.address().cloned();
    assert_eq!(second.receive(), (b"hello".to_vec(), from.clone()));
    assert_eq!(second.receive(), (Vec::new(), from));
    assert!(second.is_quiet());
    room.datagram(None).send(&two, b"nobody").unwrap();
    assert_eq!(second.receive(), (b"nobody".to_vec(), None));
    assert_eq!(first.send(&Address::Unix("none".into()), b"x"), Err(Errno::ENOENT));
}

#[test]
fn a_descriptor_travels() {
    let room = Room::new();
    let listener = room.listen(&Address::Unix("socket".into()));
    let client = room.connect(listener.address());
    let served = listener.accept();
    let (mut near, far) = UnixStream::pair().unwrap();
    served.send_with_descriptors(b"x", &[far.as_fd()]);
    let (bytes, descriptors) = client.take_with_descriptors(8);
    assert_eq!((bytes.as_slice(), descriptors.len()), (&b"x"[..], 1));
    drop(far);
    near.write_all(b"through").unwrap();
    let mut buffer = [0; 16];
    let n = nix::unistd::read(&descriptors[0], &mut buffer).unwrap();
    assert_eq!(&buffer[..n], b"through");
}

#[test]
fn pipes_and_limits_of_a_running_program_change() {
    let room = Room::new();
    let cat = room.command("cat").stdin_open().spawn();
    cat.send("x").wait_stdout("x");
    cat.resize_pipe(0, 4096).stop();
    cat.send("y".repeat(4096));
    assert_eq!(cat.unread(0), 4096);
    let before = cat.limit(Resource::RLIMIT_NOFILE, 3);
    assert_eq!(cat.limit(Resource::RLIMIT_NOFILE, before), 3);
    cat.cont();
    cat.close_stdin();
    cat.wait().code(0).stdout(format!("x{}", "y".repeat(4096)));
}

#[test]
fn a_sweep_meets_every_call() {
    let mut killed = 0;
    let calls = sweep(|call| {
        let room = Room::new();
        let done = room.command("spew").arg("10").trace(Fault::KillAt { call, nth_process: 0 }).run();
        killed += u64::from(done.output().stdout.is_empty());
        done.fault_delivered()
    });
    assert!(calls > 3 && killed <= calls && killed > 0, "{calls} calls, {killed} without output");
}

/// A script that reads a FIFO waits in its open, then in its read, and ends at its end.
#[test]
fn a_fifo_keeps_its_reader_waiting() {
    let room = Room::new();
    let fifo = room.slow_file("slow");
    let word = room.word();
    let reader = room.command("sh").args(["-c", "cat slow; echo end"]).spawn();
    reader.asleep();
    assert!(fifo.readers(&reader).is_empty());
    fifo.is_read();
    reader.asleep().assert_all_idle();
    assert_eq!(fifo.readers(&reader).len(), 1);
    fifo.send(&word).close();
    reader.wait().code(0).stdout(format!("{word}end\n"));
}

/// Pages that a child shares with its parent count once.
#[test]
fn shared_memory_counts_once() {
    let room = Room::new();
    let gate = room.gate("gate");
    let shell =
        room.command("sh").args(["-c", "a=$(spew 4000000); (gate gate; :) & (gate gate; :) & wait"]).spawn();
    gate.reached_by(2);
    shell.asleep();
    let memory = shell.anonymous_memory();
    assert!((4_000_000..16_000_000).contains(&memory), "{memory}");
    gate.open();
    shell.wait().code(0);
}
