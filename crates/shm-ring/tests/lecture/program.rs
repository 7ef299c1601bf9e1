//! The lecture's program, `shm-ring`: the weather board, made, shown and looked at by separate processes.

use std::fs;

use crate::run::{names_with, shm_ring};

const USAGE: &str = "usage: shm-ring make|look|remove /NAME\n       shm-ring show /NAME CELSIUS HUMIDITY\n";

/// A name that no other test uses; it is removed at the end, whatever happens.
struct Name(String);

impl Name {
    fn new(label: &str) -> Self {
        Self(format!("/shm-ring-test-{}-{label}", std::process::id()))
    }

    fn path(&self) -> String {
        format!("/dev/shm{}", self.0)
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        // Most tests have removed it by themselves.
        let _ = fs::remove_file(self.path());
    }
}

fn fails(words: &[&str], message: &str) {
    shm_ring(words).code(1).stdout("").stderr(format!("shm-ring: {message}\n"));
}

#[test]
fn wrong_words_are_wrong_usage() {
    for words in
        [&[][..], &["make"], &["make", "/a", "/b"], &["show", "/a", "1"], &["draw", "/a"], &["--help"]]
    {
        shm_ring(words).code(2).stdout("").stderr(USAGE);
    }
}

#[test]
fn a_reading_passes_between_processes_that_never_meet() {
    let name = Name::new("passes");
    shm_ring(&["make", &name.0]).code(0).stdout("").stderr("");
    shm_ring(&["look", &name.0]).code(0).stdout("reading 0: 0 0\n");
    shm_ring(&["show", &name.0, "-250", "810"]).code(0).stdout("").stderr("");
    shm_ring(&["look", &name.0]).code(0).stdout("reading 1: -250 810\n");
    shm_ring(&["show", &name.0, "0", "0"]).code(0);
    shm_ring(&["look", &name.0]).code(0).stdout("reading 2: 0 0\n");
    shm_ring(&["remove", &name.0]).code(0).stdout("").stderr("");
    assert_eq!(names_with(&name.0[1..]), [""; 0], "the name is gone");
}

#[test]
fn the_bytes_lie_where_the_layout_says() {
    let name = Name::new("bytes");
    shm_ring(&["make", &name.0]).code(0);
    shm_ring(&["show", &name.0, "2150", "480"]).code(0);
    let mut expected = b"WEATHER1".to_vec();
    for word in [2_u64, 2150, 480, 1] {
        expected.extend(word.to_le_bytes());
    }
    assert_eq!(fs::read(name.path()).expect("the segment is a file"), expected);
}

#[test]
fn a_board_that_exists_is_not_made_again() {
    let name = Name::new("exists");
    shm_ring(&["make", &name.0]).code(0);
    shm_ring(&["show", &name.0, "1", "2"]).code(0);
    fails(&["make", &name.0], &format!("create segment {}: EEXIST: File exists", name.0));
    shm_ring(&["look", &name.0]).code(0).stdout("reading 1: 1 2\n");
}

#[test]
fn what_is_no_board_is_told_in_one_line() {
    let name = Name::new("none");
    let missing = format!("open segment {}: ENOENT: No such file or directory", name.0);
    fails(&["look", &name.0], &missing);
    fails(&["show", &name.0, "1", "2"], &missing);
    fails(&["remove", &name.0], &missing.replace("open", "remove"));
    fails(&["make", "/a/b"], "create segment /a/b: EINVAL: Invalid argument");

    let file = |bytes: &[u8]| fs::write(name.path(), bytes).expect("a segment is a file");
    file(b"");
    fails(&["look", &name.0], &format!("map segment {}: map 0 bytes", name.0));
    file(b"WEATHER1 and then nothing");
    fails(&["look", &name.0], &format!("look into segment {}: the board is cut: 25 of 40 bytes", name.0));
    file(&[0; 40]);
    fails(&["look", &name.0], &format!("look into segment {}: the board is not ready yet", name.0));
    file(&[b'x'; 40]);
    fails(&["look", &name.0], &format!("look into segment {}: there is no board in this memory", name.0));
}

#[test]
fn what_is_no_number_changes_nothing() {
    let name = Name::new("number");
    shm_ring(&["make", &name.0]).code(0);
    fails(&["show", &name.0, "warm", "1"], "\"warm\" is no temperature: invalid digit found in string");
    fails(&["show", &name.0, "1", "-1"], "\"-1\" is no humidity: invalid digit found in string");
    shm_ring(&["look", &name.0]).code(0).stdout("reading 0: 0 0\n");
}
