//! Milestone 8: a signal overtakes what is queued, and a broken file breaks nothing.
//! Man pages: pipe(7), poll(2), signal(7), rename(2).

use testkit::predicates::str::contains;
use testkit::{Proc, Room, Signal};

use super::m6_supervisor::{in_order, started, stories};
use super::records::{end_record, record, request};
use super::{flushd, ready, says, superv, wait_lines, wait_messages, while_stopped};

/// What the largest pipe of an ordinary user holds.
const MEBIBYTE: i32 = 1 << 20;

/// A request is at its gate, and behind it nearly a mebibyte of requests waits: in flushd's buffer and in the pipe. SIGUSR1 drops them
/// all, and says how many; the current request ends as if nothing had been; later ones run. pipe(7), poll(2).
#[test]
fn a_flush_drops_what_is_queued() {
    let room = Room::new();
    let gate = room.gate("door");
    let sent = "SIGUSR1 comes while a request runs and many are queued, SIGUSR1 when none is, then SIGUSR2";
    let running = ready(flushd(&room, "").stdin_open().note(sent).spawn());
    running.resize_pipe(0, MEBIBYTE);
    running.send(request(0, "echo before"));
    wait_lines(&running, 1, "beforedone 0");

    let size = room.number(900..1100) as usize;
    let number = (MEBIBYTE as usize - (1 << 14)) / (size + 17);
    let dropped =
        (1..=number).map(|seq| request(seq as u32, [b"echo ", room.bytes(size).as_slice()].concat()));
    let first = request(0, "gate door");
    running.send([first].into_iter().chain(dropped).collect::<Vec<_>>().concat());
    gate.reached();
    running.asleep();
    running.kill(Signal::SIGUSR1);
    wait_lines(&running, 1, "flushed ");
    running.send([request(7, "echo after "), request(8, "echo ")].concat());
    gate.open();
    wait_lines(&running, 1, "done 8");
    // Nothing is queued now.
    running.asleep();
    running.kill(Signal::SIGUSR1);
    wait_lines(&running, 2, "flushed ");
    running.kill(Signal::SIGUSR2);
    running.wait_stderr(format!("counters done=4 flushed={number} reloads=0\n"));
    running.close_stdin();
    let done = running.wait();
    done.code(0);
    says(&done, &format!("beforedone 0\nflushed {number}\ndone 0\nafter done 7\ndone 8\nflushed 0\n"));
}

/// The point of a signal is that it does not stand in line: `flushed` comes while the current request still runs, and so a request that
/// is sent after it is kept. Who looks at a flag between two requests, flushes too late and too much. open(2), ppoll(2).
#[test]
fn a_flush_comes_while_a_request_runs() {
    let room = Room::new();
    let gate = room.gate("door");
    let rounds = room.number(3..7) as u32;
    let sent = format!("SIGUSR1 comes {rounds} times while a request runs, with 1, 2, ... requests queued");
    let running = ready(flushd(&room, "").stdin_open().note(sent).spawn());
    running.send(request(0, "gate door"));
    gate.reached();
    for round in 1..=rounds {
        let queued = (0..round).map(|seq| request(seq, "echo dropped")).collect::<Vec<_>>().concat();
        running.send(queued).asleep();
        running.kill(Signal::SIGUSR1);
        wait_lines(&running, round as usize, "flushed ");
    }
    running.send(request(9, "echo kept ")).asleep();
    gate.open();
    running.close_stdin();
    let done = running.wait();
    done.code(0);
    let flushed: String = (1..=rounds).map(|round| format!("flushed {round}\n")).collect();
    says(&done, &format!("{flushed}done 0\nkept done 9\n"));

    // The signal counts from when it was sent: although the gate is open at the same moment, nothing that was queued begins.
    let rush = room.gate("rush");
    let sent = "SIGUSR1 comes at the same moment as the end of the request that runs, with 3 requests queued";
    let running = ready(flushd(&room, "").stdin_open().note(sent).spawn());
    running.send(request(0, "gate rush"));
    rush.reached();
    running.send([request(1, "echo a"), request(2, "echo b"), request(3, "echo c")].concat()).asleep();
    while_stopped(&running, || {
        running.kill(Signal::SIGUSR1);
        rush.open();
    });
    wait_lines(&running, 1, "flushed ");
    running.close_stdin();
    let done = running.wait();
    done.code(0);
    let text = super::after_ready(&done);
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    let what = "`flushed 3` and `done 0`: what was queued when the signal was sent is dropped";
    done.check(lines == ["done 0", "flushed 3"], what);

    // Nor when flushd was idle, and finds requests and the signal at the same moment.
    let sent = "SIGUSR1 comes at the same moment as 2 requests, and nothing runs";
    let running = ready(flushd(&room, "").stdin_open().note(sent).spawn());
    running.asleep();
    while_stopped(&running, || {
        running.send([request(1, "echo a"), request(2, "echo b")].concat());
        running.kill(Signal::SIGUSR1);
    });
    wait_lines(&running, 1, "flushed ");
    running.close_stdin();
    let done = running.wait();
    done.code(0);
    says(&done, "flushed 2\n");
}

/// One half of a request has been written when the flush comes, the other half comes later. It belongs to what is dropped, and is
/// counted once; who forgets this takes the second half for a header.
#[test]
fn a_request_of_which_a_part_has_come_is_dropped() {
    let room = Room::new();
    let torn = request(5, [b"echo ", room.bytes(200).as_slice()].concat());
    for cut in [1, 7, 8, 11, 12, room.number(13..200) as usize, torn.len() - 1] {
        let gate = room.gate(&format!("door{cut}"));
        let sent = format!(
            "a request runs, one is queued, and {cut} of the {} bytes of a third; SIGUSR1, SIGUSR1, the rest and one more, SIGUSR1",
            torn.len()
        );
        let running = ready(flushd(&room, "").stdin_open().note(sent).spawn());
        running.send(request(0, format!("gate door{cut}")));
        gate.reached();
        running.send([&request(1, "echo one")[..], &torn[..cut]].concat()).asleep();
        running.kill(Signal::SIGUSR1);
        wait_lines(&running, 1, "flushed ");
        running.kill(Signal::SIGUSR1);
        wait_lines(&running, 2, "flushed ");
        // When its rest has come, it is not counted again. A record of kind 1 counts nowhere.
        running.send([&torn[cut..], &request(2, "echo two"), &end_record()].concat()).asleep();
        running.kill(Signal::SIGUSR1);
        wait_lines(&running, 3, "flushed ");
        running.send([&request(3, "echo three ")[..], &record(3, 0, b"")].concat());
        gate.open();
        let done = running.wait();
        done.code(4).stderr("flushd: malformed record after 5 records\n");
        says(&done, "flushed 2\nflushed 0\nflushed 1\ndone 0\nthree done 3\n");
    }
}

/// Maintenance without an end: SIGHUP, and the file is read again. The request that runs keeps what it began with; the next one has the
/// new word. signal(7): SIGHUP of daemons.
#[test]
fn a_new_configuration_holds_from_the_next_request() {
    let room = Room::new();
    let gate = room.gate("door");
    let words = [room.word(), room.word()];
    room.write("config", format!("# first\n\nanswer {}\n", words[0]));
    let sent = "SIGHUP comes when `config` has a new word, and again when it is empty";
    let running = ready(flushd(&room, "--config config").stdin_open().note(sent).spawn());
    running.send([request(1, "echo "), request(2, "gate door")].concat());
    gate.reached();
    running.send(request(3, "echo "));
    room.write("config", format!("  answer   {}  \n", words[1]));
    running.asleep();
    running.kill(Signal::SIGHUP);
    wait_lines(&running, 1, "reloaded");
    gate.open();
    wait_lines(&running, 1, &format!("{} 3", words[1]));
    room.write("config", "");
    running.kill(Signal::SIGHUP);
    wait_lines(&running, 2, "reloaded");
    running.send(request(4, "echo "));
    running.close_stdin();
    let done = running.wait();
    done.code(0);
    let [old, new] = words;
    says(&done, &format!("{old} 1\nreloaded\n{old} 2\n{new} 3\nreloaded\ndone 4\n"));
}

/// superv takes a new table while its programs run: who is in it as before, is not touched; who is not, is ended; who is new, is started;
/// and who has another line, is replaced.
#[test]
fn superv_takes_a_new_table() {
    let room = Room::new();
    let _door = room.gate("door");
    let line = |name: &str, max: u32| format!("{name} restart=always max={max} gate door\n");
    let over = "over restart=never max=0 true\n".to_owned();
    let table = [line("stays", 1), line("leaves", 5), line("changes", 1), over.clone()].concat();
    let running = superv(&room, &table).note("SIGHUP comes when `table` has been written anew").spawn();
    let pids = started(&running, 4);
    wait_lines(&running, 1, "exit over ");
    // It has been started again as often as it may be: this count holds on.
    Proc::read(pids[0]).expect("the child").kill(Signal::SIGKILL);
    let pids = [started(&running, 5)[4]];
    room.write("table", [line("comes", 3), line("changes", 2), line("stays", 1), over].concat());
    running.asleep();
    running.kill(Signal::SIGHUP);
    let now = started(&running, 7);
    wait_lines(&running, 4, "exit ");
    running.asleep();
    let text = String::from_utf8_lossy(&running.stdout_now()).into_owned();
    let told: Vec<&str> = text.lines().skip(7).collect();
    let is_first = told.first() == Some(&"reload");
    assert!(
        is_first,
        "after SIGHUP, superv tells something else before the new table\nexpected: first `reload`, then the ends and starts that follow from it\nreceived: {}",
        in_order(told.iter().copied())
    );
    let living: Vec<i32> = running.descendants().iter().map(|process| process.pid).collect();
    let right = now[5..].iter().chain([&pids[0]]).all(|pid| living.contains(pid)) && living.len() == 3;
    assert!(
        right,
        "after SIGHUP, other programs run than the new table says\nexpected: `stays` with its old pid {}, and `comes` and `changes` anew\nreceived: the pids {living:?}; after `reload` it told {}",
        pids[0],
        in_order(told.iter().copied())
    );
    let stories = stories(&text);
    for (name, wanted) in [("stays", 1), ("leaves", 1), ("changes", 1), ("comes", 0), ("over", 1)] {
        let ends = stories.get(name).map_or(0, |story| story.ends.len());
        assert!(
            ends == wanted,
            "after SIGHUP, `{name}` has ended another number of times than the tables say\nexpected: {wanted} (before SIGHUP `stays` was killed once, and `over` ended; the new table ends `leaves` and `changes`)\nreceived: {ends}; it told {}",
            in_order(text.lines())
        );
    }
    // A table that is as before changes nothing.
    running.kill(Signal::SIGHUP);
    wait_lines(&running, 2, "reload");
    Proc::read(pids[0]).expect("the child").kill(Signal::SIGKILL);
    wait_lines(&running, 2, "exit stays ");
    running.asleep();
    running.kill(Signal::SIGTERM);
    let done = running.wait();
    done.code(0);
    let starts = done.stdout_text().lines().filter(|line| line.starts_with("start ")).count();
    done.check(
        starts == 7,
        "seven starts in all: `stays` used up its one restart before the table was read again",
    );
}

/// The file is broken, and SIGHUP says: read it. Who throws the old one away first has nothing left. One message, nothing else changes,
/// and the next good file is taken.
#[test]
fn a_broken_file_keeps_what_was_there() {
    let room = Room::new();
    let word = room.word();
    room.write("config", format!("answer {word}\n"));
    let sent = "SIGHUP comes three times when `config` is broken, and once when it is good";
    let running = ready(flushd(&room, "--config config").stdin_open().note(sent).spawn());
    for (n, broken) in
        ["answer good\nanswr bad\n", "answer w!rd\n", "answer one\nanswer two\n"].iter().enumerate()
    {
        room.write("config", broken);
        running.kill(Signal::SIGHUP);
        wait_messages(&running, n + 1);
        running.send(request(n as u32, "echo "));
        wait_lines(&running, n + 1, &format!("{word} "));
    }
    room.write("config", "answer new\n");
    running.kill(Signal::SIGHUP);
    wait_lines(&running, 1, "reloaded");
    running.kill(Signal::SIGUSR2);
    running.wait_stderr(contains("counters done=3 flushed=0 reloads=1\n"));
    running.close_stdin();
    let done = running.wait();
    done.code(0).stderr(
        "flushd: config: line 2: unknown keyword\nflushd: config: line 1: bad word\nflushd: config: line 2: answer given twice\ncounters done=3 flushed=0 reloads=1\n",
    );
    says(&done, &format!("{word} 0\n{word} 1\n{word} 2\nreloaded\n"));
    room.write("config", "answer no word\n");
    flushd(&room, "--config config").run().code(2).stderr("flushd: config: line 1: unknown keyword\n");
    flushd(&room, "--config none").run().code(1).stderr("flushd: none: No such file or directory\n");
    superv_keeps_its_table(&room);
}

#[track_caller]
fn superv_keeps_its_table(room: &Room) {
    let _door = room.gate("door");
    let line = |name: &str| format!("{name} restart=always max=1 gate door\n");
    let sent = "SIGHUP comes twice when `table` is broken, and once when it is gone";
    let running = superv(room, &line("a")).note(sent).spawn();
    let pids = started(&running, 1);
    for (n, broken) in [line("b") + "c restart=never max=0\n", line("a") + &line("a")].iter().enumerate() {
        room.write("table", broken);
        running.kill(Signal::SIGHUP);
        wait_messages(&running, n + 1);
    }
    std::fs::remove_file(room.path("table")).expect("the table is the check's own");
    running.kill(Signal::SIGHUP);
    wait_messages(&running, 3);
    // The old table still rules: `a` is started again.
    Proc::read(pids[0]).expect("the child").kill(Signal::SIGKILL);
    let pids = started(&running, 2);
    running.kill(Signal::SIGTERM);
    let done = running.wait();
    done.code(0).stderr(
        "superv: table: line 2: too few words\nsuperv: table: line 2: name given twice\nsuperv: table: No such file or directory\n",
    );
    done.stdout(format!(
        "start a {}\nexit a {} sig=9\nstart a {}\nexit a {} sig=15\nbye\n",
        pids[0], pids[0], pids[1], pids[1]
    ));
}
