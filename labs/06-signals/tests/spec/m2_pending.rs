//! Milestone 2: a standard signal is pending or it is not: one bit.
//! Man pages: signal(7), sigpending(2), sigsuspend(2).

use testkit::{Room, Signal, real_time};

use super::{name, ready, says, sigcount, two_signals, wait_lines, while_stopped};

/// Ten signals, each sent when the one before has been answered: ten deliveries.
#[test]
fn ten_signals_with_an_answer_each_count_ten() {
    let room = Room::new();
    let [signal, _] = two_signals(&room);
    let running = ready(sigcount(&room, "").spawn());
    for n in 1..=10 {
        running.kill(signal);
        wait_lines(&running, n, "got ");
    }
    running.kill(Signal::SIGTERM);
    let done = running.wait();
    done.code(0);
    let name = name(signal);
    says(&done, &(format!("got {name}\n").repeat(10) + &format!("{name} 10\n")));
}

/// Ten signals to a program that is stopped: there is one bit for them, so one delivery is left. Who counts what was *sent* cannot
/// use standard signals. signal(7), "Queueing and delivery semantics".
#[test]
fn ten_signals_while_it_is_stopped_count_one() {
    let room = Room::new();
    let [signal, _] = two_signals(&room);
    let running = ready(sigcount(&room, "").spawn());
    for n in 1..=3 {
        while_stopped(&running, || {
            for _ in 0..10 {
                running.kill(signal);
            }
        });
        wait_lines(&running, n, "got ");
        running.asleep();
    }
    running.kill(Signal::SIGTERM);
    let done = running.wait();
    done.code(0);
    let name = name(signal);
    says(&done, &(format!("got {name}\n").repeat(3) + &format!("{name} 3\n")));
}

/// Different signals have different bits: each is delivered once, in any order. None may hide another. sigpending(2).
#[test]
fn different_signals_are_all_delivered() {
    let room = Room::new();
    let signals = [Signal::SIGHUP, Signal::SIGUSR1, Signal::SIGUSR2, Signal::SIGALRM, Signal::SIGWINCH];
    let names = signals.map(name);
    let running = ready(sigcount(&room, &format!("--catch {}", names.join(","))).spawn());
    let first = room.number(0..5) as usize;
    while_stopped(&running, || {
        for n in 0..10 {
            running.kill(signals[(first + n * 3) % 5]);
        }
    });
    wait_lines(&running, 5, "got ");
    running.asleep();
    running.kill(Signal::SIGTERM);
    let done = running.wait();
    done.code(0);
    let text = super::after_ready(&done);
    let (mut told, counts): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with("got "));
    told.sort_unstable();
    let mut wanted = names.map(|name| format!("got {name}"));
    wanted.sort_unstable();
    done.check(told == wanted, format!("one line `got NAME` for each of {}", names.join(", ")));
    done.check(
        counts == names.map(|name| format!("{name} 1")),
        "then one line `NAME 1` for each, in the order of their numbers",
    );
}

/// SIGTERM asks for a report, and the report is of all that was sent before it: what is pending when SIGTERM is noticed is told
/// first, whatever number it has. sigtimedwait(2), ppoll(2) with a time of zero.
#[test]
fn what_came_before_sigterm_is_counted() {
    let room = Room::new();
    let value = room.number(1..1 << 30) as i32;
    let running = ready(sigcount(&room, "--catch HUP,USR2,WINCH,RTMIN,RTMIN+4").spawn());
    while_stopped(&running, || {
        running.queue(real_time(4), value).queue(real_time(4), value + 1).kill(Signal::SIGWINCH);
        running.queue(real_time(0), -value).kill(Signal::SIGHUP).kill(Signal::SIGTERM);
    });
    let done = running.wait();
    done.code(0);
    let text = super::after_ready(&done);
    let (mut told, counts): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with("got "));
    told.sort_unstable();
    let mut wanted = [
        "got HUP".to_owned(),
        "got WINCH".to_owned(),
        format!("got RTMIN {}", -value),
        format!("got RTMIN+4 {value}"),
        format!("got RTMIN+4 {}", value + 1),
    ];
    wanted.sort_unstable();
    done.check(told == wanted, format!("these five are told before the report: {}", wanted.join(", ")));
    done.check(
        counts == ["HUP 1", "WINCH 1", "RTMIN 1", "RTMIN+4 2"],
        "the report has all that was sent before SIGTERM: HUP 1, WINCH 1, RTMIN 1, RTMIN+4 2",
    );
}
