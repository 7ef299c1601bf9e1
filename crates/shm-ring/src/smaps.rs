//! What the kernel says of one mapping: `/proc/self/smaps`.

use anyhow::{Context, Result};

/// A field of the mapping that contains `address`, in KiB: `Locked`, `Rss`, `Shared_Dirty`.
///
/// # Errors
/// When there is no such mapping or field.
///
/// See also: `proc_pid_smaps(5)`
pub fn kib(address: usize, field: &str) -> Result<u64> {
    let smaps = std::fs::read_to_string("/proc/self/smaps").context("read the list of mappings")?;
    // A mapping is a line "START-END rw-s ...", then lines "Field: NUMBER kB".
    let mut lines =
        smaps.lines().skip_while(|line| !range(line).is_some_and(|range| range.contains(&address)));
    lines.next().with_context(|| format!("find a mapping at {address:#x}"))?;
    let mut fields = lines.take_while(|line| range(line).is_none());
    let value = fields.find_map(|line| line.strip_prefix(field)?.strip_prefix(':')?.strip_suffix(" kB"));
    value.with_context(|| format!("find the field {field}"))?.trim().parse().context("read a number of KiB")
}

fn range(line: &str) -> Option<std::ops::Range<usize>> {
    let (start, end) = line.split_once(' ')?.0.split_once('-')?;
    Some(usize::from_str_radix(start, 16).ok()?..usize::from_str_radix(end, 16).ok()?)
}

/// Whether anything is mapped at `address`.
///
/// # Errors
/// When the list cannot be read.
///
/// See also: `proc_pid_maps(5)`
pub fn is_mapped(address: usize) -> Result<bool> {
    Ok(line_of(address)?.is_some())
}

/// What may be done with the mapping at `address`, and whose it is: `rw-s` is shared, `rw-p` private.
///
/// # Errors
/// When nothing is mapped there.
pub fn permissions(address: usize) -> Result<String> {
    let line = line_of(address)?.with_context(|| format!("find a mapping at {address:#x}"))?;
    Ok(line.split(' ').nth(1).context("find the permissions")?.to_owned())
}

fn line_of(address: usize) -> Result<Option<String>> {
    let maps = std::fs::read_to_string("/proc/self/maps").context("read the list of mappings")?;
    let line = maps.lines().find(|line| range(line).is_some_and(|range| range.contains(&address)));
    Ok(line.map(str::to_owned))
}
