//! Claim: a signal to a process does not reach its children; one to its process group reaches all of them.
//!
//! The boss starts a helper. Killing the boss leaves the helper running. The group has the number of its leader, and
//! kill takes it with a minus sign. Both parent and child call setpgid: whoever comes first makes the group.
//!
//! Usage: cargo run -q -p signals --example a_group_is_signalled_as_one
//! See also: `kill(2)` (pid less than -1), `setpgid(2)`

use anyhow::{Context, Result};
use ipc_kit::wait_for;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::{Pid, setpgid};
use signals::{asleep, child::Child, end::End, send};

fn main() -> Result<()> {
    set_child_subreaper(true).context("become the parent of orphans")?; // So that we can wait for the helper.
    for (what, sign) in [("the boss", 1), ("the group", -1)] {
        let boss = boss_with_helper()?;
        let (pid, helper) = (boss.pid(), asleep::children(boss.pid())?[0]);
        send::kill(Pid::from_raw(sign * pid.as_raw()), Signal::SIGTERM).context("send SIGTERM")?;
        println!("SIGTERM to {what}: boss {}", boss.wait()?);
        if sign == 1 {
            println!("SIGTERM to {what}: its helper lives: {}", asleep::state(helper)? == 'S');
            send::kill(Pid::from_raw(-pid.as_raw()), Signal::SIGKILL).context("end the rest of the group")?;
        }
        println!("helper {}", End::of(wait_for(helper).context("wait for the helper")?)?);
    }
    Ok(())
}

fn boss_with_helper() -> Result<Child> {
    let boss = Child::run(|_| {
        setpgid(Pid::from_raw(0), Pid::from_raw(0)).context("make a group")?;
        ipc_kit::run_in_child(sleep_for_ever).context("start a helper")?;
        sleep_for_ever();
        Ok(())
    })?;
    setpgid(boss.pid(), boss.pid()).context("make a group")?;
    asleep::until_in(boss.pid(), libc::SYS_rt_sigsuspend)?;
    asleep::until_in(asleep::children(boss.pid())?[0], libc::SYS_rt_sigsuspend)?;
    Ok(boss)
}

fn sleep_for_ever() -> u8 {
    SigSet::empty().suspend().expect("it returns after a handler only, and there is none");
    1
}
