//! Milestone 3: signals that queue, and carry a number.
//! Man pages: signal(7) "Real-time signals", sigqueue(3), sigaction(2) SA_SIGINFO, getrlimit(2) RLIMIT_SIGPENDING.

use rstest::rstest;
use testkit::{Resource, Room, Signal, real_time};

use super::{name, ready, says, sigcount, two_signals, wait_lines, while_stopped};

/// Ten real-time signals to a stopped program are ten deliveries, each with its value, in the order in which they were sent. Of
/// different numbers the lower one comes first; a handler on top of a handler turns this round. signal(7).
#[test]
fn queued_signals_come_in_order_each_with_its_value() {
    let room = Room::new();
    let offset = room.number(1..12) as i32;
    let values: Vec<i32> = (0..10).map(|_| room.number(0..1 << 32) as u32).map(u32::cast_signed).collect();
    let running = ready(sigcount(&room, &format!("--catch RTMIN+{offset}")).spawn());
    while_stopped(&running, || {
        for value in &values {
            running.queue(real_time(offset), *value);
        }
    });
    wait_lines(&running, 10, "got ");
    running.kill(Signal::SIGTERM);
    let done = running.wait();
    done.code(0);
    let told: String = values.iter().map(|value| format!("got RTMIN+{offset} {value}\n")).collect();
    says(&done, &(told + &format!("RTMIN+{offset} 10\n")));

    let running = ready(sigcount(&room, "--catch RTMIN+9,RTMIN,RTMIN+20").spawn());
    while_stopped(&running, || {
        for value in &values {
            running.queue(real_time(20), *value).queue(real_time(0), *value).queue(real_time(9), *value);
        }
    });
    wait_lines(&running, 30, "got ");
    running.kill(Signal::SIGTERM);
    let done = running.wait();
    done.code(0);
    let of = |name: &str| values.iter().map(|value| format!("got {name} {value}\n")).collect::<String>();
    let told = of("RTMIN") + &of("RTMIN+9") + &of("RTMIN+20");
    says(&done, &(told + "RTMIN 10\nRTMIN+9 10\nRTMIN+20 10\n"));
}

/// A value that nobody sent is no value: not 0, and not the one of the signal before. The receiver sees which it is in
/// `si_code`. Standard signals carry values, too, if sigqueue sends them. sigaction(2): SI_USER, SI_QUEUE.
#[test]
fn a_signal_without_a_value_is_told_without_one() {
    let room = Room::new();
    let [signal, _] = two_signals(&room);
    let value = room.number(1..1 << 31) as i32;
    let (one, other) = (signal as i32, real_time(2));
    let running = ready(sigcount(&room, "--catch USR1,USR2,RTMIN+2").spawn());
    running.queue(one, value);
    wait_lines(&running, 1, "got ");
    running.kill(signal);
    wait_lines(&running, 2, "got ");
    while_stopped(&running, || {
        running.kill_by_number(other).queue(other, value).kill_by_number(other).queue(other, 0);
    });
    wait_lines(&running, 6, "got ");
    running.kill(Signal::SIGTERM);
    let done = running.wait();
    done.code(0);
    let name = name(signal);
    let text = super::after_ready(&done);
    let (of_one, of_other): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.contains(name));
    done.check(
        of_one == [format!("got {name} {value}"), format!("got {name}"), format!("{name} 2")],
        format!("`got {name} {value}` for the one with a value, `got {name}` for the one without"),
    );
    // In which order the four came is a matter of two kinds of sending.
    let mut of_other = of_other;
    of_other.sort_unstable();
    let mut wanted =
        ["got RTMIN+2", "got RTMIN+2", "got RTMIN+2 0", &format!("got RTMIN+2 {value}"), "RTMIN+2 4"]
            .map(str::to_owned);
    wanted.sort_unstable();
    done.check(of_other == wanted, format!("two lines `got RTMIN+2`, and one each with {value} and with 0"));
}

/// `--send` queues VALUE, VALUE + 1, and so on; without VALUE it is a plain kill. kill(2), sigqueue(3).
#[test]
fn send_queues_one_value_after_the_other() {
    let room = Room::new();
    let (value, count) = (room.number(0..1000) as i32 - 500, room.number(3..60) as i32);
    let running = ready(sigcount(&room, "--catch RTMIN+3,USR1").spawn());
    let pid = running.pid();
    while_stopped(&running, || {
        sigcount(&room, &format!("--send {pid} RTMIN+3 {value} {count}")).run().code(0).stdout("").stderr("");
    });
    wait_lines(&running, count as usize, "got ");
    sigcount(&room, &format!("--send {pid} USR1")).run().code(0).stdout("").stderr("");
    wait_lines(&running, count as usize + 1, "got ");
    sigcount(&room, &format!("--send {pid} USR1 {value}")).run().code(0).stdout("").stderr("");
    wait_lines(&running, count as usize + 2, "got ");
    sigcount(&room, &format!("--send {pid} TERM")).run().code(0).stdout("").stderr("");
    let done = running.wait();
    done.code(0);
    let told: String = (value..value + count).map(|value| format!("got RTMIN+3 {value}\n")).collect();
    says(&done, &format!("{told}got USR1\ngot USR1 {value}\nUSR1 2\nRTMIN+3 {count}\n"));
}

/// The kernel keeps so many queued signals for a receiver and no more; then sigqueue fails with EAGAIN. It is the sender who
/// learns of it, and who can tell how many have gone out: exactly those arrive. sigqueue(3), getrlimit(2).
#[test]
fn a_full_queue_is_told_to_the_sender() {
    let room = Room::new();
    let (limit, value) = (room.number(10..50), room.number(0..1000) as i32);
    let running = sigcount(&room, "--catch RTMIN+1").limit(Resource::RLIMIT_SIGPENDING, limit).spawn();
    let running = ready(running);
    let mut sent = 0;
    while_stopped(&running, || {
        let sender = sigcount(&room, &format!("--send {} RTMIN+1 {value} 200", running.pid()));
        let done = sender.note(format!("the receiver is stopped, and its queue holds {limit}")).run();
        done.code(3).stdout("");
        let (before, after) =
            (format!("sigcount: {}: Resource temporarily unavailable after ", running.pid()), " signals\n");
        let said = done.stderr_text();
        let number =
            said.strip_prefix(&before).and_then(|rest| rest.strip_suffix(after)?.parse::<i32>().ok());
        done.check(
            number.is_some_and(|n| n < 200),
            format!("stderr is `{before}N signals`, N less than 200"),
        );
        sent = number.unwrap_or(0);
    });
    wait_lines(&running, sent as usize, "got ");
    running.kill(Signal::SIGTERM);
    let done = running.wait();
    done.code(0);
    let mut told: String = (value..value + sent).map(|value| format!("got RTMIN+1 {value}\n")).collect();
    if sent > 0 {
        told += &format!("RTMIN+1 {sent}\n");
    }
    says(&done, &told);
}

/// Nobody has this number; or it is the number of a process that has ended and is not reaped: that one still takes signals, and
/// they are lost. kill(2): ESRCH.
#[rstest]
#[case::by_kill("")]
#[case::by_sigqueue(" 7 3")]
fn a_sender_says_why_it_failed(#[case] values: &str) {
    let room = Room::new();
    // Greater than any pid: PID_MAX_LIMIT, proc_sys_kernel(5).
    let pid = (1 << 22) + room.number(1..1000);
    let done = sigcount(&room, &format!("--send {pid} USR1{values}")).run();
    done.code(1).stdout("").stderr(format!("sigcount: {pid}: No such process\n"));
}
