//! Claim: what children compute is lost unless they send it.
//!
//! Two children add up half of the numbers 1 to 1000 each, into the same variable. The parent's variable stays 0. Then they
//! send what they have.
//!
//! Usage: cargo run -q -p divide-conquer --example a_result_must_come_back_by_message
//! See also: `fork(2)`, `pipe(7)`

use anyhow::Result;
use divide_conquer::crew::Crew;
use divide_conquer::cut;
use divide_conquer::mailbox::{Mailbox, Message};

fn main() -> Result<()> {
    let numbers: Vec<i64> = (1..=1000).collect();
    let mailbox = Mailbox::new()?;
    let mut sum = 0_i64;
    let children = Crew::start(2, |number| {
        for value in &numbers[cut::part(numbers.len(), 2, number)] {
            sum += value;
        }
        mailbox.put(Message { from: u32::try_from(number)?, round: 0, word: sum })?;
        Ok(0)
    })?;
    children.join()?;
    println!("the parent's variable: {sum}");
    let mut halves = [0; 2];
    for _ in 0..2 {
        let message = mailbox.take()?;
        halves[message.from as usize] = message.word;
    }
    println!("by message: {} + {} = {}", halves[0], halves[1], halves[0] + halves[1]);
    Ok(())
}
