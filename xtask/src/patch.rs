//! Pure: a mutant, that is a patch with a header that says which check must catch it, and its diff applied
//! to texts in memory.
//!
//! ```text
//! # catches: m2_pipe::the_reader_sees_the_end
//! # misconception: The parent may keep the write end; it will not write anyway.
//! # cause: psh still holds the write end of the pipe, so the reader never sees end of file. Close it.
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
    /// What is wrong and where to look, for a student whose checks fail like this. May be missing.
    pub cause: Option<String>,
    diff: String,
}

impl Mutant {
    /// What a student is told who seems to have this bug.
    #[must_use]
    pub fn words(&self) -> &str {
        self.cause.as_deref().unwrap_or(&self.misconception)
    }
}

/// Reads a patch file; `name` is its file name without `.patch`.
///
/// # Errors
/// One sentence on what the header lacks.
pub fn parse(name: &str, text: &str) -> Result<Mutant, String> {
    let mut lines = text.split_inclusive('\n').peekable();
    let (mut catches, mut misconception, mut cause) = (Vec::new(), String::new(), String::new());
    // A long sentence goes on in the next comment line.
    let mut open: Option<&mut String> = None;
    while let Some(line) = lines.next_if(|line| line.starts_with('#')) {
        let comment = line.trim_start_matches('#').trim();
        if let Some(checks) = comment.strip_prefix("catches:") {
            let names = checks.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty());
            catches.extend(names.map(str::to_owned));
        } else if let Some(sentence) = comment.strip_prefix("misconception:") {
            sentence.trim().clone_into(&mut misconception);
            open = Some(&mut misconception);
        } else if let Some(sentence) = comment.strip_prefix("cause:") {
            sentence.trim().clone_into(&mut cause);
            open = Some(&mut cause);
        } else if let Some(sentence) = &mut open {
            **sentence = format!("{sentence} {comment}").trim().to_owned();
        }
    }
    let mutant = Mutant {
        name: name.to_owned(),
        catches,
        misconception,
        cause: (!cause.is_empty()).then_some(cause),
        diff: lines.collect(),
    };
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
# cause: psh still holds the write end.
#   Close it.
--- a/src/spawn.rs
+++ b/src/spawn.rs
@@ -1,3 +1,2 @@
 fn f() {
-    drop(end);
 }
";

    #[test]
    fn the_header_names_catchers_misconception_and_cause() {
        let mutant = parse("keeps_the_end", PATCH).unwrap();
        assert_eq!(mutant.catches, ["m2_pipe::the_reader_sees_the_end", "m2_pipe::b"]);
        assert_eq!(mutant.misconception, "The parent may keep the write end; it will not write anyway.");
        assert_eq!(mutant.cause.as_deref(), Some("psh still holds the write end. Close it."));
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
