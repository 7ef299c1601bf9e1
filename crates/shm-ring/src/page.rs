//! A page that this process shares with the children it will fork, for objects of the C library: locks and their
//! like.
//!
//! These objects are more than words, and their bytes belong to the C library. So nobody else gets at them here. The
//! page is never unmapped: the library keeps a list of the robust locks that a thread holds, through the locks
//! themselves.
#![allow(unsafe_code, reason = "objects of the C library live at an address that mmap(2) chose")]

use std::ptr::NonNull;

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;

use crate::map::{Mapping, Sharing};

/// New shared memory for one `T`, all zero, that stays mapped as long as the process lives.
///
/// # Errors
/// `ENOMEM` when there is none.
pub(crate) fn for_one<T>() -> Result<NonNull<T>> {
    ensure!(align_of::<T>() <= 4096, "a page is not aligned enough");
    let page = Mapping::anonymous(size_of::<T>().max(1), Sharing::Shared)?;
    let place = page.start().cast();
    std::mem::forget(page);
    Ok(place)
}

/// What a function of the pthread family has returned: 0, or the number of an error (they do not use errno).
///
/// # Errors
/// When it is not 0.
pub(crate) fn pthread(returned: libc::c_int, what: &'static str) -> Result<()> {
    let checked = if returned == 0 { Ok(()) } else { Err(Errno::from_raw(returned)) };
    checked.context(what)
}

/// An attribute object, initialised, changed, used and destroyed in the one way that all of them have.
///
/// # Errors
/// When one of the steps fails.
pub(crate) fn with_attributes<A>(
    init: unsafe extern "C" fn(*mut A) -> libc::c_int,
    destroy: unsafe extern "C" fn(*mut A) -> libc::c_int,
    body: impl FnOnce(*mut A) -> Result<()>,
) -> Result<()> {
    let mut attributes = std::mem::MaybeUninit::uninit();
    let attributes = attributes.as_mut_ptr();
    // SAFETY: the pointer is to memory for such an object, which is ours.
    pthread(unsafe { init(attributes) }, "make attributes")?;
    let done = body(attributes);
    // SAFETY: the object was initialised above, and nobody has it any more.
    pthread(unsafe { destroy(attributes) }, "destroy attributes")?;
    done
}
