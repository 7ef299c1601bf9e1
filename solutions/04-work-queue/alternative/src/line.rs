//! A line of input, and a line of output. Given.
//!
//! ```text
//! ID TAB TASK ARGS                        in
//! ID TAB ok|fail TAB PID TAB ATTEMPT TAB RESULT      out
//! ```

/// A longer line is no task. (With what you put around it, a line still fits into `PIPE_BUF`, 4096 bytes.)
pub const LONGEST_LINE: usize = 4000;
/// A longer ID is none.
const LONGEST_ID: usize = 64;
/// Stands for an ID that is missing.
pub const NO_ID: &[u8] = b"-";

/// Cuts a line, which is given without its newline, into ID and text. Without an ID: `None`.
///
/// It works on the beginning of a line that is too long as well: 65 bytes of it are enough for the ID.
pub fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let tab = line.iter().take(LONGEST_ID + 1).position(|&byte| byte == b'\t')?;
    (tab > 0).then(|| (&line[..tab], &line[tab + 1..]))
}

/// The answer to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// `ok` or `fail`.
    pub ok: bool,
    /// The RESULT: one line.
    pub text: Vec<u8>,
}

impl Answer {
    /// The answer of a task that did what it should.
    pub fn ok(text: impl Into<Vec<u8>>) -> Answer {
        Answer { ok: true, text: text.into() }
    }

    /// The answer of a task that failed.
    pub fn fail(text: impl Into<Vec<u8>>) -> Answer {
        Answer { ok: false, text: text.into() }
    }

    /// The answer to a line that is no task.
    pub fn bad_task() -> Answer {
        Answer::fail("bad task")
    }

    /// The line of output, with its newline. Write it by one write.
    pub fn line(&self, id: &[u8], pid: i32, attempt: u32) -> Vec<u8> {
        let ok: &[u8] = if self.ok { b"ok" } else { b"fail" };
        let (pid, attempt) = (pid.to_string(), attempt.to_string());
        let fields = [id, ok, pid.as_bytes(), attempt.as_bytes(), &self.text];
        [fields.join(&b'\t'), b"\n".to_vec()].concat()
    }
}
