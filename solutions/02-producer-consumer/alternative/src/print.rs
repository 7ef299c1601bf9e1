//! `print`: words of any length that nobody else's words get into. See `write(2)`, `pipe(7)`.
//!
//! A word may take several writes. The lock is held for all of them, whoever is stopped meanwhile; and if its owner
//! is killed, the others get it.

use std::io::stdout;
use std::os::unix::ffi::OsStrExt;

use ipc_kit::write_all;

use crate::children::{Children, Role};
use crate::failure::Failure;
use crate::lock::Lock;
use crate::options::Print;
use crate::shared::Shared;

/// Prints each word so many times, each by a process of its own.
///
/// # Errors
/// What the system says; `Incomplete` if a process died.
pub(crate) fn print(options: &Print) -> Result<(), Failure> {
    let lock = Shared::<Lock>::zeroed().map_err(Failure::on("mmap"))?;
    lock.set().map_err(Failure::on("pthread_mutex_init"))?;
    let mut children = Children::default();
    for (number, word) in (0..).zip(&options.words) {
        let write = || write_all(stdout(), word.as_bytes());
        children.start(Role::Printer(number), || {
            for _ in 0..options.times {
                let written = if options.racy { Ok(write()) } else { lock.while_held(write) };
                written.map_err(Failure::on("pthread_mutex_lock"))?.map_err(Failure::writing("-"))?;
            }
            Ok(())
        })?;
    }
    let mut all_well = true;
    while let Some((_, status)) = children.next()? {
        all_well &= status == 0;
    }
    if all_well { Ok(()) } else { Err(Failure::Incomplete) }
}
