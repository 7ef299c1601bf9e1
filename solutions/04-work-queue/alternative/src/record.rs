//! The records of the journal: from fields to a line and back. Given.
//!
//! ```text
//! done TAB ID TAB ok|fail TAB PID TAB ATTEMPT TAB RESULT TAB CHECKSUM NEWLINE
//! ```

/// The record that keeps a line of output (which has its newline), ready to be appended.
pub fn done(output: &[u8]) -> Vec<u8> {
    seal(&[b"done\t", output.strip_suffix(b"\n").unwrap_or(output)].concat())
}

/// Fields, joined by tabs, become a record: a tab, the checksum and a newline are added.
pub fn seal(fields: &[u8]) -> Vec<u8> {
    [fields, format!("\t{:016x}\n", checksum(fields)).as_bytes()].concat()
}

/// The fields of a line of the journal (given without its newline), or `None` if its checksum is wrong.
pub fn unseal(line: &[u8]) -> Option<&[u8]> {
    let tab = line.iter().rposition(|&byte| byte == b'\t')?;
    let (fields, sum) = (&line[..tab], &line[tab + 1..]);
    (sum == format!("{:016x}", checksum(fields)).as_bytes()).then_some(fields)
}

/// From the fields of a `done` record its ID and its line of output (with a newline); `None` for another kind.
pub fn output(fields: &[u8]) -> Option<(&[u8], Vec<u8>)> {
    let line = fields.strip_prefix(b"done\t")?;
    let id = line.split(|&byte| byte == b'\t').next()?;
    Some((id, [line, b"\n"].concat()))
}

/// Whether a line of output says `fail`.
pub fn is_fail(output: &[u8]) -> bool {
    output.split(|&byte| byte == b'\t').nth(1) == Some(b"fail")
}

/// FNV-1a of 64 bits.
pub fn checksum(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix)
}
