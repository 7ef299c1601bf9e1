//! Claim: names are not unique by themselves. Two programs that choose one name meet in one segment, and one may
//! empty it under the other. O_EXCL makes exactly one of them the maker.
//!
//! Asking first whether the name is free does not help: the other may come between the question and the making.
//!
//! Usage: cargo run -q -p shm-ring --example two_makers_of_one_name_need_o_excl
//! See also: `shm_open(3)` (O_EXCL, O_TRUNC)

use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use nix::fcntl::OFlag;
use nix::sys::mman::shm_open;
use nix::sys::stat::Mode;
use shm_ring::map::{Mapping, Sharing};
use shm_ring::segment::{self, Name};

fn main() -> Result<()> {
    let name = Name::own("taken");
    let first = segment::create(&name, 4096)?;
    let memory = Mapping::of(&first, 4096, Sharing::Shared)?;
    memory.word(0).store(7, Ordering::Relaxed);
    let state = || -> Result<String> {
        let length = segment::length(&first)?;
        // After the truncation a load would be SIGBUS.
        let holds = (length > 0).then(|| memory.word(0).load(Ordering::Relaxed));
        Ok(format!("{length} bytes, holds {holds:?}"))
    };
    println!("the first maker: {}", state()?);

    println!("O_EXCL: {}", segment::create(&name, 64).expect_err("the name is taken").root_cause());
    println!("    the first maker: {}", state()?);
    for (flags, shown) in
        [(OFlag::O_CREAT, "O_CREAT alone"), (OFlag::O_CREAT | OFlag::O_TRUNC, "O_CREAT, O_TRUNC")]
    {
        shm_open(&*name, flags | OFlag::O_RDWR, Mode::S_IRWXU).context("open as a careless maker")?;
        println!("{shown}: success");
        println!("    the first maker: {}", state()?);
    }
    Ok(())
}
