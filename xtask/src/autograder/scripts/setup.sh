#!/bin/sh
# Prepares the machine once: a C linker, Rust @CHANNEL@, the runner and what a first submission needs. Needs a network, or an image
# that has the first two and the crates of Cargo.lock in its CARGO_HOME. May be run again.
set -eu
source=$(cd "$(dirname "$0")" && pwd)
course=$source/course

fail() {
    echo "setup: $*" >&2
    exit 1
}

# A platform's zip may have lost them.
chmod +x "$source/run_autograder"
# The sandbox's user must be able to enter the folders on the way to the toolchain and the dependencies.
chmod a+x "$source" "$course"

if ! command -v cc >/dev/null; then
    command -v apt-get >/dev/null || fail "no C compiler (cc), and no apt-get to install one: use an image with gcc"
    apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev ca-certificates curl ||
        fail "no C compiler (cc), and apt-get could not install one: is there a network?"
fi

. "$source/toolchain.sh"
is_right() {
    case $(rustc --version 2>/dev/null) in "rustc @CHANNEL@ "*) command -v cargo >/dev/null ;; *) false ;; esac
}
if ! is_right && ! command -v rustup >/dev/null; then
    command -v curl >/dev/null || fail "no Rust @CHANNEL@, no rustup and no curl: use an image that has Rust @CHANNEL@"
    export CARGO_HOME=/usr/local/cargo RUSTUP_HOME=/usr/local/rustup
    curl --proto '=https' --tlsv1.2 -fsS https://sh.rustup.rs -o "$source/rustup-init.sh" ||
        fail "no Rust @CHANNEL@, and rustup could not be fetched: open the network, or use an image that has Rust @CHANNEL@"
    sh "$source/rustup-init.sh" -y --no-modify-path --profile minimal --default-toolchain @CHANNEL@ ||
        fail "rustup could not be installed"
    . "$source/toolchain.sh"
fi
is_right || rustup toolchain install @CHANNEL@ --profile minimal || fail "rustup could not install Rust @CHANNEL@"
is_right || fail "found $(rustc --version 2>&1), and Rust @CHANNEL@ is needed"

cd "$course"
cargo fetch --locked || fail "the crates of Cargo.lock could not be fetched: is there a network?"
cargo build --locked --package xtask || fail "the runner could not be built"
# The proof: the starter is graded. It also makes what every build of a submission begins with.
target/debug/xtask grade-one @PLATFORM@ --lab @LAB@ labs/@FOLDER@ "$source/proof.txt" ||
    { target/debug/xtask doctor >&2; fail "the starter could not be graded here"; }
rm "$source/proof.txt"
echo "setup: ready"
