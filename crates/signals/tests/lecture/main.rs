//! What the lecture claims, asserted from outside: each example is a program, and here is what it must print. The tools
//! are started, signalled and looked at. Nothing forks inside this test process, which has threads.

mod claims;
mod copy;
mod library;
mod program;
mod readme;
mod run;
mod watchdog;
