//! What a tracer does to a thread that stands at a system call: it changes registers, or watches it sleep.

use std::thread;

use nix::sys::ptrace;
use nix::sys::socket::{SockType, getsockopt, sockopt};
use nix::unistd::Pid;
use tracer::memory::peek;

use super::calls::length_argument;
use crate::process::{Proc, descriptor_target, status_number};

/// More pieces has no call: sysconf(3), `IOV_MAX`.
const IOV_MAX: u64 = 1024;

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

/// What a call was before it was changed: the program expects its registers as it left them, and a call that a
/// signal interrupts may begin again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arguments {
    number: u64,
    buffer: u64,
    length: u64,
    fourth: u64,
    fifth: u64,
}

/// Makes a transfer move one byte; gives what it was. What is not a stream is left alone.
pub(super) fn shorten(tid: i32, number: i64, args: &[u64; 6]) -> Option<Arguments> {
    let index = length_argument(number)?;
    let transfer = single(number).map(|single| Some((single, first_piece(tid, args)?)));
    if args[index] == 0 || transfer.is_none() && args[index] == 1 || !is_stream(tid, args[0]) {
        return None;
    }
    let mut before = None;
    change(tid, |registers| {
        before = Some(Arguments {
            number: registers.orig_rax,
            buffer: registers.rsi,
            length: registers.rdx,
            fourth: registers.r10,
            fifth: registers.r8,
        });
        match (transfer, index) {
            (Some(Some((single, place))), _) => {
                registers.orig_rax = single.cast_unsigned();
                registers.rsi = place;
                registers.rdx = 1;
            }
            // Pieces without a byte: nothing to shorten.
            (Some(None), _) => {}
            (None, 2) => registers.rdx = 1,
            (None, 3) => registers.r10 = 1,
            (None, _) => registers.r8 = 1,
        }
    });
    before
}

/// Puts back what a shortened call has been, as it returns.
pub(super) fn restore(tid: i32, before: Arguments) {
    change(tid, |registers| {
        registers.orig_rax = before.number;
        registers.rsi = before.buffer;
        registers.rdx = before.length;
        registers.r10 = before.fourth;
        registers.r8 = before.fifth;
    });
}

/// The call that moves one piece where this one moves several.
fn single(number: i64) -> Option<i64> {
    match number {
        libc::SYS_readv => Some(libc::SYS_read),
        libc::SYS_writev => Some(libc::SYS_write),
        _ => None,
    }
}

/// Where the first piece that has bytes begins: `struct iovec` is an address and a length.
fn first_piece(tid: i32, args: &[u64; 6]) -> Option<u64> {
    let pieces = (0..args[2].min(IOV_MAX)).map(|n| args[1].wrapping_add(n * 16));
    pieces.into_iter().find(|piece| peek(tid, piece.wrapping_add(8)) > 0).map(|piece| peek(tid, piece))
}

/// Whether descriptor `number` of `tid` is a stream: no eventfd or its kin, and no socket that keeps messages.
fn is_stream(tid: i32, number: u64) -> bool {
    let Some(target) = descriptor_target(tid, number) else { return false };
    if !target.starts_with("socket:") {
        return !target.starts_with("anon_inode:");
    }
    // System calls take an int: the upper half of the register may hold anything.
    let process = status_number(tid, "Tgid").and_then(|tgid| i32::try_from(tgid).ok()).unwrap_or(tid);
    let socket = autopsy::borrow(process, number as i32);
    let kind = socket.map(|socket| getsockopt(&socket, sockopt::SockType));
    matches!(kind, Some(Ok(SockType::Stream)))
}

/// Changes registers; false if the thread was killed meanwhile.
fn change(tid: i32, edit: impl FnOnce(&mut libc::user_regs_struct)) -> bool {
    let pid = Pid::from_raw(tid);
    let Ok(mut registers) = ptrace::getregs(pid) else { return false };
    edit(&mut registers);
    ptrace::setregs(pid, registers).is_ok()
}
