//! Pure: a mutant, that is a patch with a header that says which check must catch it, and its diff applied
//! to texts in memory.
//!
//! ```text
//! # catches: m2_pipe::the_reader_sees_the_end
//! # misconception: The parent may keep the write end; it will not write anyway.
//! --- a/src/spawn.rs
//! +++ b/src/spawn.rs
//! @@ -1,3 +1,3 @@
//! ```

use std::collections::BTreeMap;

use diffy::patch_set::{FileOperation, ParseOptions, PatchSet};

/// A wrong solution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// The bug as a phrase: `keeps_the_write_end`.
    pub name: String,
    /// The checks that must catch it.
    pub catches: Vec<String>,
    /// What the student who writes it believes.
    pub misconception: String,
    diff: String,
}

/// Reads a patch file; `name` is its file name without `.patch`.
///
/// # Errors
/// One sentence on what the header lacks.
pub fn parse(name: &str, text: &str) -> Result<Mutant, String> {
    let mut mutant = Mutant {
        name: name.to_owned(),
        catches: Vec::new(),
        misconception: String::new(),
        diff: String::new(),
    };
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next_if(|line| line.starts_with('#')) {
        let comment = line.trim_start_matches('#').trim();
        if let Some(checks) = comment.strip_prefix("catches:") {
            let names = checks.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty());
            mutant.catches.extend(names.map(str::to_owned));
        } else if let Some(sentence) = comment.strip_prefix("misconception:") {
            sentence.trim().clone_into(&mut mutant.misconception);
        } else if !mutant.misconception.is_empty() {
            // A long sentence goes on in the next comment line.
            mutant.misconception = format!("{} {comment}", mutant.misconception).trim().to_owned();
        }
    }
    mutant.diff = lines.collect();
    if mutant.catches.is_empty() {
        return Err("no line `# catches: milestone::check`".to_owned());
    }
    if mutant.misconception.is_empty() {
        return Err("no line `# misconception: what the student believes`".to_owned());
    }
    if !mutant.diff.contains("\n@@ ") {
        return Err("no unified diff after the header".to_owned());
    }
    Ok(mutant)
}

/// The files a mutant changes, by path, with their new texts.
///
/// # Errors
/// A path that is not in `files`, or a hunk that does not fit any more.
pub fn apply(mutant: &Mutant, files: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
    let mut changed = BTreeMap::new();
    for file in PatchSet::parse(&mutant.diff, ParseOptions::unidiff()) {
        let file = file.map_err(|error| format!("the diff cannot be read: {error}"))?;
        let (path, old) = match file.operation().strip_prefix(1) {
            FileOperation::Modify { original, modified } if original == modified => {
                let path = modified.into_owned();
                let old = files.get(&path).ok_or_else(|| format!("{path} is no file of the solution"))?;
                (path, old.clone())
            }
            FileOperation::Create(path) => (path.into_owned(), String::new()),
            _ => return Err("a mutant may only change or add files".to_owned()),
        };
        let patch = file.patch().as_text().ok_or("a mutant cannot be binary")?;
        let new = diffy::apply(&old, patch).map_err(|error| format!("{path}: {error}"))?;
        if new == old {
            return Err(format!("{path}: the patch changes nothing"));
        }
        changed.insert(path, new);
    }
    if changed.is_empty() { Err("the patch names no file".to_owned()) } else { Ok(changed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const PATCH: &str = "\
# catches: m2_pipe::the_reader_sees_the_end
# catches: m2_pipe::b
# misconception: The parent may keep the write end;
#   it will not write anyway.
--- a/src/spawn.rs
+++ b/src/spawn.rs
@@ -1,3 +1,2 @@
 fn f() {
-    drop(end);
 }
";

    #[test]
    fn the_header_names_catchers_and_misconception() {
        let mutant = parse("keeps_the_end", PATCH).unwrap();
        assert_eq!(mutant.catches, ["m2_pipe::the_reader_sees_the_end", "m2_pipe::b"]);
        assert_eq!(mutant.misconception, "The parent may keep the write end; it will not write anyway.");
    }

    #[test]
    fn the_diff_is_applied_in_memory() {
        let files = BTreeMap::from([("src/spawn.rs".to_owned(), "fn f() {\n    drop(end);\n}\n".to_owned())]);
        let changed = apply(&parse("m", PATCH).unwrap(), &files).unwrap();
        assert_eq!(changed["src/spawn.rs"], "fn f() {\n}\n");
    }

    #[rstest]
    #[case::catches("catches", "caught by", "no line `# catches")]
    #[case::misconception("misconception", "belief", "no line `# misconception")]
    #[case::diff("@@", "==", "no unified diff")]
    fn a_header_that_lacks_something_is_told(#[case] from: &str, #[case] to: &str, #[case] expected: &str) {
        let told = parse("m", &PATCH.replace(from, to)).unwrap_err();
        assert!(told.starts_with(expected), "{told}");
    }

    #[rstest]
    #[case::moved_on("src/spawn.rs", "fn g() {\n    drop(end);\n}\n", "src/spawn.rs: ")]
    #[case::unknown("src/other.rs", "", "src/spawn.rs is no file")]
    fn a_patch_that_does_not_fit_is_told(#[case] path: &str, #[case] text: &str, #[case] expected: &str) {
        let files = BTreeMap::from([(path.to_owned(), text.to_owned())]);
        let told = apply(&parse("m", PATCH).unwrap(), &files).unwrap_err();
        assert!(told.starts_with(expected), "{told}");
    }
}
