//! Claim: the server must learn when nobody needs an object any more: a dropped proxy says so, and the end of a connection
//! says it for all that its client had.
//!
//! Objects are counted at the server. The second client is a process that is killed: it can say nothing itself.
//!
//! Usage: cargo run -q -p mini-rpc --example a_dropped_proxy_releases_its_object
//! See also: the module `objects`

use anyhow::{Context, Result};
use mini_rpc::background::Background;
use mini_rpc::client_stub::ClientStub;
use mini_rpc::objects::{Proxy, Store};
use mini_rpc::server_stub::serve;
use nix::sys::signal::{Signal, raise};
use std::cell::RefCell;
use std::os::unix::net::UnixStream;

fn main() -> Result<()> {
    let store = Store::default();
    let (ours, theirs) = UnixStream::pair().context("make a connection")?;
    let (dying, its_server) = UnixStream::pair().context("make a connection")?;
    let mut servers_ends = Some((theirs, its_server));
    let client = Background::run(|| {
        servers_ends = None; // In the child only.
        let stub = RefCell::new(ClientStub::new(dying, 8));
        let (_fire, _frost) = (Proxy::find(&stub, "fire")?, Proxy::find(&stub, "frost")?);
        raise(Signal::SIGKILL).context("die")
    })?;
    let (theirs, its_server) = servers_ends.context("keep the servers' ends")?;

    let stub = RefCell::new(ClientStub::new(ours, 7));
    let mut session = store.session();
    let serving = std::thread::spawn(move || serve(theirs, &mut session));
    let fire = Proxy::find(&stub, "fire")?;
    let again = Proxy::find(&stub, "fire")?;
    println!("two proxies of one object: {} object", store.living());
    drop(fire);
    println!("one dropped: {} object", store.living());
    println!("the other still works: {}", again.rings(400)?);

    let mut session = store.session();
    serve(its_server, &mut session)?; // Until that client is dead.
    println!("a client with two proxies is killed, code {}: {} objects", client.wait()?, store.living());
    drop(session);
    println!("its session is cleared: {} object", store.living());
    drop(again);
    println!("the last proxy is dropped: {} objects", store.living());
    drop(stub);
    serving.join().expect("a server does not panic")
}
