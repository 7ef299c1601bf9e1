//! Milestone 5: pointers that mean the same at any address.
//! Man pages: mmap(2), proc_pid_maps(5).

use std::fs;
use std::os::unix::fs::PermissionsExt;

use testkit::{Room, same_bytes};

use super::{lines, records, refused, ring};

/// Node: next u64, len u32, zero u32, text.
const NODE_HEAD: usize = 16;
/// No node begins before.
const NODES: usize = 64;

/// A list with its nodes at random places, in random order, and rubbish between them. Gives also the offset of each
/// node in the order of the links.
pub(super) fn list_bytes(room: &Room, texts: &[Vec<u8>]) -> (Vec<u8>, Vec<u64>) {
    let mut places = vec![0; texts.len()];
    let mut order: Vec<usize> = (0..texts.len()).collect();
    for i in (1..order.len()).rev() {
        order.swap(i, room.number(0..i as u64 + 1) as usize);
    }
    let mut bytes = vec![0; NODES];
    for i in order {
        bytes.extend(room.bytes(8 * room.number(0..4) as usize));
        places[i] = bytes.len() as u64;
        let mut node = vec![0; 8];
        node.extend((texts[i].len() as u32).to_le_bytes());
        node.extend([0; 4]);
        node.extend(&texts[i]);
        node.resize(node.len().next_multiple_of(8), b'#');
        bytes.extend(node);
    }
    for (i, place) in places.iter().enumerate() {
        put(&mut bytes, *place as usize, places.get(i + 1).copied().unwrap_or(0));
    }
    bytes[..8].copy_from_slice(b"IPCLIST\0");
    bytes[8..12].copy_from_slice(&1u32.to_le_bytes());
    let total = bytes.len() as u64;
    put(&mut bytes, 16, total);
    put(&mut bytes, 24, places.first().copied().unwrap_or(0));
    put(&mut bytes, 32, texts.len() as u64);
    (bytes, places)
}

pub(super) fn put(bytes: &mut [u8], at: usize, value: u64) {
    bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

fn wide(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// The texts of a list, followed by its offsets; else what is wrong.
fn walk(bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let field = |at: usize| wide(bytes, at).ok_or(format!("the list ends before offset {at}"));
    if bytes.get(..12) != Some(b"IPCLIST\0\x01\0\0\0") {
        return Err("it does not begin with the magic and version 1".to_owned());
    }
    if field(16)? != bytes.len() as u64 {
        return Err(format!("total_len is {}, and the file has {} bytes", field(16)?, bytes.len()));
    }
    let (mut at, count, mut texts) = (field(24)?, field(32)?, Vec::new());
    while at != 0 {
        let place = usize::try_from(at).unwrap_or(usize::MAX);
        let is_good = place >= NODES && place.is_multiple_of(8) && texts.len() < count as usize;
        if !is_good || place.saturating_add(NODE_HEAD) > bytes.len() {
            return Err(format!("link {} is {at:#x}: no offset of a node in this list", texts.len()));
        }
        let len = u32::from_le_bytes(bytes[place + 8..place + 12].try_into().expect("four bytes")) as usize;
        let begin = place + NODE_HEAD;
        let text = bytes.get(begin..begin.saturating_add(len));
        texts.push(text.ok_or(format!("node {} ends behind the list", texts.len()))?.to_vec());
        at = field(place)?;
    }
    if texts.len() as u64 == count {
        Ok(texts)
    } else {
        Err(format!("count is {count}, and there are {} nodes", texts.len()))
    }
}

/// The check maps the list at an address of its own, which is not yours: an address in a link leads nowhere there, an
/// offset leads to the node. The links follow the order of the bytes.
#[test]
fn a_list_is_linked_by_offsets() {
    let room = Room::new();
    let mut texts = records(&room, 60, 40);
    texts.extend([b"same".to_vec(), b"b".to_vec(), b"same".to_vec(), b"a".to_vec()]);
    for (name, texts) in [("list", &texts[..]), ("none", &[])] {
        let mut input = lines(texts);
        input.pop();
        ring(&room, format!("list write file:{name}"))
            .stdin(input)
            .umask(0)
            .run()
            .code(0)
            .stdout("")
            .stderr("");
        let bytes = room.read(name);
        let found = walk(&bytes).unwrap_or_else(|why| {
            panic!("the segment is no list\nexpected: the bytes of the contract\nreceived: {why}")
        });
        let mut wanted = texts.to_vec();
        wanted.sort();
        same_bytes("the texts in the order of their links, a line each", &lines(&wanted), &lines(&found));
        let mode = fs::metadata(room.path(name)).expect("the list is there").permissions().mode() & 0o7777;
        assert!(
            mode == 0o600,
            "a new list has a wrong mode (umask 000)\nexpected: 0600\nreceived: {mode:04o}"
        );
        refused(
            &ring(&room, format!("list write file:{name}")).stdin("x\n").run(),
            1,
            &format!("file:{name}"),
        );
        same_bytes("the list that was there before", &bytes, &room.read(name));
    }
}

/// The check makes the list: its nodes lie anywhere, in any order, with rubbish between them. Only the links count.
#[test]
fn a_list_of_somebody_else_is_read() {
    let room = Room::new();
    for n in [0, 1, 50] {
        let texts = records(&room, n, 40);
        room.write("list", list_bytes(&room, &texts).0);
        ring(&room, "list read file:list").run().code(0).stdout(lines(&texts)).stderr("");
    }
}

/// The same list, mapped twice in one process, at two addresses. Each node is read by the other mapping than the one
/// before it: what was found in one must lead to the right place in the other.
#[test]
fn one_list_is_read_at_two_addresses() {
    let room = Room::new();
    let texts: Vec<Vec<u8>> = room.lines(40).lines().map(|line| line.as_bytes().to_vec()).collect();
    let (bytes, places) = list_bytes(&room, &texts);
    room.write("list", bytes);
    let done = ring(&room, "list read file:list --twice").run();
    done.code(0).stderr("");
    let text = done.stdout_text();
    let parse = |line: &str| -> Option<(u64, String)> {
        let (address, text) = line.split_once(' ')?;
        Some((u64::from_str_radix(address.strip_prefix("0x")?, 16).ok()?, text.to_owned()))
    };
    let read: Option<Vec<(u64, String)>> = text.lines().map(parse).collect();
    done.check(read.is_some(), "each line is the address of a node (0x…), a blank, and its text");
    let read = read.unwrap_or_default();
    let found: Vec<Vec<u8>> = read.iter().map(|(_, text)| text.clone().into_bytes()).collect();
    same_bytes("the texts", &lines(&texts), &lines(&found));
    let bases: Vec<u64> = read.iter().zip(&places).map(|((at, _), place)| at.wrapping_sub(*place)).collect();
    let alternates = bases.iter().enumerate().all(|(i, base)| *base == bases[i % 2]);
    done.check(
        alternates && bases[0] != bases[1] && bases.iter().all(|base| base.is_multiple_of(4096)),
        format!(
            "address less offset is the begin of a mapping, and there are two, in turn (the first four are {})",
            bases[..4].iter().map(|base| format!("{base:#x}")).collect::<Vec<_>>().join(", ")
        ),
    );
}
