//! exec by hand: the process stays, its program changes.
//!
//! Everything that allocates (strings, pointer array, the search of PATH) happens in [`Program::new`], before
//! fork. What is left for the child is a loop over one system call.
#![allow(unsafe_code, reason = "execv(3) takes an array of pointers, which is the lesson")]

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::unistd::{AccessFlags, access};
use std::ffi::{CString, c_char};

/// A program and its arguments in the form that exec wants.
pub struct Program {
    /// Every place where the program may be, in the order of PATH.
    places: Vec<CString>,
    /// The words of the command; the first is the program's name.
    words: Vec<CString>,
    /// One pointer to each of `words`, and a null pointer that ends the list.
    argv: Vec<*const c_char>,
}

impl Program {
    /// Prepares `words`: a program's name, looked for in PATH unless it has a slash, and its arguments.
    ///
    /// # Errors
    /// When there is no word, or when one has a NUL byte: C strings end there.
    pub fn new<S: AsRef<str>>(words: &[S]) -> Result<Self> {
        let Some(name) = words.first().map(AsRef::as_ref) else { bail!("a command needs at least one word") };
        let places = places_of(name).into_iter().map(CString::new).collect::<Result<_, _>>();
        let words = words.iter().map(|word| CString::new(word.as_ref())).collect::<Result<Vec<_>, _>>();
        let words = words.context("pass a word with a NUL byte")?;
        let argv = words.iter().map(|word| word.as_ptr()).chain([std::ptr::null()]).collect();
        Ok(Self { places: places.context("search PATH")?, words, argv })
    }

    /// The name of the program, as the first word gave it.
    #[must_use]
    pub fn name(&self) -> String {
        self.words[0].to_string_lossy().into_owned()
    }

    /// execv—Becomes this program, so it returns only when that fails: with the reason.
    ///
    /// Descriptors without close-on-exec stay open, ignored signals stay ignored and blocked ones blocked;
    /// handlers are gone, for the code they pointed to is gone.
    ///
    /// Does nothing that is not async-signal-safe. See also: `execve(2)`, `exec(3)`
    #[must_use]
    pub fn exec(&self) -> Errno {
        let mut reason = Errno::ENOENT;
        for place in &self.places {
            // SAFETY: `place` and every pointer of `argv` but its last are C strings owned by `self`, which no one
            // can change while it is borrowed here; the last pointer is null (`new` put it there).
            unsafe { libc::execv(place.as_ptr(), self.argv.as_ptr()) };
            // "Not here" is no news while there are places left; "here, but not allowed" is.
            if !matches!(Errno::last(), Errno::ENOENT | Errno::ENOTDIR) {
                reason = Errno::last();
            }
        }
        reason
    }

    /// The exit code that shells give a command that could not start: 127 not found, 126 found but not run.
    #[must_use]
    pub fn code_of_failure(reason: Errno) -> u8 {
        if reason == Errno::ENOENT { 127 } else { 126 }
    }
}

fn places_of(name: &str) -> Vec<String> {
    if name.contains('/') {
        return vec![name.to_owned()];
    }
    let path = std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".to_owned());
    let folders = path.split(':').map(|folder| if folder.is_empty() { "." } else { folder });
    // A folder that we may not search would answer "permission denied" (126) for every name that is nowhere (127).
    let searchable = folders.filter(|folder| access(*folder, AccessFlags::X_OK).is_ok());
    searchable.map(|folder| format!("{folder}/{name}")).collect()
}
