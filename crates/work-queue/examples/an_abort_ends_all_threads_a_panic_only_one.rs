//! Claim: a Rust panic unwinds one thread; a fatal signal or an abort ends the process, with all its threads.
//!
//! Three threads as workers, in a child process so that we can watch it. The second one panics, or aborts, before the
//! others answer. (With `panic = "abort"` in Cargo.toml the first case becomes the second.)
//!
//! Usage: cargo run -q -p work-queue --example an_abort_ends_all_threads_a_panic_only_one
//! See also: `signal(7)`, `pthreads(7)`, `abort(3)`, and `std::panic`

use anyhow::{Context, Result};
use std::os::fd::AsFd;
use std::sync::Barrier;

fn main() -> Result<()> {
    report("a panic in thread 2", || panic!("a bug"))?;
    report("an abort in thread 2", || std::process::abort())?;
    report("a fatal signal in thread 2", || {
        nix::sys::signal::raise(nix::sys::signal::Signal::SIGFPE).expect("a signal can be raised");
    })
}

fn report(what: &str, bug: fn()) -> Result<()> {
    let (reader, writer) = ipc_kit::pipe().context("make a pipe")?;
    let child = ipc_kit::run_in_child(|| three_threads(writer.as_fd(), bug)).context("start a process")?;
    drop(writer);
    let answers = ipc_kit::read_to_end(&reader).context("read the answers")?;
    let end = ipc_kit::wait_for(child).context("wait for the process")?;
    let code = ipc_kit::exit_code(end).context("read its status")?;
    println!("{what}: {} of 3 answers, status {code}", answers.len());
    Ok(())
}

fn three_threads(answers: std::os::fd::BorrowedFd, bug: fn()) -> u8 {
    std::panic::set_hook(Box::new(|_| {})); // Its message would stand between our lines.
    nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, 0, 0).expect("no core file");
    let after_the_bug = Barrier::new(3);
    std::thread::scope(|threads| {
        let mut workers = Vec::new();
        for number in 1..=3 {
            let after_the_bug = &after_the_bug;
            workers.push(threads.spawn(move || {
                // Reached in a panic as well: unwinding runs the destructors of this thread.
                let reached = OnEnd(after_the_bug);
                if number == 2 {
                    bug();
                }
                drop(reached);
                ipc_kit::write_all(answers, b"a").expect("the answers are read");
            }));
        }
        u8::from(workers.into_iter().map(|worker| worker.join()).filter(Result::is_err).count() != 1)
    })
}

struct OnEnd<'a>(&'a Barrier);

impl Drop for OnEnd<'_> {
    fn drop(&mut self) {
        self.0.wait();
    }
}
