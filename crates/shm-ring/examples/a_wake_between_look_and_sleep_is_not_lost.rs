//! Claim: who wants to sleep reads the word *before* it looks at the state. Then a change in between is not lost:
//! FUTEX_WAIT finds another word. Who reads the word after looking sleeps for ever.
//!
//! A gate stops the child exactly there. The change and the wake come while it stands: nobody sleeps yet, so none is
//! woken.
//!
//! Usage: cargo run -q -p shm-ring --example a_wake_between_look_and_sleep_is_not_lost
//! See also: `futex(2)`, and the protocol in `futex.rs`

use std::sync::atomic::Ordering;

use anyhow::{Context, Result, ensure};
use shm_ring::asleep;
use shm_ring::child::Child;
use shm_ring::futex::{Scope, wait, wake};
use shm_ring::gate::Gate;
use shm_ring::map::{Mapping, Sharing};

fn main() -> Result<()> {
    for word_first in [true, false] {
        let memory = Mapping::anonymous(4096, Sharing::Shared)?;
        let (state, word) = (memory.word(0), memory.word(4));
        let (looked, go) = (Gate::new()?, Gate::new()?);
        let child = Child::start(|| {
            let early = word.load(Ordering::Acquire);
            ensure!(state.load(Ordering::Acquire) == 0, "the state is good already");
            looked.open()?;
            go.pass()?;
            let seen = if word_first { early } else { word.load(Ordering::Acquire) };
            println!("    child: {}", wait(word, seen, Scope::Shared).expect_err("the word has changed"));
            Ok(())
        })?;
        println!("{} first:", if word_first { "the word" } else { "the state" });
        looked.pass()?;
        // Release, twice: whoever sees the word changed (Acquire above) sees the state changed.
        state.store(1, Ordering::Release);
        word.fetch_add(1, Ordering::Release);
        println!("    parent: changes both, wakes {}", wake(word, 1, Scope::Shared).context("wake")?);
        go.open()?;
        if word_first {
            child.end()?;
        } else {
            asleep::until(child.pid())?;
            println!("    child: sleeps, and the state is {}", state.load(Ordering::Relaxed));
            child.kill()?;
        }
    }
    Ok(())
}
