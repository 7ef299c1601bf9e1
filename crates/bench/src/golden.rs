//! For tests: texts locked by files in `tests/golden`.

use std::path::Path;
use std::{env, fs};

/// Compares a text with a golden file; with `UPDATE_EXPECT=1` writes it.
pub(crate) fn compare(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, text).unwrap();
        return;
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert!(wanted == text, "{name} differs; UPDATE_EXPECT=1 writes it anew. Now it is:\n{text}");
}
