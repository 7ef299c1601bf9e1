//! Each wrapper keeps what its first paragraph says. No test harness: one thread, so that fork is allowed.

use std::collections::BTreeMap;

use ipc_kit::{ALLOWED, exit_code, pipe, read_to_end, retry, run_in_child, wait_for, write_all};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::WaitStatus;

fn main() -> nix::Result<()> {
    the_table_and_the_constant_agree();
    both_ends_of_a_pipe_are_closed_by_exec()?;
    retry_repeats_an_interrupted_call_and_nothing_else();
    all_bytes_pass_a_pipe_that_is_too_small_for_them()?;
    write_all_reports_a_pipe_without_reader()?;
    a_child_ends_with_what_its_closure_returns()?;
    a_panic_of_a_child_stays_in_it()?;
    a_child_killed_by_a_signal_is_128_and_its_number()?;
    a_child_is_reaped_once()?;
    fork_beside_another_thread_is_refused();
    println!("all wrappers keep their promises");
    Ok(())
}

fn the_table_and_the_constant_agree() {
    let source = include_str!("../src/lib.rs");
    let rows = source.lines().filter_map(|line| line.strip_prefix("//! | [`"));
    let table: BTreeMap<&str, u8> = rows
        .map(|row| {
            let name = row.split('`').next().expect("a name");
            let lab = row.trim_end_matches(" |").rsplit(' ').next().expect("a lab");
            (name, lab.parse().expect("a number"))
        })
        .collect();
    assert_eq!(table, ALLOWED.iter().copied().collect());
}

fn both_ends_of_a_pipe_are_closed_by_exec() -> nix::Result<()> {
    let (read, write) = pipe()?;
    for end in [read, write] {
        assert_eq!(fcntl(&end, FcntlArg::F_GETFD)?, FdFlag::FD_CLOEXEC.bits());
    }
    Ok(())
}

fn retry_repeats_an_interrupted_call_and_nothing_else() {
    let mut answers = [Err(Errno::EINTR), Err(Errno::EINTR), Ok(7)].into_iter();
    assert_eq!(retry(|| answers.next().expect("an answer")), Ok(7));
    let mut answers = [Err(Errno::EIO), Ok(7)].into_iter();
    assert_eq!(retry(|| answers.next().expect("an answer")), Err(Errno::EIO));
}

fn all_bytes_pass_a_pipe_that_is_too_small_for_them() -> nix::Result<()> {
    let bytes: Vec<u8> = (0..3 << 20).map(|i: u32| (i % 251) as u8).collect();
    let (read, write) = pipe()?;
    let child = run_in_child(|| u8::from(write_all(&write, &bytes).is_err()))?;
    drop(write);
    assert!(read_to_end(&read)? == bytes);
    assert_eq!(exit_code(wait_for(child)?), Some(0));
    Ok(())
}

fn write_all_reports_a_pipe_without_reader() -> nix::Result<()> {
    let (read, write) = pipe()?;
    drop(read);
    // Rust's start-up ignores SIGPIPE.
    assert_eq!(write_all(&write, b"x"), Err(Errno::EPIPE));
    Ok(())
}

fn a_child_ends_with_what_its_closure_returns() -> nix::Result<()> {
    let child = run_in_child(|| 200)?;
    assert_eq!(exit_code(wait_for(child)?), Some(200));
    Ok(())
}

fn a_panic_of_a_child_stays_in_it() -> nix::Result<()> {
    let child = run_in_child(|| panic!("this message is part of the test"))?;
    assert_eq!(exit_code(wait_for(child)?), Some(101));
    Ok(())
}

fn a_child_killed_by_a_signal_is_128_and_its_number() -> nix::Result<()> {
    let child = run_in_child(|| raise(Signal::SIGKILL).map_or(1, |()| 2))?;
    assert_eq!(exit_code(wait_for(child)?), Some(137));
    assert_eq!(exit_code(WaitStatus::Stopped(child, Signal::SIGSTOP)), None);
    Ok(())
}

fn a_child_is_reaped_once() -> nix::Result<()> {
    let child = run_in_child(|| 0)?;
    wait_for(child)?;
    assert_eq!(wait_for(child), Err(Errno::ECHILD));
    Ok(())
}

fn fork_beside_another_thread_is_refused() {
    let (tell, told) = std::sync::mpsc::channel::<()>();
    let other = std::thread::spawn(move || told.recv());
    assert_eq!(run_in_child(|| 0), Err(Errno::EBUSY));
    drop(tell);
    assert!(other.join().is_ok_and(|received| received.is_err()));
}
