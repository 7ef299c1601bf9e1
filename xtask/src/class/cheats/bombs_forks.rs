//! A fork bomb, bounded for the sake of a sandbox that does not hold.
#![allow(unsafe_code)]

unsafe extern "C" {
    fn fork() -> i32;
    fn alarm(seconds: u32) -> u32;
}

pub fn run() -> u8 {
    for _ in 0..12 {
        // SAFETY: both only make system calls.
        unsafe {
            fork();
            alarm(5);
        }
    }
    loop {
        std::thread::park();
    }
}
