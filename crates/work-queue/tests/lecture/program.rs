//! The lecture's program, `work-queue`: what it does with wrong words, folders and addresses.

use crate::run::work_queue;
use std::net::TcpListener;

#[test]
fn wrong_words_are_wrong_usage() {
    for words in [
        &[][..],
        &["one"],
        &["two", "--root", "."],
        &["one", "--root"],
        &["one", "--root", ".", "--root", "."],
        &["one", "--root", ".", "--workers", "2"],
        &["pool", "--root", ".", "--workers", "0"],
        &["pool", "--root", ".", "--workers", "many"],
        &["pool", "--root", ".", "--patience", "0"],
        &["pool", "--root", ".", "--what"],
        &["pool", "--root", ".", "127.0.0.1:0", "127.0.0.1:0"],
    ] {
        let usage =
            "usage: work-queue one|fork|pool --root DIR [--workers N] [--patience SECONDS] [HOST:PORT]\n";
        work_queue(words).code(2).stdout("").stderr(usage);
    }
}

#[test]
fn what_is_no_folder_cannot_be_served() {
    work_queue(&["pool", "--root", "/dev/null"])
        .code(1)
        .stdout("")
        .stderr("work-queue: open the folder /dev/null: ENOTDIR: Not a directory\n");
    work_queue(&["pool", "--root", "/no/such"])
        .code(1)
        .stderr("work-queue: open the folder /no/such: ENOENT: No such file or directory\n");
}

#[test]
fn an_address_in_use_is_named() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let address = taken.local_addr().expect("it has an address").to_string();
    let message = format!("work-queue: listen at {address}: Address already in use (os error 98)\n");
    for form in ["one", "fork", "pool"] {
        work_queue(&[form, "--root", ".", &address]).code(1).stdout("").stderr(message.clone());
    }
}
