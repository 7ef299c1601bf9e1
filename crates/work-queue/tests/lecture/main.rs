//! What the lecture claims, asserted from outside: each example is a program, and here is what it must print. The web
//! server is asked by raw sockets and by curl. Nothing forks inside this test process, which has threads.

mod claims;
mod files;
mod http;
mod library;
mod life;
mod program;
mod readme;
mod run;
mod server;
