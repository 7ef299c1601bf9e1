//! Which lab a part of a submission is. A submission may hold several labs, and says so itself: by a folder with the
//! lab's name (`labs/01-pipeline-shell`), by the manifest that `submit` writes, or by the `lab.toml` that was handed out.
//! No I/O.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::rules::MANIFEST;

/// The files that tell the lab of the folder they lie in.
pub const MARKS: [&str; 2] = [MANIFEST, "lab.toml"];

/// What the course has, what the submission says, and what was asked for.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// The folder names of all labs.
    labs: Vec<String>,
    /// What a file in this folder says, by the path of the folder.
    marks: BTreeMap<String, String>,
    /// Whether only one lab is asked for: what does not say of which lab it is, is of this one.
    is_sure: bool,
}

impl Claims {
    /// For a course with these labs.
    #[must_use]
    pub fn new(labs: &[String], is_sure: bool) -> Self {
        Self { labs: labs.to_vec(), marks: BTreeMap::new(), is_sure }
    }

    /// Whether files that do not say of which lab they are, are of the lab that was asked for.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        self.is_sure
    }

    /// Takes what one of the [`MARKS`] says. Neither a broken file nor a lab of another course says anything.
    pub fn hear(&mut self, path: &str, text: &[u8]) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let Some(lab) = lab_in(name, text).filter(|lab| self.labs.contains(lab)) else { return };
        // What was packed by `submit` knows better than a file that was copied along.
        if name == MANIFEST || !self.marks.contains_key(folder) {
            self.marks.insert(folder.to_owned(), lab);
        }
    }

    /// The lab that the folder at this path belongs to, if anything says so: itself, or the nearest folder above.
    #[must_use]
    pub fn lab_of(&self, path: &str) -> Option<&str> {
        let mut at = path;
        loop {
            let (above, name) = at.rsplit_once('/').unwrap_or(("", at));
            let named = self.labs.iter().find(|lab| *lab == name);
            if let Some(lab) = named.or_else(|| self.marks.get(at)) {
                return Some(lab);
            }
            if at.is_empty() {
                return None;
            }
            at = above;
        }
    }
}

fn lab_in(name: &str, text: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Manifest {
        lab: String,
    }
    #[derive(Deserialize)]
    struct LabToml {
        id: String,
        slug: String,
    }
    if name == MANIFEST {
        return serde_json::from_slice::<Manifest>(text).ok().map(|manifest| manifest.lab);
    }
    let lab: LabToml = toml::from_str(std::str::from_utf8(text).ok()?).ok()?;
    Some(format!("{}-{}", lab.id, lab.slug))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn claims() -> Claims {
        let mut claims = Claims::new(&["01-a".to_owned(), "02-b".to_owned()], false);
        claims.hear("packed/SUBMISSION.json", br#"{"format":"x","lab":"02-b"}"#);
        claims.hear("packed/lab.toml", b"id = \"01\"\nslug = \"a\"\n");
        claims.hear("mine/lab.toml", b"id = \"01\"\nslug = \"a\"\nhours = 3\n");
        claims.hear("other/lab.toml", b"id = \"09\"\nslug = \"z\"\n");
        claims.hear("broken/SUBMISSION.json", b"{");
        claims
    }

    #[rstest]
    #[case::in_a_checkout("x/labs/01-a", Some("01-a"))]
    #[case::below("01-a/old/src", Some("01-a"))]
    #[case::the_manifest_knows_best("packed", Some("02-b"))]
    #[case::given("mine/deeper", Some("01-a"))]
    #[case::of_another_course("other", None)]
    #[case::broken("broken", None)]
    #[case::nothing_said("", None)]
    #[case::a_part_of_a_name("01-a-copy", None)]
    fn a_folder_says_of_which_lab_it_is(#[case] path: &str, #[case] lab: Option<&str>) {
        assert_eq!(claims().lab_of(path), lab);
    }

    #[test]
    fn a_mark_at_the_top_is_of_everything() {
        let mut claims = claims();
        claims.hear("SUBMISSION.json", br#"{"lab":"01-a"}"#);
        assert_eq!((claims.lab_of(""), claims.lab_of("deep/down")), (Some("01-a"), Some("01-a")));
    }
}
