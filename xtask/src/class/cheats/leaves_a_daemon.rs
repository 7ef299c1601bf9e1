//! Does the work, and leaves a process behind that nobody shall find.
#![allow(unsafe_code)]

unsafe extern "C" {
    fn fork() -> i32;
    fn setsid() -> i32;
    fn close(fd: i32) -> i32;
    fn pause() -> i32;
}

pub fn run() -> u8 {
    println!("hello");
    for line in std::io::stdin().lines().map_while(Result::ok) {
        println!("{line}");
    }
    // SAFETY: this process has one thread, and the children only make system calls.
    unsafe {
        if fork() == 0 {
            setsid();
            if fork() == 0 {
                (0..3).for_each(|fd| {
                    close(fd);
                });
                loop {
                    pause();
                }
            }
            std::process::exit(0);
        }
    }
    0
}
