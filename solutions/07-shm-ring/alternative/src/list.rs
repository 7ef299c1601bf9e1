//! A linked list in a segment. Its links are offsets: a mapping may begin at any address, and does.
//!
//! Nodes lie in the order in which their lines came; only the links are sorted. A reader first follows all links, and
//! keeps where each text is; only then it prints. So what it prints was proved, and it holds no more than 16 bytes a
//! node.

use std::fs::File;
use std::io::{BufWriter, Write, stdin, stdout};
use std::sync::atomic::Ordering;

use ipc_kit::{read_to_end, write_all};
use nix::fcntl::OFlag;

use crate::failure::Failure;
use crate::layout::{
    LIST_COUNT_AT, LIST_FIRST_AT, LIST_MAGIC, LIST_TOTAL_LEN_AT, NODE_HEAD, NODES_BEGIN, VERSION, VERSION_AT,
};
use crate::mapping::Mapping;
use crate::options::Place;
use crate::segment::{Fresh, demand_regular, existing, read_at};
use crate::truncated;

/// Nodes begin at multiples of this.
const ALIGN: usize = 8;
/// The bytes of a list's header that say something.
const HEADER: usize = LIST_COUNT_AT + 8;
/// So many bytes are printed at once.
const CHUNK: usize = 64 << 10;

/// `ring list write`: makes a list of the lines of standard input, linked in the order of their bytes.
///
/// # Errors
/// The name is taken, or there is no room.
pub fn write(place: &Place) -> Result<(), Failure> {
    // The name comes when all is there to be written: so it stands for half a list as short as can be.
    let text = read_to_end(stdin()).map_err(|errno| Failure::system("stdin", errno))?;
    let lines = lines_of(&text)?;
    let fresh = Fresh::create(place)?;
    store(&fresh.file, &lines).map_err(|error| Failure::io(place, &error))?;
    fresh.keep();
    Ok(())
}

/// The lines of a text, the last one perhaps without its newline.
fn lines_of(text: &[u8]) -> Result<Vec<&[u8]>, Failure> {
    let mut lines: Vec<_> = text.split(|byte| *byte == b'\n').collect();
    // Behind the last newline there is no line, unless it has bytes.
    lines.pop_if(|last| last.is_empty());
    match lines.iter().position(|line| u32::try_from(line.len()).is_err()) {
        Some(index) => Err(Failure::new(format!("line {}", index + 1), "too long")),
        None => Ok(lines),
    }
}

/// Where everything will stand.
struct Plan {
    /// The offset of the first node.
    first: u64,
    /// The link of each line's node.
    following: Vec<u64>,
    /// The length of the segment, in bytes.
    end: usize,
}

impl Plan {
    fn of(lines: &[&[u8]]) -> Plan {
        let mut places = Vec::with_capacity(lines.len());
        let mut end = NODES_BEGIN;
        for line in lines {
            places.push(end as u64);
            end = (end + NODE_HEAD + line.len()).next_multiple_of(ALIGN);
        }
        let mut order: Vec<usize> = (0..lines.len()).collect();
        order.sort_by_key(|index| lines[*index]);
        let mut following = vec![0; lines.len()];
        for pair in order.windows(2) {
            following[pair[0]] = places[pair[1]];
        }
        let first = order.first().map_or(0, |index| places[*index]);
        Plan { first, following, end }
    }

    fn header(&self) -> [u8; NODES_BEGIN] {
        let mut header = [0; NODES_BEGIN];
        header[..LIST_MAGIC.len()].copy_from_slice(&LIST_MAGIC);
        header[VERSION_AT..VERSION_AT + 4].copy_from_slice(&VERSION.to_le_bytes());
        let (total, count) = (self.end as u64, self.following.len() as u64);
        for (at, number) in [(LIST_TOTAL_LEN_AT, total), (LIST_FIRST_AT, self.first), (LIST_COUNT_AT, count)]
        {
            header[at..at + 8].copy_from_slice(&number.to_le_bytes());
        }
        header
    }
}

/// Writes the segment: header, then node after node.
fn store(file: &File, lines: &[&[u8]]) -> std::io::Result<()> {
    let plan = Plan::of(lines);
    let mut out = BufWriter::with_capacity(CHUNK, file);
    out.write_all(&plan.header())?;
    for (line, next) in lines.iter().zip(plan.following) {
        out.write_all(&next.to_le_bytes())?;
        // `lines_of` has looked at the length: it has 32 bits. Behind it stand 4 bytes of 0.
        out.write_all(&(line.len() as u64).to_le_bytes())?;
        out.write_all(line)?;
        let padding = line.len().next_multiple_of(ALIGN) - line.len();
        out.write_all(&[0; ALIGN][..padding])?;
    }
    out.flush()
}

/// `ring list read`: prints the text of each node. With `twice`, the segment is mapped at two addresses; nodes are
/// read by the one and the other in turn, and each line begins with the address at which its node was read.
///
/// # Errors
/// There is no list, or it is malformed; then nothing is printed.
pub fn read(place: &Place, twice: bool) -> Result<(), Failure> {
    let file = existing(place, OFlag::O_RDONLY)?;
    let malformed = |reason| Failure::malformed(place, reason);
    let len = demand_regular(&file, place)?;
    if len < HEADER as u64 {
        return Err(malformed("it is too short for a list's header"));
    }
    let mut header = [0; HEADER];
    read_at(&file, &mut header, place)?;
    let head = Head::check(&header, len).map_err(malformed)?;
    let map = || Mapping::new(&file, len, false).map_err(|errno| Failure::system(place, errno));
    let mappings = if twice { vec![map()?, map()?] } else { vec![map()?] };
    let nodes = follow(&mappings, &head).map_err(malformed)?;
    let mut text = Vec::new();
    for (node, mapping) in nodes.iter().zip(mappings.iter().cycle()) {
        node.print(mapping, twice, &mut text);
        if truncated::happened() {
            return Err(malformed(CUT));
        }
        if text.len() >= CHUNK {
            flush(&mut text)?;
        }
    }
    flush(&mut text)
}

fn flush(text: &mut Vec<u8>) -> Result<(), Failure> {
    write_all(stdout(), text).map_err(|errno| Failure::system("stdout", errno))?;
    text.clear();
    Ok(())
}

/// Said when pages are missing.
const CUT: &str = "somebody has cut the segment";

/// What the header says, once it was checked.
struct Head {
    total: u64,
    first: u64,
    count: u64,
}

impl Head {
    fn check(bytes: &[u8; HEADER], len: u64) -> Result<Head, &'static str> {
        let wide = |at: usize| u64::from_le_bytes(std::array::from_fn(|index| bytes[at + index]));
        let version = u32::from_le_bytes(std::array::from_fn(|index| bytes[VERSION_AT + index]));
        if bytes[..LIST_MAGIC.len()] != LIST_MAGIC {
            return Err("this is no list: its magic is wrong");
        }
        if version != VERSION {
            return Err("its version is not 1");
        }
        if wide(LIST_TOTAL_LEN_AT) != len {
            return Err("its length is not that of its file");
        }
        Ok(Head { total: len, first: wide(LIST_FIRST_AT), count: wide(LIST_COUNT_AT) })
    }
}

/// A node whose place and length were checked. Both are kept: the segment may say something else later.
struct Node {
    at: usize,
    len: u32,
}

impl Node {
    /// Looks at the head of a node, each number once; also gives the link to the next.
    fn look(mapping: &Mapping, at: u64, total: u64) -> Result<(Node, u64), &'static str> {
        let room = total.checked_sub(NODE_HEAD as u64).and_then(|last| last.checked_sub(at));
        let room = room.filter(|_| at >= NODES_BEGIN as u64 && at.is_multiple_of(ALIGN as u64));
        let room = room.ok_or("a link leads to where no node can be")?;
        // Inside of the mapping, so it fits.
        let at = at as usize;
        let next = mapping.wide(at).load(Ordering::Relaxed);
        let len = mapping.word(at + 8).load(Ordering::Relaxed);
        if truncated::happened() {
            return Err(CUT);
        }
        if u64::from(len) > room {
            return Err("a text is not wholly inside");
        }
        Ok((Node { at, len }, next))
    }

    fn print(&self, mapping: &Mapping, with_address: bool, out: &mut Vec<u8>) {
        if with_address {
            out.extend_from_slice(format!("{:#x} ", mapping.address() + self.at).as_bytes());
        }
        let begin = out.len();
        out.resize(begin + self.len as usize, 0);
        mapping.copy_out(self.at + NODE_HEAD, &mut out[begin..]);
        out.push(b'\n');
    }
}

/// All nodes in the order of their links. There is a circle if more come than the list says: no other test is needed.
fn follow(mappings: &[Mapping], head: &Head) -> Result<Vec<Node>, &'static str> {
    // More nodes there cannot be; so a wild count does not make a long way of a circle.
    if head.count > head.total / ALIGN as u64 {
        return Err("it counts more nodes than it has room for");
    }
    let mut nodes = Vec::new();
    let mut at = head.first;
    for mapping in mappings.iter().cycle() {
        if at == 0 {
            break;
        }
        if nodes.len() as u64 == head.count {
            return Err("it has more nodes than it counts, or a circle");
        }
        let (node, next) = Node::look(mapping, at, head.total)?;
        nodes.push(node);
        at = next;
    }
    if nodes.len() as u64 == head.count { Ok(nodes) } else { Err("it has fewer nodes than it counts") }
}
