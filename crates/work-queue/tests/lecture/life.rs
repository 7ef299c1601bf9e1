//! The life of the server's processes: made, shared, crashed, replaced, reaped, ended.

use crate::server::{FORMS, Server, get, until};
use nix::sys::signal::{Signal, kill};
use std::collections::BTreeSet;
use work_queue::asleep;

#[test]
fn the_forms_differ_in_who_answers() {
    for (form, processes) in FORMS.into_iter().zip([1, 20, 2]) {
        let server = Server::start(form);
        for worker in asleep::children(server.pid()).expect("workers can be listed") {
            asleep::until_in(worker, libc::SYS_accept4).expect("a worker waits for a client");
        }
        let mut answered = BTreeSet::new();
        for _ in 0..20 {
            let by = server.get("/a.txt").by();
            if form[0] == "pool" {
                asleep::until_in(by, libc::SYS_accept4).expect("a worker goes back to accept");
            }
            answered.insert(by);
        }
        assert_eq!(answered.len(), processes, "{form:?}");
        assert_eq!(answered.contains(&server.pid()), form[0] == "one");
    }
}

#[test]
fn more_clients_than_processes_wait_in_the_backlog() {
    for form in FORMS {
        let server = Server::start(form);
        let room = if form[0] == "one" { 1 } else { 2 };
        let mut served: Vec<_> = (0..room).map(|_| server.connect()).collect();
        for peer in &mut served {
            peer.send(get("/a.txt"));
            peer.answer();
        }
        let mut waiting = server.connect();
        waiting.send(get("/a.txt"));
        assert_eq!(asleep::backlog(server.address.port()).expect("the backlog can be seen"), 1, "{form:?}");
        assert!(waiting.is_quiet(), "{form:?}");
        served.pop();
        assert_eq!(waiting.answer().status, 200);
    }
}

#[test]
fn nothing_piles_up() {
    for form in FORMS {
        let server = Server::start(form);
        let rest_and_count = |by| {
            match form[0] {
                "one" | "pool" => asleep::until_in(by, libc::SYS_accept4),
                _ => asleep::until_in(server.pid(), libc::SYS_ppoll),
            }
            .expect("it waits for the next client");
            let holder = if form[0] == "fork" { server.pid() } else { by };
            std::fs::read_dir(format!("/proc/{holder}/fd")).expect("descriptors can be listed").count()
        };
        let before = rest_and_count(server.get("/a.txt").by());
        for request in ["GET /a.txt HTTP/1.0\r\n\r\n", "nonsense\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"] {
            (0..100).for_each(|_| drop(server.ask(request)));
        }
        assert_eq!(rest_and_count(server.get("/a.txt").by()), before, "{form:?}: descriptors");
        until("the children are reaped", || {
            form[0] != "fork" || asleep::children(server.pid()).expect("children can be listed").is_empty()
        });
    }
}

#[test]
fn a_client_that_goes_away_in_the_middle_harms_nobody() {
    for form in FORMS {
        let server = Server::start(form);
        std::fs::File::create(server.root.path().join("big"))
            .and_then(|file| file.set_len(64 << 20))
            .expect("made");
        for _ in 0..5 {
            let mut peer = server.connect();
            peer.send(get("/big"));
            peer.answer_without_body();
        }
        assert_eq!(server.get("/a.txt").status, 200, "{form:?}");
        assert_eq!(server.errors(), "", "{form:?}");
    }
}

#[test]
fn a_process_that_is_stopped_and_goes_on_has_lost_nothing() {
    for form in FORMS {
        let server = Server::start(form);
        std::fs::File::create(server.root.path().join("big"))
            .and_then(|file| file.set_len(64 << 20))
            .expect("made");
        let mut peer = server.connect();
        peer.send(get("/a.txt"));
        let by = peer.answer().by();
        let stop_and_go = |state_before: libc::c_long| {
            asleep::until_in(by, state_before).expect("it sleeps in that call");
            kill(by, Signal::SIGSTOP).expect("it can be stopped");
            asleep::until(by, 'T').expect("it stops");
            kill(by, Signal::SIGCONT).expect("it can go on");
        };
        stop_and_go(libc::SYS_ppoll);
        peer.send(get("/big"));
        stop_and_go(libc::SYS_sendto);
        assert_eq!(peer.answer().body.len(), 64 << 20, "{form:?}");
    }
}

#[test]
fn a_worker_that_dies_is_replaced() {
    let server = Server::start(&["pool", "--workers", "3"]);
    let workers = || asleep::children(server.pid()).expect("workers can be listed");
    let first = workers();
    assert_eq!(first.len(), 3);
    for worker in &first {
        kill(*worker, Signal::SIGKILL).expect("a worker can be killed");
    }
    until("there are three new workers", || {
        let now = workers();
        now.len() == 3 && now.iter().all(|worker| !first.contains(worker))
    });
    assert_eq!(server.get("/a.txt").status, 200);
    let mut expected: Vec<_> =
        first.iter().map(|pid| format!("work-queue: SIGKILL killed worker {pid}\n")).collect();
    let (errors, text) = (server.errors(), expected.concat());
    let mut lines: Vec<_> = errors.lines().map(|line| format!("{line}\n")).collect();
    lines.sort();
    expected.sort();
    assert_eq!(lines, expected, "received {errors:?}, expected {text:?} in any order");
}

#[test]
fn sigterm_ends_all_with_status_0_also_beside_idle_clients() {
    for form in FORMS {
        let mut server = Server::start(form);
        let mut kept = server.connect();
        kept.send(get("/a.txt"));
        kept.answer();
        let mut half = server.connect();
        half.send("GET /a");
        let status = server.end(Signal::SIGTERM);
        assert_eq!(status.code(), Some(0), "{form:?}: {status}");
        kept.ends();
        server.wait_until_all_are_gone();
    }
}

#[test]
fn the_death_of_the_boss_ends_its_workers() {
    for form in [&["fork"][..], &["pool"]] {
        let mut server = Server::start(form);
        let mut kept = server.connect();
        kept.send(get("/a.txt"));
        kept.answer();
        server.end(Signal::SIGKILL);
        kept.ends();
        server.wait_until_all_are_gone();
    }
}
