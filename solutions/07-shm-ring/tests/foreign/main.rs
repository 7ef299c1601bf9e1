//! Another language uses the reference's segments, by nothing but the layout of the README: Python pops from its
//! ring, pushes into it, and reads its list by the program that the README shows.
//!
//! Each test is skipped by name where python3 is not installed.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Python pops all records, as the consumer that it says it is, and prints them.
const POP: &str = r#"
import mmap, struct, sys
with open(sys.argv[1], "r+b") as file:
    view = mmap.mmap(file.fileno(), 0)
magic, version, flags, slot_size, slots, total = struct.unpack_from("<8sIIIIQ", view, 0)
assert magic == b"IPCRING\0" and version == 1 and flags == 0 and total == len(view)
stride = (8 + slot_size + 63) // 64 * 64
assert total == 4096 + slots * stride
head, = struct.unpack_from("<Q", view, 64)
tail, = struct.unpack_from("<Q", view, 128)
while tail != head:
    slot = 4096 + tail % slots * stride
    size, number = struct.unpack_from("<II", view, slot)
    assert size <= slot_size and number == (tail + 1) % 2**32
    sys.stdout.buffer.write(view[slot + 8 : slot + 8 + size] + b"\n")
    tail = (tail + 1) % 2**64
    memoryview(view).cast("Q")[128 // 8] = tail
"#;

/// Python pushes each line of its standard input into a ring with room for all, and closes it.
const PUSH: &str = r#"
import mmap, struct, sys
with open(sys.argv[1], "r+b") as file:
    view = mmap.mmap(file.fileno(), 0)
slot_size, slots = struct.unpack_from("<II", view, 16)
stride = (8 + slot_size + 63) // 64 * 64
head, = struct.unpack_from("<Q", view, 64)
for line in sys.stdin.buffer:
    line = line.rstrip(b"\n")
    slot = 4096 + head % slots * stride
    struct.pack_into("<II", view, slot, len(line), (head + 1) % 2**32)
    view[slot + 8 : slot + 8 + len(line)] = line
    head = (head + 1) % 2**64
    memoryview(view).cast("Q")[64 // 8] = head
struct.pack_into("<I", view, 32, 2)
"#;

const LINES: &str = "pear\n\nfig with a blank\napple\n";

/// Python in PATH, or `None` after saying that `test` is skipped.
fn python(test: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("python3")).find(|file| file.is_file());
    if found.is_none() {
        println!("skipped: {test} needs python3");
    }
    found
}

/// Runs a program with this input, and demands that it ends with 0. Gives what it has printed.
fn run(program: &Path, folder: &Path, arguments: &[&str], input: &str) -> String {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("start a program");
    // Dropped at once: the input ends.
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("give it its input");
    let Output { status, stdout, .. } = child.wait_with_output().expect("wait for it");
    assert!(status.success(), "{program:?} {arguments:?} ends with {status}");
    String::from_utf8(stdout).expect("text")
}

fn ring(folder: &Path, arguments: &[&str], input: &str) -> String {
    run(Path::new(env!("CARGO_BIN_EXE_sol-ring")), folder, arguments, input)
}

#[test]
fn python_pops_what_ring_has_pushed_and_the_other_way_round() {
    let Some(python) = python("python_pops_what_ring_has_pushed") else { return };
    let folder = tempfile::tempdir().expect("make a folder");
    let folder = folder.path();
    ring(folder, &["create", "file:r", "--slots", "4", "--slot-size", "30"], "");
    // Twice: the second time over the end of the slots.
    for _ in 0..2 {
        ring(folder, &["push", "file:r", "--keep"], LINES);
        assert_eq!(run(&python, folder, &["-c", POP, "r"], ""), LINES);
        ring(folder, &["push", "file:r", "--keep"], "one more\n");
        assert_eq!(ring(folder, &["pop", "file:r", "--count", "1"], ""), "one more\n");
    }
    run(&python, folder, &["-c", PUSH, "r"], LINES);
    assert_eq!(ring(folder, &["pop", "file:r"], ""), LINES);
}

#[test]
fn the_program_of_the_readme_reads_a_list() {
    let Some(python) = python("the_program_of_the_readme_reads_a_list") else { return };
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../labs/07-shm-ring/README.md");
    let readme = std::fs::read_to_string(readme).expect("read the README");
    let (_, program) = readme.split_once("```python\n").expect("a Python program in the README");
    let (program, _) = program.split_once("```").expect("its end");
    let folder = tempfile::tempdir().expect("make a folder");
    ring(folder.path(), &["list", "write", "file:l"], LINES);
    let wanted = "\napple\nfig with a blank\npear\n";
    assert_eq!(run(&python, folder.path(), &["-c", program, "l"], ""), wanted);
    assert_eq!(ring(folder.path(), &["list", "read", "file:l"], ""), wanted);
}
