//! The parts that need no process: names of signals, and the lines of a status file.

use nix::sys::signal::Signal;
use signals::look;
use signals::number::Number;

#[test]
fn a_number_has_a_name() {
    for (number, name) in [
        (Number::from(Signal::SIGUSR1), "SIGUSR1"),
        (Number::realtime(0), "SIGRTMIN"),
        (Number::realtime(5), "SIGRTMIN+5"),
    ] {
        assert_eq!(number.to_string(), name);
    }
    assert_eq!(format!("{:<10}|", Number::realtime(1)), "SIGRTMIN+1|");
    assert_eq!(format!("{:<10}|", Number::from(Signal::SIGINT)), "SIGINT    |");
}

#[test]
fn only_numbers_of_signals_are_numbers() {
    assert_eq!(Number::new(0), None);
    assert_eq!(Number::new(-1), None);
    assert_eq!(Number::new(libc::SIGRTMAX() + 1), None);
    assert_eq!(Number::new(libc::SIGTERM), Some(Signal::SIGTERM.into()));
    assert_eq!(Number::all().count(), usize::try_from(libc::SIGRTMAX()).expect("it is positive"));
}

#[test]
fn the_sets_are_read_bit_by_bit() {
    let bit = |signal: Signal| 1_u64 << (signal as i32 - 1);
    let (int, usr1) = (bit(Signal::SIGINT), bit(Signal::SIGUSR1));
    let last = 1_u64 << (libc::SIGRTMAX() - 1);
    let text = format!(
        "Name:\tx\nSigPnd:\t{int:016x}\nShdPnd:\t{usr1:016x}\nSigBlk:\t0000000000000000\nSigIgn:\t{usr1:016x}\nSigCgt:\t{last:016x}\n"
    );
    let sets = look::parse(&text).expect("a status can be read");
    assert_eq!(look::names(&sets.pending), "SIGINT SIGUSR1");
    assert_eq!(look::names(&sets.blocked), "none");
    assert_eq!(look::names(&sets.ignored), "SIGUSR1");
    assert_eq!(
        sets.caught.into_iter().collect::<Vec<_>>(),
        [Number::new(libc::SIGRTMAX()).expect("the last")]
    );
}

#[test]
fn a_status_without_the_sets_is_refused() {
    let error = look::parse("Name:\tx\n").expect_err("there is no line of signals");
    assert_eq!(format!("{error:#}"), "find ShdPnd: in the status");
    let error = look::parse("ShdPnd:\txyz\n").expect_err("that is no number");
    assert_eq!(format!("{error:#}"), "read ShdPnd: xyz: invalid digit found in string");
}
