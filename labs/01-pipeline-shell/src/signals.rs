//! What psh does with signals, and how a child undoes it. See `signal(7)`, `sigaction(2)`.
//!
//! Handlers are gone after exec, but *ignored* and *blocked* signals stay so in the new program.
//! Rust ignores SIGPIPE before `main`, whoever started psh may ignore others, and psh itself blocks
//! SIGCHLD and SIGTTOU: a command must inherit none of that.

#![allow(unsafe_code, reason = "sigaction(2) can install any function, and nix knows no real-time signals")]

use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use std::mem::MaybeUninit;

/// Signals that the keyboard or the terminal driver sends, which are for the foreground pipeline.
const FROM_TERMINAL: [Signal; 5] =
    [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU];

/// The highest signal number of Linux on every common machine.
const LAST_SIGNAL: c_int = 64;

/// What differs between psh and what a command must find.
#[derive(Debug)]
pub struct Signals {
    /// All ignored signals, inherited ones too.
    ignored: Vec<c_int>,
    /// Those that psh ignores because it talks to a terminal.
    from_terminal: Vec<c_int>,
    /// The mask in which SIGCHLD can interrupt psh.
    pub while_polling: SigSet,
}

impl Signals {
    /// Sets psh's own signals up. With `interactive`, the keyboard's signals do not end psh.
    ///
    /// # Errors
    /// As `sigaction(2)` and `pthread_sigmask(3)`.
    pub fn prepare(interactive: bool) -> nix::Result<Self> {
        let mut from_terminal = Vec::new();
        if interactive {
            for signal in FROM_TERMINAL {
                set(signal, SigHandler::SigIgn)?;
                from_terminal.push(signal as c_int);
            }
        }
        // SIGCHLD must have a handler to interrupt ppoll: by default the kernel drops it. It stays
        // blocked outside ppoll, so it cannot come between "nobody has ended" and falling asleep.
        set(Signal::SIGCHLD, SigHandler::Handler(do_nothing))?;
        let mut while_polling = SigSet::thread_get_mask()?;
        while_polling.remove(Signal::SIGCHLD);
        // SIGTTOU would stop psh when it takes the terminal back from a pipeline.
        SigSet::from_iter([Signal::SIGCHLD, Signal::SIGTTOU]).thread_block()?;
        let ignored = (1..=LAST_SIGNAL).filter(|&signal| is_ignored(signal)).collect();
        Ok(Signals { ignored, from_terminal, while_polling })
    }

    /// In a child that will exec: every signal at its default, none blocked.
    pub(crate) fn restore_for_command(&self) -> nix::Result<()> {
        Ok(()) // M5: set the `ignored` signals to SIG_DFL (`set_default`), then unblock all
    }

    /// In a child that runs a list: the keyboard can end it. SIGPIPE stays ignored, so that builtins
    /// see EPIPE, and the mask stays as it is, for the copy waits as psh does.
    pub(crate) fn restore_for_copy(&self) -> nix::Result<()> {
        self.from_terminal.iter().try_for_each(|&signal| set_default(signal))
    }
}

extern "C" fn do_nothing(_: c_int) {}

fn set(signal: Signal, handler: SigHandler) -> nix::Result<()> {
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handler is `do_nothing`, which may run at any moment, or none at all.
    unsafe { sigaction(signal, &action) }.map(drop)
}

/// `sigaction(2)` on a bare number: it may be a real-time signal.
fn set_default(signal: c_int) -> nix::Result<()> {
    // SAFETY: all zeroes is a valid `sigaction`: SIG_DFL, no flags, empty mask.
    let action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    // SAFETY: `action` is valid and outlives the call; SIG_DFL runs no code of ours.
    let result = unsafe { libc::sigaction(signal, &action, std::ptr::null_mut()) };
    Errno::result(result).map(drop)
}

fn is_ignored(signal: c_int) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: the kernel only writes to `action`, which is large enough.
    let result = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: zeroed before the call, and all zeroes is a valid `sigaction`.
    let action = unsafe { action.assume_init() };
    // Two numbers belong to the C library and are refused; nobody can have ignored them.
    result == 0 && action.sa_sigaction == libc::SIG_IGN
}
