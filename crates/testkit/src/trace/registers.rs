//! What a tracer does to a thread that stands at a system call: it changes registers, or watches it sleep.

use std::thread;

use nix::sys::ptrace;
use nix::unistd::Pid;
use tracer::memory::peek;

use super::calls::length_argument;
use crate::process::{Proc, descriptor_target};

/// Waits until `tid`, which has just entered a call, sleeps in it; false if it left without.
pub(super) fn falls_asleep(tid: i32) -> bool {
    loop {
        match Proc::read(tid).map(|process| process.state) {
            Some('S' | 'D') => return true,
            Some('R') => thread::yield_now(),
            _ => return false,
        }
    }
}

/// Replaces the call that `tid` enters by one that does nothing and that every filter allows.
pub(super) fn skip(tid: i32) -> bool {
    change(tid, |registers| registers.orig_rax = libc::SYS_getpid.cast_unsigned())
}

/// Sets what the call that `tid` leaves returns.
pub(super) fn set_result(tid: i32, value: i64) -> bool {
    change(tid, |registers| registers.rax = value.cast_unsigned())
}

/// Goes back to the instruction of the call `number`, two bytes long.
pub(super) fn rewind(tid: i32, number: i64) -> bool {
    change(tid, |registers| {
        registers.rip -= 2;
        registers.rax = number.cast_unsigned();
    })
}

/// Makes a transfer move one byte; of several pieces (`readv`, `writev`), the first one that has any bytes. What is
/// not a stream (eventfd and its kin) is left alone.
pub(super) fn shorten(tid: i32, number: i64, args: &[u64; 6]) {
    let Some(index) = length_argument(number) else { return };
    let stream = descriptor_target(tid, args[0]).is_some_and(|target| !target.starts_with("anon_inode:"));
    if args[index] <= 1 || !stream {
        return;
    }
    let in_pieces = matches!(number, libc::SYS_readv | libc::SYS_writev);
    // An empty piece alone would move nothing, which no kernel does to a call with bytes in it.
    let first = if in_pieces { first_piece(tid, args[1], args[2]) } else { 0 };
    change(tid, |registers| match index {
        2 => {
            registers.rsi += first * IOVEC;
            registers.rdx = 1;
        }
        3 => registers.r10 = 1,
        _ => registers.r8 = 1,
    });
}

/// The bytes of a `struct iovec`: an address and a length.
const IOVEC: u64 = 16;

/// Which of `count` pieces at `start` is the first with any bytes; 0 if none is.
fn first_piece(tid: i32, start: u64, count: u64) -> u64 {
    // IOV_MAX (writev(2)) is the most that the kernel takes.
    (0..count.min(1024)).find(|piece| peek(tid, start + piece * IOVEC + 8) > 0).unwrap_or(0)
}

/// Changes registers; false if the thread was killed meanwhile.
fn change(tid: i32, edit: impl FnOnce(&mut libc::user_regs_struct)) -> bool {
    let pid = Pid::from_raw(tid);
    let Ok(mut registers) = ptrace::getregs(pid) else { return false };
    edit(&mut registers);
    ptrace::setregs(pid, registers).is_ok()
}
