//! Claim: synchronous sending always blocks: whoever comes first waits for the other, sender or receiver.
//!
//! Like a telephone call. When send returns, the message *was* taken. A rendezvous has no room for a message; "send
//! without waiting" could only mean "if somebody waits for it already".
//!
//! Usage: cargo run -q -p producer-consumer --example a_rendezvous_makes_the_first_one_wait
//! See also: `rendezvous.rs`

use anyhow::Result;
use producer_consumer::{asleep, process, rendezvous::Rendezvous};

fn main() -> Result<()> {
    let place = Rendezvous::new()?;
    let sender = process::child(|| place.send(b"hello"))?;
    asleep::until_asleep(sender)?;
    println!("the sender came first: it waits");
    println!("the receiver came: {}", String::from_utf8_lossy(&place.receive()?));
    println!("the sender has returned: exit code {}", process::end_of(sender)?);

    let receiver = process::child(|| place.receive().map(drop))?;
    asleep::until_asleep(receiver)?;
    println!("the receiver came first: it waits");
    place.send(b"hello")?;
    println!("the sender came, and knows that it was taken");
    process::join(receiver)
}
