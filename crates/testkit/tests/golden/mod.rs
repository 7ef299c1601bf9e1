//! Texts that are locked: each stands in a file, and `UPDATE_EXPECT=1` writes the files anew. (A crate for this would
//! make students compile a library twice.)

use std::fs;
use std::path::Path;

/// Demands that `text` is what the file holds; with `UPDATE_EXPECT=1`, writes the file.
pub(crate) fn assert_is(path: &Path, text: &str) {
    if std::env::var_os("UPDATE_EXPECT").is_some_and(|value| value == "1") {
        let folder = path.parent().expect("a file has a folder");
        fs::create_dir_all(folder).and_then(|()| fs::write(path, text)).expect("write the text");
        return;
    }
    let locked = fs::read_to_string(path).unwrap_or_default();
    assert!(
        locked == text,
        "{}: the words have changed; UPDATE_EXPECT=1 writes them anew\n--- were\n{locked}--- are\n{text}---",
        path.display()
    );
}
