//! Claim: what is written in one call stays together; what is written in several mixes in every way that there is.
//!
//! One process writes ABC, one DEF, to the same pipe. A conductor lets them make their steps in *every* order, one
//! after another: by letters there are 20 orders and 20 results, by words 2. Nothing is left to chance here; on a
//! terminal, chance picks one of the 20.
//!
//! Usage: cargo run -q -p producer-consumer --example letters_mix_in_twenty_ways_words_in_two
//! See also: `write(2)`, `pipe(7)` (PIPE_BUF)

use anyhow::{Context, Result};
use producer_consumer::{framing, process};
use std::collections::BTreeSet;
use std::os::fd::OwnedFd;

fn main() -> Result<()> {
    let letters = results(&[["A", "B", "C"], ["D", "E", "F"]])?;
    println!(
        "by letters: {} results, among them {}, {}, {}",
        letters.len(),
        letters[0],
        letters[9],
        letters[19]
    );
    let words = results(&[["ABC"], ["DEF"]])?;
    println!("by words: {} results: {}", words.len(), words.join(", "));
    Ok(())
}

/// Every text that the two can write together, sorted.
fn results<const N: usize>(texts: &[[&str; N]; 2]) -> Result<Vec<String>> {
    // Bit i says who makes step i; each has N steps.
    let orders = (0_u32..1 << (2 * N)).filter(|order| order.count_ones() as usize == N);
    let all = orders.map(|order| {
        let steps = (0..2 * N).map(move |step| (order >> step & 1) as usize);
        together(texts, steps)
    });
    Ok(all.collect::<Result<BTreeSet<_>>>()?.into_iter().collect())
}

/// Two real processes write to one pipe, each step when it is told to.
fn together<const N: usize>(texts: &[[&str; N]; 2], steps: impl Iterator<Item = usize>) -> Result<String> {
    let pipe = || ipc_kit::pipe().context("make a pipe");
    let ((paper, pen), (done, tell_done)) = (pipe()?, pipe()?);
    let (go, children): (Vec<OwnedFd>, Vec<_>) = texts
        .iter()
        .map(|text| {
            let (go_out, go_in) = pipe()?;
            let child = process::child(|| write_in_steps(text, &go_out, &pen, &tell_done))?;
            Ok((go_in, child))
        })
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .unzip();
    drop(pen);
    for who in steps {
        ipc_kit::write_all(&go[who], b"!").context("let one go")?;
        framing::fill(&done, &mut [0])?;
    }
    children.into_iter().try_for_each(process::join)?;
    Ok(String::from_utf8_lossy(&ipc_kit::read_to_end(&paper).context("read")?).into_owned())
}

fn write_in_steps(text: &[&str], go: &OwnedFd, pen: &OwnedFd, done: &OwnedFd) -> Result<()> {
    for part in text {
        framing::fill(go, &mut [0])?;
        ipc_kit::write_all(pen, part.as_bytes()).context("write a part")?;
        ipc_kit::write_all(done, b"!").context("say that it is done")?;
    }
    Ok(())
}
