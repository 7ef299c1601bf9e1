//! Milestone 3: many clients at once.
//! Man pages: poll(2), epoll(7), accept(2), listen(2), fork(2), pthreads(7).

use rstest::rstest;
use testkit::{Peer, Room};

use super::{Site, TCP, UNIX, ok, serve};

/// How many clients are there at once.
const CROWD: usize = 100;

/// One client says nothing, one has sent half a line, and a hundred others are served as if they were not there. A server
/// that waits in `recv` for one client serves nobody else: who waits, waits for all. poll(2).
#[rstest]
#[case::unix(UNIX)]
#[case::tcp(TCP)]
fn a_silent_client_holds_up_nobody(#[case] options: &[&str]) {
    let room = Room::new();
    let (word, half) = (room.word(), room.word());
    let site = serve(&room, options);
    let silent = site.client(&room, "the silent client");
    let slow = site.client(&room, "the client with half a line");
    slow.send(format!("ECHO {half} "));

    let crowd: Vec<Peer> = (0..CROWD).map(|i| site.client(&room, &format!("client {}", i + 3))).collect();
    for client in crowd.iter().rev() {
        client.send(format!("ECHO {word}\n")).expect(ok(&word));
    }
    slow.send(format!("{word}\n")).expect(ok(format!("{half} {word}")));
    silent.send(format!("ECHO {half}\n")).expect(ok(&half));
    drop(crowd);
    site.end();
}

/// Half a line is the business of the client that sent it. A server with one buffer for all gives the second half of one
/// client to the first half of another.
#[test]
fn every_client_has_a_line_of_its_own() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let clients: Vec<(Peer, String, String)> = (0..40)
        .map(|i| (site.client(&room, &format!("client {}", i + 1)), room.word(), room.word()))
        .collect();
    for (client, first, _) in &clients {
        client.send(format!("ECHO {first}")).all_is_read();
    }
    for (client, first, second) in clients.iter().rev() {
        client.send(format!(" {second}\nECHO {first}\nECH")).expect(ok(format!("{first} {second}")));
    }
    for (client, first, second) in &clients {
        client.expect(ok(first)).send(format!("O {second}\n")).expect(ok(second));
    }
    drop(clients);
    site.end();
}

/// A limit is kept by saying so: who comes too many is told `ERR 503 busy` and sent away, without having to ask. When one
/// leaves, there is a place again.
#[rstest]
#[case::unix(UNIX)]
#[case::tcp(TCP)]
fn one_client_too_many_is_told_so(#[case] options: &[&str]) {
    let room = Room::new();
    let most = room.number(3..9) as usize;
    let limit = most.to_string();
    let site = serve(&room, &[options, &["--max-clients", &limit]].concat());
    let mut clients: Vec<Peer> = (0..most).map(|i| asks(&room, &site, i + 1)).collect();

    for _ in 0..3 {
        let refused = site.client(&room, &format!("client {}, of {most} allowed,", most + 1));
        refused.expect("ERR 503 busy\n").ends();
    }
    for client in &clients {
        client.send("ECHO still\n").expect(ok("still"));
    }
    for _ in 0..3 {
        clients.remove(room.number(0..most as u64) as usize);
        // It has left when filed has seen it.
        site.server.asleep();
        clients.push(asks(&room, &site, most));
        let refused = site.client(&room, &format!("client {}, of {most} allowed,", most + 1));
        refused.expect("ERR 503 busy\n").ends();
    }
    drop(clients);
    site.end();
}

/// What a server knows of itself: who is there now, and how much it has answered, for all clients together. The counters
/// are one for all, whoever serves a client.
#[test]
fn stat_counts_clients_and_answers() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    let count = room.number(2..6) as usize;
    let clients: Vec<Peer> = (0..count).map(|i| asks(&room, &site, i + 1)).collect();
    let mut served = count;
    clients[0].send("nosuch\n").expect("ERR 400 unknown\n");
    clients[0].send("ECHO a\nECHO b\n").expect(ok("a")).expect(ok("b"));
    served += 3;

    let stat = |clients, served| ok(format!("clients={clients} served={served} queued=0"));
    let client = site.client(&room, "the client that asks for STAT");
    client.send("STAT\n").expect(stat(count + 1, served));
    client.send("STAT\n").expect(stat(count + 1, served + 1));
    let left = clients.into_iter().take(1).collect::<Vec<_>>();
    site.server.asleep();
    client.send("STAT\n").expect(stat(2, served + 2));
    drop(left);
    site.server.asleep();
    client.send("STAT\n").expect(stat(1, served + 3));
    site.end();
}

/// Whoever waits, sleeps: no loop that asks each client again and again, no timer that looks whether something has come.
/// Counted are processor ticks and context switches, of filed and all its processes: both stay 0. poll(2), proc(5).
#[rstest]
#[case::unix(UNIX)]
#[case::tcp(TCP)]
fn waiting_costs_nothing(#[case] options: &[&str]) {
    let room = Room::new();
    let site = serve(&room, options);
    let _silent = site.client(&room, "the silent client");
    let half = site.client(&room, "the client with half a line");
    half.send("ECHO ");
    let served = asks(&room, &site, 3);
    drop(asks(&room, &site, 4));
    let gone = asks(&room, &site, 5);
    gone.half_close().ends();
    site.server.asleep().assert_all_idle();
    served.send("ECHO end\n").expect(ok("end"));
    drop((half, served, gone));
    site.end();
}

/// A server runs for months. What a client costs, its descriptor, its thread, its process, must be given back when it
/// leaves, however it leaves: one forgotten descriptor a client, and after a thousand there is none. accept(2): EMFILE.
#[test]
fn a_thousand_clients_leave_nothing_behind() {
    let room = Room::new();
    let site = serve(&room, UNIX);
    drop(asks(&room, &site, 1));
    site.server.asleep();
    let before = site.server.fds().len();
    let processes_before = site.server.descendants().len();

    for turn in 0..1000 {
        let client = site.client(&room, &format!("client {}", turn + 2));
        match turn % 5 {
            0 => {}
            1 => {
                client.send("ECHO");
            }
            2 => {
                client.send("ECHO a\nECHO b\n");
            }
            3 => client.send("ECHO a\nQUIT\n").expect(ok("a")).ends(),
            _ => client.half_close().ends(),
        }
    }
    site.server.assert_no_zombie();
    let after = site.server.fds();
    assert!(
        after.len() <= before,
        "a thousand clients have come and left, and filed has more descriptors than before\nexpected: {before}\nreceived: {}",
        after.len()
    );
    let processes = site.server.descendants().len();
    assert!(
        processes <= processes_before + 8,
        "a thousand clients have come and left, and their processes are still there\nexpected: {processes_before} as before, and a few idle helpers\nreceived: {processes}"
    );
    site.end();
}

/// A client that has had one answer, and stays.
fn asks(room: &Room, site: &Site, number: usize) -> Peer {
    let word = room.word();
    let client = site.client(room, &format!("client {number}"));
    client.send(format!("ECHO {word}\n")).expect(ok(&word));
    client
}
