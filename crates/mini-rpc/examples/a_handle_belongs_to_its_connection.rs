//! Claim: a handle means something only on the connection on which it was given, and the server closes its file when the
//! connection ends: a client that dies leaves nothing open.
//!
//! One server process, two connections. Its descriptors are counted from outside, in /proc.
//!
//! Usage: cargo run -q -p mini-rpc --example a_handle_belongs_to_its_connection
//! See also: the module `files`, `proc_pid_fd(5)`

use anyhow::{Context, Result};
use mini_rpc::background::Background;
use mini_rpc::client_stub::ClientStub;
use mini_rpc::files::{Files, Shelf};
use mini_rpc::server_stub::serve;
use std::os::unix::net::UnixStream;
use std::path::Path;

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    for name in ["hall", "bath"] {
        std::fs::write(folder.path().join(name), format!("{name}: 18.0")).context("write a log")?;
    }
    let (ours, theirs): (Vec<UnixStream>, Vec<UnixStream>) = [UnixStream::pair(), UnixStream::pair()]
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .unzip();
    let mut ours = Some(ours);
    let server = Background::run(|| {
        ours = None; // In the child only.
        serve_all(theirs, folder.path())
    })?;
    let mut clients = ours.context("keep our ends")?.into_iter().map(|wire| Files(ClientStub::new(wire, 7)));
    let (mut left, mut right) = (clients.next().context("left")?, clients.next().context("right")?);

    right.open("nothing").expect_err("both connections are served now");
    let (handle, again) = (left.open("hall")?, left.open("hall")?);
    println!("left has handles {handle} and {again}");
    println!("right reads handle {handle}: {}", right.read(handle, 5).expect_err("it is left's"));
    let own = right.open("bath")?;
    println!("right opens bath: handle {own}: {:?}", String::from_utf8_lossy(&right.read(own, 4)?));
    println!("left's handle {handle}: {:?}", String::from_utf8_lossy(&left.read(handle, 4)?));

    let before = descriptors(&server)?;
    drop(left);
    while descriptors(&server)? != before - 3 {
        std::thread::yield_now(); // The server learns of it in its own time.
    }
    println!("left hangs up: the server has 3 descriptors less: a connection and two files");
    println!("right goes on: {:?}", String::from_utf8_lossy(&right.read(own, 6)?));
    Ok(())
}

/// A thread and a shelf for each connection.
fn serve_all(connections: Vec<UnixStream>, folder: &Path) -> Result<()> {
    std::thread::scope(|scope| {
        let serve_one = |connection| serve(connection, &mut Shelf::of(folder));
        let threads: Vec<_> =
            connections.into_iter().map(|connection| scope.spawn(move || serve_one(connection))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("a server does not panic"))
    })
}

fn descriptors(server: &Background) -> Result<usize> {
    let folder = format!("/proc/{}/fd", server.pid());
    Ok(std::fs::read_dir(folder).context("count the server's descriptors")?.count())
}
