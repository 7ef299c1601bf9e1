//! Milestone 5: a signal interrupts whatever blocks.
//! Man pages: signal(7) "Interruption of system calls", read(2), write(2), open(2), sigaction(2) SA_RESTART.

use rstest::rstest;
use testkit::predicates::str::contains;
use testkit::{Fault, Finished, Room, Running, Signal, When, sweep};

use super::records::{echoed, end_record, record, request};
use super::{PAGE, calls_before_main, end, flushd, is_ready, ready, sleeps, slow_output, wait_lines};

/// A stream knows no records: a read brings half of one, or three. Requests are answered in their order, whatever bytes are in
/// them; at the end of the input flushd ends. read(2), write(2).
#[test]
fn requests_come_in_any_pieces() {
    let room = Room::new();
    let bytes = room.bytes(700);
    let gate = room.gate("door");
    gate.open();
    let requests = [
        request(7, b"echo "),
        request(0, [b"echo ", bytes.as_slice()].concat()),
        end_record(),
        request(u32::MAX, "gate door"),
        request(3, "shout hello"),
        request(3, ""),
        request(4, "gate nobody/knows"),
        request(5, "echo a\nb"),
        end_record(),
    ];
    let expected = [
        echoed(7, b""),
        echoed(0, &bytes),
        format!("done {}\nbad 3\nbad 3\nbad 4\n", u32::MAX).into_bytes(),
        echoed(5, b"a\nb"),
    ]
    .concat();

    for short in [false, true] {
        let mut command = flushd(&room, "").stdin(requests.concat());
        if short {
            command = command.trace(Fault::ShortTransfers);
        }
        let done = command.run();
        done.code(0);
        is_answer(&done.output().stdout, &expected);
    }
    // The longest record, and a request that waits for nothing but its last byte.
    let longest = room.bytes(65_536 - 9);
    let running = ready(flushd(&room, "").stdin_open().spawn());
    let whole = request(1, [b"echo ", longest.as_slice()].concat());
    running.send(&whole[..whole.len() - 1]);
    running.asleep();
    running.send(&whole[whole.len() - 1..]);
    running
        .eventually(|| running.stdout_now().ends_with(b"done 1\n"), "`done 1`, while the input stays open");
    running.close_stdin();
    let done = running.wait();
    done.code(0);
    is_answer(&done.output().stdout, &echoed(1, &longest));
}

#[track_caller]
fn is_answer(stdout: &[u8], expected: &[u8]) {
    assert!(is_ready(stdout), "the first line is not `ready PID`");
    let begin = stdout.iter().position(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    testkit::same_bytes("what flushd answers", expected, &stdout[begin..]);
}

/// SIGUSR2 comes *while* flushd sleeps, and then just after it has slept: reading, with half a request there, at a gate, in a write
/// that is half done. Nothing of it may be seen in the answers. Each sleep is tried. signal(7): EINTR, and short counts.
#[rstest]
#[case::during_the_call(When::During)]
#[case::after_the_call(When::After)]
fn a_signal_while_it_waits_changes_nothing(#[case] when: When) {
    let fault = |nth| Fault::SignalAsleep { signal: Signal::SIGUSR2, nth, when };
    // On a busy machine a short sleep may go unseen: who has missed it looks again.
    sweep(|nth| is_undisturbed(fault(nth)) || is_undisturbed(fault(nth)));
}

/// The same for a signal that comes just before a call, whether that waits or not; each of flushd's own calls is tried.
#[test]
fn a_signal_before_a_call_changes_nothing() {
    let before = calls_before_main(|room| flushd(room, "--wrong"));
    sweep(|nth| {
        let fault = Fault::SignalAt { signal: Signal::SIGUSR2, call: before + nth, when: When::Before };
        let room = Room::new();
        let gate = room.gate("door");
        gate.open();
        let requests = Requests::make(&room, 50);
        let done = flushd(&room, "").stdin(requests.input.clone()).trace(fault).run();
        if is_ready(&done.output().stdout) {
            requests.are_answered(&done, &done.output().stdout);
        } else {
            // Before it is ready, SIGUSR2 may end it.
            done.signal(Signal::SIGUSR2);
        }
        done.fault_delivered()
    });
}

/// What is asked while signals come: a request, a gate, what nobody knows, and more than a page.
struct Requests {
    input: Vec<u8>,
    expected: Vec<u8>,
}

impl Requests {
    /// The first three answers have so many bytes, 50 at least: a page may be full just then.
    fn make(room: &Room, bytes: usize) -> Self {
        let (short, long) = (room.bytes(bytes - 26), room.bytes(PAGE as usize + 2000));
        let echo = |bytes: &[u8]| [b"echo ", bytes].concat();
        let input = [
            request(1, "echo first"),
            request(2, "gate door"),
            request(3, echo(&short)),
            request(4, "what?"),
            request(5, echo(&long)),
        ];
        let expected =
            [&echoed(1, b"first"), &b"done 2\n"[..], &echoed(3, &short), b"bad 4\n", &echoed(5, &long)];
        Self { input: input.concat(), expected: expected.concat() }
    }

    /// Demands that flushd has ended well, and has answered all as if no signal had come.
    #[track_caller]
    fn are_answered(&self, done: &Finished, stdout: &[u8]) {
        done.code(0);
        is_answer(stdout, &self.expected);
        let told = done.stderr_text();
        let is_counter =
            |line: &str| line.starts_with("counters done=") && line.ends_with(" flushed=0 reloads=0");
        done.check(told.lines().all(is_counter), "stderr has counters, and nothing else");
    }
}

/// One run in which flushd waits for everything that it can wait for, and a signal comes. Says whether it came.
#[track_caller]
fn is_undisturbed(fault: Fault) -> bool {
    let room = Room::new();
    let (gate, reader) = (room.gate("door"), slow_output(&room, "out"));
    let running = flushd(&room, "").stdin_open().stdout_to("out").trace(fault).spawn();
    running.eventually(|| reader.waiting() > 0 || running.has_ended(), "`ready PID`, or its end");
    if running.has_ended() {
        // Before it is ready, SIGUSR2 may end it.
        running.wait().signal(Signal::SIGUSR2);
        return true;
    }
    let page = PAGE as usize;
    let requests = Requests::make(&room, page - reader.waiting());
    running.send(&requests.input[..9]);
    has_read(&running);
    running.send(&requests.input[9..]);
    gate.reached();
    gate.open();
    running.close_stdin();
    // A page is full when three are answered, and the next write finds no room at all; then a write finds room for a part.
    let mut stdout = Vec::new();
    for _ in 0..2 {
        let (mut looks, mut before) = (0, 0);
        let is_stuck = || {
            let now = reader.waiting();
            let rests = now > 0 && now == before && sleeps(running.pid());
            (looks, before) = (if rests { looks + 1 } else { 0 }, now);
            looks >= 6 || running.has_ended()
        };
        running.eventually(is_stuck, "flushd to answer until its output is full");
        stdout.extend(reader.take(reader.waiting()));
    }
    stdout.extend(reader.rest());
    let done = running.wait();
    requests.are_answered(&done, &stdout);
    done.fault_delivered()
}

/// Waits until it has read all that was sent, and sleeps.
#[track_caller]
fn has_read(running: &Running) {
    let rests = || running.has_ended() || running.unread(0) == 0 && sleeps(running.pid());
    running.eventually(rests, "flushd to read what is there, and to wait for more");
}

/// Nothing comes in, and SIGUSR2 asks for the counters: they come now, not with the next request. A handler that only sets a flag,
/// and a read that goes on (SA_RESTART), do not do it. sigaction(2).
#[test]
fn counters_come_while_it_waits() {
    let room = Room::new();
    let running = ready(flushd(&room, "").stdin_open().spawn());
    running.asleep();
    running.kill(Signal::SIGUSR2);
    running.wait_stderr("counters done=0 flushed=0 reloads=0\n");
    let half = request(9, "echo x");
    let n = room.number(2..6) as usize;
    for seq in 0..n {
        running.send(request(seq as u32, if seq == 1 { "what" } else { "echo " }));
    }
    running.send(&half[..room.number(1..18) as usize]);
    wait_lines(&running, n - 1, "done ");
    running.asleep();
    running.kill(Signal::SIGUSR2);
    running.wait_stderr(contains(format!("counters done={n} flushed=0 reloads=0\n")));
    // In the middle of a request that takes long, too.
    let gate = room.gate("door");
    end(running);
    let running = ready(flushd(&room, "").stdin(request(1, "gate door")).spawn());
    gate.reached();
    running.asleep();
    running.kill(Signal::SIGUSR2);
    running.wait_stderr("counters done=0 flushed=0 reloads=0\n");
    gate.open();
    running.wait().code(0);
}

/// The input stays open and brings nothing more. SIGTERM ends flushd all the same, with a word of farewell and status 0; the
/// current request ends first, and what waits behind it is not begun. sigaction(2), ppoll(2).
#[test]
fn sigterm_ends_a_read_that_waits() {
    let room = Room::new();
    for input in ["", "echo cut off"] {
        let running = ready(flushd(&room, "").stdin_open().spawn());
        running.send(&request(1, input)[..input.len()]);
        running.asleep();
        running.kill(Signal::SIGTERM);
        let done = running.wait();
        done.code(0).stderr("");
        super::says(&done, "bye\n");
    }
    let gate = room.gate("door");
    let running = ready(flushd(&room, "").stdin_open().spawn());
    running.send([request(1, "echo a"), request(2, "gate door"), request(3, "echo b")].concat());
    gate.reached();
    running.asleep();
    running.kill(Signal::SIGTERM);
    running.still_waits("for the gate: its request is current");
    gate.open();
    let done = running.wait();
    done.code(0);
    super::says(&done, "adone 1\ndone 2\nbye\n");
}

/// A stream that ends inside a record is torn; one whose header nobody can have meant is malformed, and is refused at that header.
/// What stands before it is done. Status 4.
#[rstest]
#[case::cut_in_the_header(&[3, 0, 0], "truncated")]
#[case::cut_in_the_payload(&[14, 0, 0, 0, 1, 0, 0, 0, 1, 0], "truncated")]
#[case::too_long(&[1, 0, 1, 0, 1, 0, 0, 0], "malformed")]
#[case::no_length(&[255, 255, 255, 255, 1, 0, 0, 0], "malformed")]
#[case::without_a_number(&[3, 0, 0, 0, 1, 0, 0, 0], "malformed")]
#[case::of_another_kind(&[4, 0, 0, 0, 1, 0, 2, 0], "malformed")]
#[case::an_end_with_a_length(&[4, 0, 0, 0, 1, 0, 1, 0], "malformed")]
fn a_torn_or_malformed_record_is_told(#[case] bad: &[u8], #[case] how: &str) {
    let room = Room::new();
    let good = room.number(0..4);
    let mut input: Vec<u8> = (0..good).flat_map(|seq| request(seq as u32, "echo ")).collect();
    input.extend(end_record());
    input.extend(bad);
    let running = ready(flushd(&room, "").stdin_open().spawn());
    running.send(input);
    if how == "truncated" {
        running.close_stdin();
    }
    let done = running.wait();
    done.code(4).stderr(format!("flushd: {how} record after {good} records\n"));
    super::says(&done, &(0..good).map(|seq| format!("done {seq}\n")).collect::<String>());
    // One with the right lengths is right.
    flushd(&room, "").stdin(record(4, 0, &[1, 0, 0, 0])).run().code(0);
}
