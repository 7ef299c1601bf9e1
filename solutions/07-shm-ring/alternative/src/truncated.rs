//! What if somebody cuts the file while it is mapped? Then touching the lost pages is SIGBUS. mmap(2), sigaction(2).
//!
//! The handler does not end the program. It puts empty memory of our own where the file has ended, and notes that it
//! did. The access is tried again, finds zeros, and goes on; whoever made it asks [`happened`] before it believes what
//! it read. So the program ends on the ordinary way: what it had taken is printed, and it leaves the ring, if that is
//! still there.
#![allow(unsafe_code, reason = "sigaction(2), and calls in a signal handler")]

use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, compiler_fence};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// More mappings at one time are not needed: a list is mapped twice.
const MOST: usize = 4;

/// Whether a page was missing.
static CUT: AtomicBool = AtomicBool::new(false);
/// sysconf(3) is asked beforehand: the handler only reads.
static PAGE: AtomicUsize = AtomicUsize::new(4096);
/// The mappings of segments. A fault elsewhere is a bug of this program.
static RANGES: [Range; MOST] =
    [const { Range { begin: AtomicUsize::new(0), end: AtomicUsize::new(0) } }; MOST];

/// Addresses of a mapping; both 0: not in use.
struct Range {
    begin: AtomicUsize,
    end: AtomicUsize,
}

/// Whether a segment was found to be cut. What was read since the last time that this was false may be zeros.
pub fn happened() -> bool {
    // The handler runs in the middle of an access: the compiler must not ask before it.
    compiler_fence(Ordering::SeqCst);
    CUT.load(Ordering::SeqCst)
}

/// From now on a fault in these `len` bytes is survived.
///
/// # Errors
/// Those of sigaction(2); ENOMEM if there are too many mappings.
pub(crate) fn guard(begin: usize, len: usize) -> nix::Result<()> {
    install()?;
    for range in &RANGES {
        if range.begin.compare_exchange(0, begin, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            range.end.store(begin + len, Ordering::SeqCst);
            return Ok(());
        }
    }
    Err(nix::errno::Errno::ENOMEM)
}

/// The mapping that begins here is about to be removed.
pub(crate) fn forget(begin: usize) {
    for range in &RANGES {
        if range.begin.load(Ordering::SeqCst) == begin {
            range.end.store(0, Ordering::SeqCst);
            range.begin.store(0, Ordering::SeqCst);
        }
    }
}

fn install() -> nix::Result<()> {
    static DONE: Once = Once::new();
    let mut result = Ok(());
    DONE.call_once(|| {
        // SAFETY: sysconf(3) only reads.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        PAGE.store(usize::try_from(page).unwrap_or(4096), Ordering::SeqCst);
        let action = SigAction::new(SigHandler::SigAction(on_sigbus), SaFlags::SA_SIGINFO, SigSet::empty());
        // SAFETY: the handler touches atomics, and calls what is async-signal-safe on Linux.
        result = unsafe { sigaction(Signal::SIGBUS, &action) }.map(drop);
    });
    result
}

/// Everything behind the page that is missing is missing, too: the file ends before it. So one call replaces it all.
extern "C" fn on_sigbus(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: with SA_SIGINFO the kernel hands over a valid siginfo_t.
    let info = unsafe { &*info };
    // SAFETY: the kernel sets the address for SIGBUS.
    let address = unsafe { info.si_addr() } as usize;
    let page = address & !(PAGE.load(Ordering::SeqCst) - 1);
    for range in &RANGES {
        let (begin, end) = (range.begin.load(Ordering::SeqCst), range.end.load(Ordering::SeqCst));
        if begin != 0 && (begin..end).contains(&address) {
            // Noted first: another thread may find the zeros without a signal of its own.
            CUT.store(true, Ordering::SeqCst);
            replace(page, end - page);
            return;
        }
    }
    // Not ours: it shall kill, as without us.
    // SAFETY: an action of zeros is SIG_DFL with an empty mask.
    let default: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are valid, or null where that is allowed; sigaction(2) is async-signal-safe.
    unsafe { libc::sigaction(libc::SIGBUS, &raw const default, std::ptr::null_mut()) };
}

/// Empty memory of our own at this place. If there is none, all that is left is to say so and to end.
fn replace(at: usize, len: usize) {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
    // SAFETY: these pages belong to a mapping of ours (see `RANGES`), and are only reached through atomics. mmap(2) is
    // a mere system call, so a handler may make it.
    let got =
        unsafe { libc::mmap(at as *mut libc::c_void, len, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    if got == libc::MAP_FAILED {
        const LAST: &[u8] = b"ring: the segment was cut: and there is no memory to go on\n";
        // SAFETY: the bytes are constant; write(2) is async-signal-safe.
        unsafe { libc::write(2, LAST.as_ptr().cast(), LAST.len()) };
        // SAFETY: _exit(2) is async-signal-safe.
        unsafe { libc::_exit(4) };
    }
}
