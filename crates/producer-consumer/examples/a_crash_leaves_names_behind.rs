//! Claim: what has a name outlives a crash of its maker: the FIFO and the queue stay, the pipe does not.
//!
//! The maker is killed in the middle, so no code of it can clean up. The next start finds the names taken. Who makes a
//! name must decide what an old one means: refuse, take over, or remove. (Here the parent removes both.)
//!
//! Usage: cargo run -q -p producer-consumer --example a_crash_leaves_names_behind
//! See also: `mq_unlink(3)`, `unlink(2)`, `mkfifo(3)` (EEXIST)

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, raise};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use producer_consumer::{posix_queue::Name, process};

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let (path, name) = (folder.path().join("fifo"), Name::new());
    let make = || -> Result<()> {
        mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).context("make the FIFO")?;
        name.create(1).map(drop)
    };
    let (reader, writer) = ipc_kit::pipe().context("make a pipe")?;
    let maker = process::child(|| {
        make()?;
        ipc_kit::write_all(&writer, b"half a mess").context("write")?;
        raise(Signal::SIGKILL).context("crash")
    })?;
    drop(writer);
    println!("the maker: exit code {}", process::end_of(maker)?);
    println!("the pipe: {} bytes, then its end", ipc_kit::read_to_end(&reader).context("read")?.len());
    println!("make the FIFO again: {}", make().err().context("the name is taken")?.root_cause());
    std::fs::remove_file(&path).context("remove the FIFO")?;
    println!("make the queue again: {}", make().err().context("the name is taken")?.root_cause());
    name.unlink()
}
