//! Records of many producers for many consumers through a bounded crossbeam channel, all of them threads.
//! `PROGRAM run -p P -c C -n N`: each producer puts N records of 64 bytes, each consumer prints a line for each it takes.

use std::io::{self, Write as _};
use std::thread;

use anyhow::{Context as _, Result, bail};
use bench_peers::records::line;
use crossbeam_channel::{Receiver, bounded};

/// Bytes of a record.
const SIZE: usize = 64;
/// Records that wait at most: as many as a pipe holds.
const ROOM: usize = (64 << 10) / (SIZE + 8);

type Record = (u16, [u8; SIZE]);

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ["run", "-p", producers, "-c", consumers, "-n", count] = words[..] else {
        bail!("usage: PROGRAM run -p P -c C -n N");
    };
    run(producers.parse()?, consumers.parse()?, count.parse()?)
}

fn run(producers: u16, consumers: usize, count: u32) -> Result<()> {
    let (send, receive) = bounded::<Record>(ROOM);
    let total = thread::scope(|scope| {
        for producer in 0..producers {
            let send = send.clone();
            scope.spawn(move || (0..count).try_for_each(|number| send.send(record(producer, number))));
        }
        let start = |consumer| {
            let receive = receive.clone();
            scope.spawn(move || consume(&receive, consumer))
        };
        let all: Vec<_> = (0..consumers).map(start).collect();
        drop((send, receive));
        let ends =
            all.into_iter().map(|one| one.join().map_err(|_| anyhow::anyhow!("a consumer panicked"))?);
        ends.sum::<Result<u64>>()
    })?;
    println!("total {total} records");
    Ok(())
}

fn record(producer: u16, number: u32) -> Record {
    let [low, ..] = (u32::from(producer) + number).to_le_bytes();
    let mut payload = [low; SIZE];
    payload[..4].copy_from_slice(&number.to_le_bytes());
    (producer, payload)
}

fn consume(receive: &Receiver<Record>, consumer: usize) -> Result<u64> {
    let mut taken = 0;
    for (producer, payload) in receive {
        let line = format!("{} by {consumer}\n", line(producer, &payload));
        io::stdout().write_all(line.as_bytes()).context("print a record")?;
        taken += 1;
    }
    Ok(taken)
}
