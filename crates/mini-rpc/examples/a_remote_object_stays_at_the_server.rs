//! Claim: a remote object has its state at the server; clients have proxies with a reference. Two clients that find the
//! same name talk to the same object; copying a reference copies no object.
//!
//! Finding objects by name is what an object broker does. A number that a connection has not been given is refused.
//!
//! Usage: cargo run -q -p mini-rpc --example a_remote_object_stays_at_the_server
//! See also: the module `objects`

use anyhow::{Context, Result};
use mini_rpc::client_stub::ClientStub;
use mini_rpc::objects::{Proxy, Store};
use mini_rpc::server_stub::serve;
use std::cell::RefCell;
use std::os::unix::net::UnixStream;

fn main() -> Result<()> {
    let store = Store::default();
    std::thread::scope(|scope| {
        let connect = || -> Result<_> {
            let (ours, theirs) = UnixStream::pair().context("make a connection")?;
            let mut session = store.session();
            scope.spawn(move || serve(theirs, &mut session).expect("the client hangs up in order"));
            Ok(RefCell::new(ClientStub::new(ours, 7)))
        };
        let (left, right) = (connect()?, connect()?);

        let fire = Proxy::find(&left, "fire")?;
        let frost = Proxy::find(&left, "frost")?;
        println!(
            "left has fire = {}, frost = {}; objects: {}",
            fire.reference,
            frost.reference,
            store.living()
        );
        fire.set_limit(500)?;
        println!(
            "left sets the limit of fire; 40.0: fire rings: {}, frost rings: {}",
            fire.rings(400)?,
            frost.rings(400)?
        );

        let same = Proxy::find(&right, "fire")?;
        println!("right has fire = {}; objects: {}", same.reference, store.living());
        println!("right: 40.0 rings: {}, 60.0 rings: {}", same.rings(400)?, same.rings(600)?);
        same.set_limit(700)?;
        println!("right sets the limit; left: 60.0 rings: {}", fire.rings(600)?);

        let guess = [frost.reference.to_be_bytes(), 400_i16.to_be_bytes()].concat();
        let guessed = right.borrow_mut().call(mini_rpc::objects::RINGS.number, &guess);
        println!("right guesses left's number: {}", guessed.expect_err("it was not given"));
        Ok(())
    })
}
