//! What a check sends arrives, and what a handler does is seen.

use testkit::{Room, Signal, SignalSets, real_time};

/// Whether there is a Python to play programs with handlers.
fn python(room: &Room, text: &str) -> Option<testkit::Cmd> {
    let there = std::path::Path::new("/usr/bin/python3").exists();
    there.then(|| room.command("python3").args(["-c", text]))
}

#[test]
fn queued_values_arrive_in_order() {
    let room = Room::new();
    let text = "import signal\ns = {signal.SIGRTMIN + 1}\nsignal.pthread_sigmask(signal.SIG_BLOCK, s)\nprint('ready', flush=True)\nfor _ in range(3): print(signal.sigwaitinfo(s).si_signo - signal.SIGRTMIN, flush=True)";
    let Some(python) = python(&room, text) else { return };
    let running = python.spawn();
    running.wait_line("ready").queue(real_time(1), 7).queue(real_time(1), -1).kill_by_number(real_time(1));
    running.wait().code(0).stdout("ready\n1\n1\n1\n");
}

#[test]
fn what_is_pending_blocked_and_ignored_is_seen() {
    let room = Room::new();
    let sleeper = room.command("cat").stdin_open().ignoring(Signal::SIGHUP).blocking(Signal::SIGUSR1).spawn();
    sleeper.asleep().kill(Signal::SIGUSR1);
    let sets = sleeper.signal_sets();
    assert!(sleeper.is_pending(Signal::SIGUSR1 as i32));
    assert!(SignalSets::holds(sets.blocked, Signal::SIGUSR1 as i32));
    assert!(SignalSets::holds(sets.ignored, Signal::SIGHUP as i32));
    assert!(!SignalSets::holds(sets.caught, Signal::SIGUSR1 as i32));
    sleeper.close_stdin();
    sleeper.wait().code(0);
}

#[cfg(target_arch = "x86_64")]
#[test]
fn calls_in_handlers_are_told_apart() {
    use testkit::Fault;
    let room = Room::new();
    // Python's own handler writes one byte to this descriptor.
    let text = "import signal, os\nr, w = os.pipe()\nos.set_blocking(w, False)\nsignal.set_wakeup_fd(w)\nsignal.signal(signal.SIGUSR1, lambda *_: None)\nprint('ready', flush=True)\nos.read(r, 1)\nos.getppid()";
    let Some(python) = python(&room, text) else { return };
    let running = python.trace(Fault::Count).spawn();
    running.wait_line("ready").asleep().kill(Signal::SIGUSR1);
    let done = running.wait();
    done.code(0);
    assert_eq!(done.calls_in_handlers().get("write"), Some(&1), "{:?}", done.calls_in_handlers());
    assert_eq!(done.calls_in_handlers().get("getppid"), None, "{:?}", done.calls_in_handlers());

    let done = room.command("sh").args(["-c", "kill -USR1 $$"]).trace(Fault::Count).run();
    assert!(done.calls_in_handlers().is_empty(), "{:?}", done.calls_in_handlers());
}
