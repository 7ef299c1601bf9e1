//! Numbers that no other process has. Complete; nothing to do here. See `getrandom(2)`.

#![allow(unsafe_code, reason = "getrandom has no wrapper in nix")]

use nix::errno::Errno;

/// A random number.
///
/// # Errors
/// None since Linux 3.17; `EFAULT` and `EINVAL` are impossible here.
pub fn number() -> nix::Result<u64> {
    let mut bytes = [0_u8; 8];
    // SAFETY: `bytes` is a buffer of this length, and the kernel writes no more than that.
    let filled = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    // Up to 256 bytes come whole, and no signal can interrupt that.
    Errno::result(filled)?;
    Ok(u64::from_le_bytes(bytes))
}
