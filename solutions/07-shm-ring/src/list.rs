//! A linked list in a segment. Its links are offsets: a mapping may begin at any address, and does.

use crate::failure::Failure;
use crate::options::Place;

// BEGIN SOLUTION
use std::fs::File;
use std::io::{Read, Write, stdin, stdout};

use ipc_kit::write_all;
use memmap2::{MmapOptions, MmapRaw};

use crate::layout::{
    LIST_COUNT_AT, LIST_FIRST_AT, LIST_MAGIC, LIST_TOTAL_LEN_AT, NODE_HEAD, NODES_BEGIN, VERSION, VERSION_AT,
};
use crate::memory::copy_out;
use crate::segment;
use crate::truncated;
// END SOLUTION

/// `ring list write`: makes a list of the lines of standard input, linked in the order of their bytes.
///
/// # Errors
/// The name is taken, or there is no room.
pub fn write(place: &Place) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let mut text = Vec::new();
    stdin().read_to_end(&mut text).map_err(|error| Failure::io("stdin", &error))?;
    let mut lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
    if lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    let mut file = segment::create_new(place)?;
    let written = file.write_all(&bytes(&lines)).map_err(|error| Failure::io(place, &error));
    if written.is_err() {
        let _ = segment::remove(place);
    }
    written
    // END SOLUTION
    // STUB: todo!("M5: make the segment of a list")
}

/// `ring list read`: prints the text of each node. With `twice`, the segment is mapped at two addresses; nodes are
/// read by the one and the other in turn, and each line begins with the address at which its node was read.
///
/// # Errors
/// There is no list, or it is malformed; then nothing is printed.
pub fn read(place: &Place, twice: bool) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let file = segment::existing(place)?;
    truncated::guard(place);
    let views = [map(&file, place)?, map(&file, place)?];
    let text = walk(&views, twice).map_err(|reason| Failure::malformed(place, reason))?;
    write_all(stdout(), &text).map_err(|errno| Failure::system("stdout", errno))
    // END SOLUTION
    // STUB: todo!("M5: follow the links; M6: believe none of them")
}
// BEGIN SOLUTION

/// The whole segment. Nodes lie in the order of the lines, their links follow the order of the bytes.
fn bytes(lines: &[&[u8]]) -> Vec<u8> {
    let mut segment = vec![0; NODES_BEGIN];
    let mut nodes: Vec<(usize, &[u8])> = Vec::new();
    for line in lines {
        let at = segment.len();
        nodes.push((at, line));
        segment.resize(at + (NODE_HEAD + line.len()).next_multiple_of(8), 0);
        put(&mut segment, at + 8, &(line.len() as u32).to_le_bytes());
        put(&mut segment, at + NODE_HEAD, line);
    }
    nodes.sort_by_key(|&(_, line)| line);
    for (i, (at, _)) in nodes.iter().enumerate() {
        let next = nodes.get(i + 1).map_or(0, |&(next, _)| next);
        put(&mut segment, *at, &(next as u64).to_le_bytes());
    }
    let first = nodes.first().map_or(0, |&(first, _)| first);
    let total = segment.len();
    put(&mut segment, 0, &LIST_MAGIC);
    put(&mut segment, VERSION_AT, &VERSION.to_le_bytes());
    put(&mut segment, LIST_TOTAL_LEN_AT, &(total as u64).to_le_bytes());
    put(&mut segment, LIST_FIRST_AT, &(first as u64).to_le_bytes());
    put(&mut segment, LIST_COUNT_AT, &(lines.len() as u64).to_le_bytes());
    segment
}

fn put(segment: &mut [u8], at: usize, bytes: &[u8]) {
    segment[at..at + bytes.len()].copy_from_slice(bytes);
}

/// A mapping of the list.
struct View {
    map: MmapRaw,
    len: u64,
}

fn map(file: &File, place: &Place) -> Result<View, Failure> {
    let about = file.metadata().map_err(|error| Failure::io(place, &error))?;
    if !about.is_file() || about.len() < NODES_BEGIN as u64 {
        return Err(Failure::malformed(place, "shorter than a header"));
    }
    let map = MmapOptions::new().map_raw_read_only(file).map_err(|error| Failure::io(place, &error))?;
    Ok(View { map, len: about.len() })
}

impl View {
    /// Copies bytes out; `None` if they are not inside.
    fn bytes(&self, at: u64, len: usize) -> Option<Vec<u8>> {
        at.checked_add(len as u64).filter(|&end| end <= self.len)?;
        let mut bytes = vec![0; len];
        copy_out(&self.map, usize::try_from(at).ok()?, &mut bytes);
        Some(bytes)
    }

    fn small(&self, at: u64) -> Option<u32> {
        Some(u32::from_le_bytes(self.bytes(at, 4)?.try_into().ok()?))
    }

    fn wide(&self, at: u64) -> Option<u64> {
        Some(u64::from_le_bytes(self.bytes(at, 8)?.try_into().ok()?))
    }
}

/// All texts. The number of nodes bounds the walk: a circle is longer than any list.
fn walk(views: &[View; 2], twice: bool) -> Result<Vec<u8>, &'static str> {
    let header = &views[0];
    let field = |at: usize| header.wide(at as u64).ok_or("shorter than a header");
    if header.bytes(0, 8).as_deref() != Some(&LIST_MAGIC[..]) {
        return Err("not a list: wrong magic");
    }
    if header.small(VERSION_AT as u64) != Some(VERSION) {
        return Err("unknown version");
    }
    if field(LIST_TOTAL_LEN_AT)? != header.len {
        return Err("total_len is not the length of the file");
    }
    let count = field(LIST_COUNT_AT)?;
    let (mut at, mut seen, mut text) = (field(LIST_FIRST_AT)?, 0, Vec::new());
    while at != 0 {
        if seen == count {
            return Err("more nodes than its count");
        }
        let view = &views[if twice { (seen % 2) as usize } else { 0 }];
        if twice {
            text.extend_from_slice(format!("{:#x} ", view.map.as_ptr().addr() as u64 + at).as_bytes());
        }
        at = node(view, at, &mut text)?;
        seen += 1;
    }
    if seen == count { Ok(text) } else { Err("fewer nodes than its count") }
}

/// Adds the text of the node at `at`, gives the link to the next.
fn node(view: &View, at: u64, text: &mut Vec<u8>) -> Result<u64, &'static str> {
    if at < NODES_BEGIN as u64 || !at.is_multiple_of(8) {
        return Err("a link leads to where no node can be");
    }
    let outside = "a link leads out of the segment";
    let next = view.wide(at).ok_or(outside)?;
    let len = at.checked_add(8).and_then(|at| view.small(at)).ok_or(outside)?;
    let begins = at.checked_add(NODE_HEAD as u64).ok_or(outside)?;
    text.extend(view.bytes(begins, len as usize).ok_or("a text leads out of the segment")?);
    text.push(b'\n');
    Ok(next)
}
// END SOLUTION
