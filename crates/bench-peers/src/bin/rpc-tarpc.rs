//! Calls by tarpc: a trait makes both stubs, bincode the bytes, a Unix stream carries them.

use anyhow::{Context as _, Result};
use bench_peers::calls::{Command, arguments, drive, ready, runtime};
use futures::StreamExt as _;
use tarpc::client::Config;
use tarpc::context::Context;
use tarpc::serde_transport::unix;
use tarpc::server::{BaseChannel, Channel as _};
use tarpc::tokio_serde::formats::Bincode;
use tokio::task::{LocalSet, spawn_local};

#[tarpc::service]
trait Adder {
    async fn add(a: i64, b: i64) -> Option<i64>;
}

#[derive(Clone)]
struct Server;

impl Adder for Server {
    async fn add(self, _: Context, a: i64, b: i64) -> Option<i64> {
        a.checked_add(b)
    }
}

fn main() -> Result<()> {
    let command = arguments()?;
    LocalSet::new().block_on(&runtime()?, run(command))
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve(path) => {
            let mut clients = unix::listen(&path, Bincode::default).await.context("listen")?;
            ready(&path)?;
            while let Some(client) = clients.next().await {
                let channel = BaseChannel::with_defaults(client.context("accept")?);
                let calls = channel.execute(Server.serve());
                spawn_local(calls.for_each(|call| async { drop(spawn_local(call)) }));
            }
            Ok(())
        }
        Command::Call { path, is_pipelined } => {
            let stream = unix::connect(&path, Bincode::default).await.context("connect")?;
            let client = AdderClient::new(Config::default(), stream).spawn();
            drive(is_pipelined, |a, b| {
                let client = client.clone();
                async move { client.add(tarpc::context::current(), a, b).await?.context("overflow") }
            })
            .await
        }
    }
}
