//! Claim: the child of fork must end itself, also when it panics; else it goes on in a copy of its parent's code.
//!
//! The child has a copy of the stack. A panic that is not caught would unwind through its parent's frames, drop the
//! parent's guards (remove its files, say) and end in its `main`. `fork::child` catches it and calls `_exit`.
//!
//! Usage: cargo run -q -p pipeline-shell --example a_panicking_child_must_not_unwind_into_its_parent
//! See also: `_exit(2)`, and `std::panic::catch_unwind`

use anyhow::Result;
use pipeline_shell::{fork, status};

/// Stands for whatever the parent cleans up when it leaves: it must happen once.
struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        println!("guard dropped, by the parent");
    }
}

fn main() -> Result<()> {
    let _guard = Guard;
    std::panic::set_hook(Box::new(|_| println!("child: panics")));
    let child = fork::child(|| panic!("a bug in the child"))?;
    println!("child: {}", status::wait(child)?);
    println!("this line is reached once");
    Ok(())
}
