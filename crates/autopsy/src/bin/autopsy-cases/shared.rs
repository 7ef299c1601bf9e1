//! Memory shared between processes, and what lives in it: words, mutexes, semaphores, barriers.
#![allow(unsafe_code, reason = "mmap(2), futex(2) and the pthread functions")]

use std::num::NonZeroUsize;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicI32, Ordering};

use anyhow::{Context, Result, ensure};
use nix::fcntl::OFlag;
use nix::sys::mman::{MapFlags, ProtFlags, mmap, mmap_anonymous, shm_open};
use nix::sys::stat::Mode;
use nix::unistd::ftruncate;

use crate::stage;

const LENGTH: NonZeroUsize = NonZeroUsize::new(8192).expect("not zero");

/// Two pages, shared with the children made later; never unmapped.
#[derive(Clone, Copy)]
pub(crate) struct Segment(*mut u8);

impl Segment {
    /// With the name `ring`, in /dev/shm.
    pub(crate) fn named() -> Result<Self> {
        let name = stage::object("ring");
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
        let file =
            shm_open(name.as_str(), flags, Mode::S_IRUSR | Mode::S_IWUSR).context("make /dev/shm/ring")?;
        ftruncate(&file, 8192).context("size /dev/shm/ring")?;
        let both = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping at an address of the kernel's choice touches no memory of ours.
        let start = unsafe { mmap(None, LENGTH, both, MapFlags::MAP_SHARED, &file, 0) };
        Ok(Self(start.context("map /dev/shm/ring")?.cast().as_ptr()))
    }

    /// Without a name.
    pub(crate) fn anonymous() -> Result<Self> {
        let both = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: as above.
        let start = unsafe { mmap_anonymous(None, LENGTH, both, MapFlags::MAP_SHARED) };
        Ok(Self(start.context("map memory")?.cast().as_ptr()))
    }

    fn at<T>(self, offset: usize) -> *mut T {
        assert!(offset + size_of::<T>() <= LENGTH.get(), "within the segment");
        // SAFETY: inside the mapping, which is never unmapped.
        unsafe { self.0.add(offset) }.cast()
    }

    /// The word at this offset.
    pub(crate) fn word(self, offset: usize) -> &'static AtomicI32 {
        let word = self.at::<AtomicI32>(offset);
        // SAFETY: mapped for ever, aligned (offsets are multiples of 4), and any bytes are a valid number.
        unsafe { &*word }
    }

    /// A process-shared mutex at this offset, made by the first process.
    pub(crate) fn mutex(self, offset: usize) -> Result<Mutex> {
        let mutex = self.at(offset);
        let mut kind = std::mem::MaybeUninit::<libc::pthread_mutexattr_t>::uninit();
        // SAFETY: `kind` is ours and is initialised here.
        ok(unsafe { libc::pthread_mutexattr_init(kind.as_mut_ptr()) })?;
        // SAFETY: `kind` was initialised above.
        ok(unsafe { libc::pthread_mutexattr_setpshared(kind.as_mut_ptr(), libc::PTHREAD_PROCESS_SHARED) })?;
        // SAFETY: the place is mapped for ever and nobody uses it yet.
        ok(unsafe { libc::pthread_mutex_init(mutex, kind.as_ptr()) })?;
        Ok(Mutex(mutex))
    }

    /// A process-shared semaphore at this offset.
    pub(crate) fn semaphore(self, offset: usize, count: u32) -> Result<Semaphore> {
        let semaphore = self.at(offset);
        // SAFETY: the place is mapped for ever and nobody uses it yet.
        ensure!(unsafe { libc::sem_init(semaphore, 1, count) } == 0, "make a semaphore");
        Ok(Semaphore(semaphore))
    }

    /// A process-shared barrier at this offset.
    pub(crate) fn barrier(self, offset: usize, count: u32) -> Result<Barrier> {
        let barrier = self.at(offset);
        let mut kind = std::mem::MaybeUninit::<libc::pthread_barrierattr_t>::uninit();
        // SAFETY: `kind` is ours and is initialised here.
        ok(unsafe { libc::pthread_barrierattr_init(kind.as_mut_ptr()) })?;
        // SAFETY: `kind` was initialised above.
        ok(unsafe { libc::pthread_barrierattr_setpshared(kind.as_mut_ptr(), libc::PTHREAD_PROCESS_SHARED) })?;
        // SAFETY: the place is mapped for ever and nobody uses it yet.
        ok(unsafe { libc::pthread_barrier_init(barrier, kind.as_ptr(), count) })?;
        Ok(Barrier(barrier))
    }
}

fn ok(errno: i32) -> Result<()> {
    ensure!(errno == 0, "a pthread function failed: {}", std::io::Error::from_raw_os_error(errno));
    Ok(())
}

/// A pthread mutex that lives as long as the process.
#[derive(Clone, Copy)]
pub(crate) struct Mutex(*mut libc::pthread_mutex_t);

impl Mutex {
    /// A mutex in this process's own memory.
    pub(crate) fn private() -> Self {
        Self(Box::leak(Box::new(libc::PTHREAD_MUTEX_INITIALIZER)))
    }

    pub(crate) fn lock(self) -> Result<()> {
        // SAFETY: initialised when `self` was made, and never moved or freed.
        ok(unsafe { libc::pthread_mutex_lock(self.0) })
    }

    pub(crate) fn unlock(self) -> Result<()> {
        // SAFETY: as above; the caller holds it.
        ok(unsafe { libc::pthread_mutex_unlock(self.0) })
    }
}

/// A pthread barrier that lives as long as the process.
#[derive(Clone, Copy)]
pub(crate) struct Barrier(*mut libc::pthread_barrier_t);

impl Barrier {
    pub(crate) fn wait(self) {
        // SAFETY: initialised when `self` was made, and never moved or freed.
        unsafe { libc::pthread_barrier_wait(self.0) };
    }
}

/// A POSIX semaphore that lives as long as the process.
#[derive(Clone, Copy)]
pub(crate) struct Semaphore(*mut libc::sem_t);

impl Semaphore {
    /// Opens or makes the named semaphore of this run, at 0.
    pub(crate) fn named() -> Result<Self> {
        let name = std::ffi::CString::new(stage::object("sem")).context("name a semaphore")?;
        // SAFETY: the name is a C string that lives through the call; mode and count follow O_CREAT.
        let semaphore = unsafe { libc::sem_open(name.as_ptr(), libc::O_CREAT, 0o600, 0) };
        ensure!(semaphore != libc::SEM_FAILED, "open a semaphore: {}", std::io::Error::last_os_error());
        Ok(Self(semaphore))
    }

    pub(crate) fn wait(self) -> Result<()> {
        // SAFETY: initialised when `self` was made, and never moved or freed.
        ensure!(unsafe { libc::sem_wait(self.0) } == 0, "wait for a semaphore");
        Ok(())
    }

    pub(crate) fn post(self) -> Result<()> {
        // SAFETY: as above.
        ensure!(unsafe { libc::sem_post(self.0) } == 0, "post a semaphore");
        Ok(())
    }
}

/// `FUTEX_WAIT` while the word is `value`. `flags` may be `FUTEX_PRIVATE_FLAG`.
pub(crate) fn sleep_on(word: &AtomicI32, value: i32, flags: i32) {
    let no_limit = null_mut::<libc::timespec>();
    // SAFETY: the word outlives the call; a null time-out means for ever.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT | flags, value, no_limit) };
}

/// The same, for at most so many milliseconds.
pub(crate) fn sleep_on_for(word: &AtomicI32, value: i32, milliseconds: i64) {
    let limit = libc::timespec { tv_sec: 0, tv_nsec: milliseconds * 1_000_000 };
    // SAFETY: the word and the time-out outlive the call.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT, value, &raw const limit) };
}

/// `FUTEX_WAKE` of one sleeper.
pub(crate) fn wake(word: &AtomicI32, flags: i32) {
    // SAFETY: the word outlives the call.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE | flags, 1) };
}

/// Waits, by the rules, until the word is not `value` any more.
pub(crate) fn wait_while(word: &AtomicI32, value: i32) {
    while word.load(Ordering::Acquire) == value {
        sleep_on(word, value, 0);
    }
}

/// Changes the word, by the rules.
pub(crate) fn set(word: &AtomicI32, value: i32) {
    word.store(value, Ordering::Release);
    wake(word, 0);
}
