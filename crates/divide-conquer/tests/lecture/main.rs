//! What the lecture claims, asserted from outside: each example is a program, and here is what it must print. The game is
//! watched through a terminal of its own. Nothing forks inside this test process, which has threads.

mod claims;
mod library;
mod program;
mod readme;
mod run;
mod terminal;
mod watch;
