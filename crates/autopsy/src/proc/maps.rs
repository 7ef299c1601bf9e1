//! `/proc/PID/maps`; proc_pid_maps(5): which memory is shared, and with which file.

/// The mapping that holds an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Map {
    /// Where the address lies in the mapped file or segment, in bytes.
    pub(crate) offset: u64,
    /// Device and inode, as written in `maps`: equal texts are the same memory.
    pub(crate) identity: String,
    /// The inode.
    pub(crate) inode: u64,
    /// Mapped with `MAP_SHARED`.
    pub(crate) is_shared: bool,
    /// The name in the file system; may be empty, and may end in `(deleted)`.
    pub(crate) path: String,
}

/// The mapping of `address`.
pub(crate) fn find(text: &str, address: u64) -> Option<Map> {
    text.lines().find_map(|line| {
        let mut words = line.splitn(6, ' ');
        let (start, end) = words.next()?.split_once('-')?;
        let hex = |word: &str| u64::from_str_radix(word, 16).ok();
        let (start, end) = (hex(start)?, hex(end)?);
        if !(start..end).contains(&address) {
            return None;
        }
        let (rights, offset, device) = (words.next()?, hex(words.next()?)?, words.next()?);
        let inode = words.next()?;
        Some(Map {
            offset: address - start + offset,
            identity: format!(" {device} {inode} "),
            inode: inode.parse().ok()?,
            is_shared: rights.as_bytes().get(3) == Some(&b's'),
            path: words.next().unwrap_or_default().trim().to_owned(),
        })
    })
}

/// Whether the memory of `map` is mapped in the process whose `maps` this is.
pub(crate) fn has(text: &str, map: &Map) -> bool {
    text.lines().any(|line| {
        line.contains(&map.identity) && line.split(' ').nth(1).is_some_and(|rights| rights.ends_with('s'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
55d0c0a00000-55d0c0a21000 rw-p 00000000 00:00 0                          [heap]
7f2a10000000-7f2a10002000 rw-s 00001000 00:1a 1041                       /dev/shm/my ring
7f2a10002000-7f2a10003000 rw-s 00000000 00:01 99                         /dev/zero (deleted)
";

    #[test]
    fn an_address_is_found_in_its_segment() {
        let map = find(TEXT, 0x7f2a_1000_0040).unwrap();
        assert_eq!((map.offset, map.inode, map.is_shared), (0x1040, 1041, true));
        assert_eq!(map.path, "/dev/shm/my ring");
        assert!(!find(TEXT, 0x55d0_c0a0_0000).unwrap().is_shared);
        assert_eq!(find(TEXT, 0x1000), None);
    }

    #[test]
    fn the_same_segment_is_recognised_in_another_process() {
        let map = find(TEXT, 0x7f2a_1000_2000).unwrap();
        assert!(has("7e0000000000-7e0000001000 rw-s 00000000 00:01 99    /dev/zero (deleted)\n", &map));
        assert!(!has("7e0000000000-7e0000001000 rw-s 00000000 00:01 991   /dev/zero (deleted)\n", &map));
        assert!(!has("7e0000000000-7e0000001000 rw-p 00000000 00:01 99    /dev/zero (deleted)\n", &map));
    }
}
