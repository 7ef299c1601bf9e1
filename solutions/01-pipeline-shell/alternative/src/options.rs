//! What the command line asks for.

/// The command line, read by `main`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// `--via-files`: temporary files in the place of pipes.
    pub via_files: bool,
    /// `--explain`: tell who holds which end of each pipe.
    pub explain: bool,
    /// `-c TEXT`; `None`: the commands come from stdin.
    pub text: Option<Vec<u8>>,
}
