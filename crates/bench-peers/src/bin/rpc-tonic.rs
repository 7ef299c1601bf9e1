//! Calls by tonic: gRPC, that is protobuf over HTTP/2, here over a Unix stream.

use anyhow::{Context as _, Result};
use bench_peers::calls::{Command, arguments, drive, ready, runtime};
use hyper_util::rt::TokioIo;
use stubs::adder_client::AdderClient;
use stubs::adder_server::{Adder, AdderServer};
use tokio::net::{UnixListener, UnixStream};
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::{Endpoint, Server};
use tonic::{Request, Response, Status};

mod stubs {
    #![allow(missing_docs, unreachable_pub, reason = "made by tonic")]
    #![allow(
        clippy::all,
        clippy::pedantic,
        clippy::allow_attributes_without_reason,
        reason = "made by tonic"
    )]
    tonic::include_proto!("bench.Adder");
}

#[derive(Clone, Copy, prost::Message)]
struct Pair {
    #[prost(int64, tag = "1")]
    a: i64,
    #[prost(int64, tag = "2")]
    b: i64,
}

#[derive(Clone, Copy, prost::Message)]
struct Sum {
    #[prost(int64, tag = "1")]
    value: i64,
}

struct Methods;

#[tonic::async_trait]
impl Adder for Methods {
    async fn add(&self, request: Request<Pair>) -> Result<Response<Sum>, Status> {
        let Pair { a, b } = request.into_inner();
        let value = a.checked_add(b).ok_or_else(|| Status::out_of_range("overflow"))?;
        Ok(Response::new(Sum { value }))
    }
}

fn main() -> Result<()> {
    let command = arguments()?;
    runtime()?.block_on(run(command))
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve(path) => {
            let clients = UnixListenerStream::new(UnixListener::bind(&path).context("listen")?);
            ready(&path)?;
            let server = Server::builder().add_service(AdderServer::new(Methods));
            server.serve_with_incoming(clients).await.context("serve")
        }
        Command::Call { path, is_pipelined } => {
            let connect = tower::service_fn(move |_| {
                let path = path.clone();
                async move { UnixStream::connect(path).await.map(TokioIo::new) }
            });
            // Nobody resolves this name: the connector decides where to go.
            let to = Endpoint::from_static("http://server");
            let client = AdderClient::new(to.connect_with_connector(connect).await.context("connect")?);
            drive(is_pipelined, |a, b| {
                let mut client = client.clone();
                async move { Ok(client.add(Pair { a, b }).await?.into_inner().value) }
            })
            .await
        }
    }
}
