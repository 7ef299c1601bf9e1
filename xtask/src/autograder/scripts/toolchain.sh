# Sourced: where the toolchain is. The same folders as in the official Docker images of Rust, because at the sandbox's level
# `reduced` the user that builds a submission must be able to enter them, and /root is closed.
if [ -d /usr/local/cargo/bin ]; then
    export CARGO_HOME=/usr/local/cargo RUSTUP_HOME=/usr/local/rustup
    PATH=/usr/local/cargo/bin:$PATH
fi
# Without this rustup would also install what only authors need.
export RUSTUP_TOOLCHAIN=@CHANNEL@
