//! Claim: accept gives a new descriptor for each client; the listener stays a door and never carries a byte.
//!
//! Both connections have the same name at the server's end. What tells them apart is the *pair* of names: the kernel
//! looks at both when it delivers. To address somebody directly is to know an address and a port.
//!
//! Usage: cargo run -q -p client-server --example accept_gives_a_new_descriptor
//! See also: `accept(2)`, `getsockname(2)`, `getpeername(2)`, `tcp(7)`

use anyhow::Result;
use client_server::{connect, listen, stream};

fn main() -> Result<()> {
    let door = listen::stream(&"127.0.0.1:0".parse()?)?;
    let address = listen::local_address(&door)?;
    let clients = [connect::stream(&address)?, connect::stream(&address)?];
    let ends = [listen::accept(&door)?, listen::accept(&door)?];

    for (client, end) in clients.iter().zip(&ends) {
        println!("server's end has the door's address: {}", listen::local_address(end)? == address);
        println!("its peer is this client: {}", listen::peer_address(end)? == listen::local_address(client)?);
    }
    println!(
        "the clients' addresses differ: {}",
        listen::local_address(&clients[0])? != listen::local_address(&clients[1])?
    );
    stream::send_all(&clients[1], b"hello")?;
    println!("second client says hello; second end: {:?}", received(&ends[1])?);
    println!("first end: {}", stream::receive_now(&ends[0], 100));
    println!("the door itself: {}", stream::receive_now(&door, 100));
    Ok(())
}

fn received(end: &std::os::fd::OwnedFd) -> Result<String> {
    let mut bytes = [0; 5];
    let count = stream::receive(end, &mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes[..count]).into_owned())
}
