//! Reading proc(5): the only place that knows its folders. Parsers are pure; what cannot be read is `None`.

pub(crate) mod descriptor;
pub(crate) mod maps;
pub(crate) mod net;
pub(crate) mod process;
pub(crate) mod stat;
pub(crate) mod status;
pub(crate) mod thread;

use std::fs;
use std::io::{self, Read as _};

/// How much of a file is read at once, in bytes.
const PIECE: usize = 4096;

/// The entries of `folder` that are numbers, ascending; `None` if it may not be read or is gone.
pub(crate) fn numbers(folder: &str) -> Option<Vec<i32>> {
    let entries = fs::read_dir(folder).ok()?;
    let mut numbers: Vec<i32> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    Some(numbers)
}

/// A file of proc as text. A program chooses its own name, so it need not be UTF-8.
pub(crate) fn text(path: &str) -> Option<String> {
    // Most of these files fit in one read; fs::read would ask for their size, which is 0, and grow slowly.
    let mut file = fs::File::open(path).ok()?;
    let mut bytes = vec![0; PIECE];
    let mut length = 0;
    loop {
        match file.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
        if length == bytes.len() {
            bytes.resize(2 * length, 0);
        }
    }
    bytes.truncate(length);
    Some(
        String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    )
}

/// Where a link of proc points, as text.
pub(crate) fn link(path: &str) -> Option<String> {
    Some(fs::read_link(path).ok()?.to_string_lossy().into_owned())
}

/// The number in brackets of `pipe:[4711]` or `net:[4026531840]`.
pub(crate) fn bracketed(text: &str, head: &str) -> Option<u64> {
    text.strip_prefix(head)?.strip_prefix(":[")?.strip_suffix(']')?.parse().ok()
}
