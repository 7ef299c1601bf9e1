//! What the command line of `psh` asks for. Given: `main.rs` fills it in, so keep its shape.

/// How `psh` is to run.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Options {
    /// `--via-files`: stages run one after the other, joined by temporary files instead of pipes.
    pub via_files: bool,
    /// `--explain`: print who holds each pipe end of a foreground pipeline.
    pub explain: bool,
    /// The commands of `-c TEXT`; `None` reads them from standard input.
    pub text: Option<Vec<u8>>,
}
