//! Finds the lab inside a submission: students hand in `src`, the lab's folder, or a whole checkout. No I/O.

use super::rules::Rules;

/// Where the lab is inside a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The path before `src`, without a final slash; empty when `src` is at the top.
    pub prefix: String,
    /// What the editable path of a taken file begins with, when the student handed in the content of `src`.
    pub missing: String,
    /// Other places that looked as good and are not graded.
    pub others: Vec<String>,
}

/// Folders whose copies of the sources are not the student's work.
const NOT_THEIRS: [&str; 4] = ["solutions", "crates", "xtask", "target"];

/// Picks the lab's root among the relative paths of all files of a submission. `None`: there is nothing to grade.
#[must_use]
pub fn find(paths: &[String], rules: &Rules) -> Option<Root> {
    let mut places: Vec<(u32, usize, &str)> = Vec::new();
    for path in paths {
        for prefix in prefixes(path, rules) {
            if !places.iter().any(|place| place.2 == prefix) {
                places.push((rank(prefix, paths, rules), prefix.split('/').count(), prefix));
            }
        }
    }
    places.sort_unstable();
    let Some(&(best, _, prefix)) = places.first() else { return flat(paths, rules) };
    let others = places
        .iter()
        .filter(|place| place.0 == best && place.2 != prefix && !is_below(place.2, prefix))
        .map(|place| place.2.to_owned())
        .collect();
    Some(Root { prefix: prefix.to_owned(), missing: String::new(), others })
}

/// The path of `path` inside the root: `labs/01-x/src/a.rs` in `labs/01-x` is `src/a.rs`.
#[must_use]
pub fn inside<'path>(path: &'path str, prefix: &str) -> Option<&'path str> {
    if prefix.is_empty() { Some(path) } else { path.strip_prefix(prefix)?.strip_prefix('/') }
}

/// Every prefix of a path after which the rest is an editable path.
fn prefixes<'path>(path: &'path str, rules: &Rules) -> Vec<&'path str> {
    let starts = std::iter::once(0).chain(path.match_indices('/').map(|(at, _)| at + 1));
    starts
        .filter(|&start| rules.is_editable(&path[start..]))
        .map(|start| path[..start].trim_end_matches('/'))
        .collect()
}

fn rank(prefix: &str, paths: &[String], rules: &Rules) -> u32 {
    let mut parts = prefix.rsplit('/');
    let named = parts.next() == Some(rules.folder());
    let in_labs = parts.next() == Some("labs");
    let has_lib = paths.iter().any(|path| inside(path, prefix) == Some("src/lib.rs"));
    let rank = match (named, in_labs, has_lib) {
        (true, true, _) => 0,
        (true, false, _) => 1,
        (false, _, true) => 2,
        (false, _, false) => 3,
    };
    if prefix.split('/').any(|part| NOT_THEIRS.contains(&part)) { rank + 10 } else { rank }
}

/// The content of `src` without the folder itself: `lib.rs` at the top, or one folder down.
fn flat(paths: &[String], rules: &Rules) -> Option<Root> {
    let lib = paths.iter().filter(|path| *path == "lib.rs" || path.ends_with("/lib.rs"));
    let lib = lib.min_by_key(|path| path.split('/').count())?;
    let prefix = lib.strip_suffix("lib.rs")?.trim_end_matches('/');
    rules.is_editable("src/lib.rs").then(|| Root {
        prefix: prefix.to_owned(),
        missing: "src/".to_owned(),
        others: Vec::new(),
    })
}

fn is_below(path: &str, prefix: &str) -> bool {
    prefix.is_empty() || path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn found(paths: &[&str]) -> Option<Root> {
        let rules = Rules::new(&["src/**/*.rs".to_owned()], &["src/main.rs".to_owned()], "01-pipeline-shell")
            .unwrap();
        find(&paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>(), &rules)
    }

    #[rstest]
    #[case(&["src/lib.rs", "src/run.rs"], "")]
    #[case(&["sub/labs/01-pipeline-shell/src/run.rs"], "sub/labs/01-pipeline-shell")]
    #[case(&["solutions/01-pipeline-shell/src/run.rs", "labs/01-pipeline-shell/src/run.rs"], "labs/01-pipeline-shell")]
    #[case(&["labs/02-x/src/lib.rs", "labs/01-pipeline-shell/src/run.rs"], "labs/01-pipeline-shell")]
    #[case(&["my work/Übung 1/src/run.rs", "my work/crates/x/src/lib.rs"], "my work/Übung 1")]
    #[case(&["a/src/deep/src/x.rs", "a/src/lib.rs"], "a")]
    fn the_lab_is_found_where_students_put_it(#[case] paths: &[&str], #[case] prefix: &str) {
        let root = found(paths).unwrap();
        assert_eq!((root.prefix.as_str(), root.others.as_slice()), (prefix, [].as_slice()));
    }

    #[test]
    fn two_equal_places_are_both_named() {
        let root = found(&["v1/src/lib.rs", "v2/src/lib.rs"]).unwrap();
        assert_eq!((root.prefix.as_str(), root.others), ("v1", vec!["v2".to_owned()]));
    }

    #[test]
    fn the_content_of_src_alone_is_understood() {
        let root = found(&["hand-in/lib.rs", "hand-in/run.rs"]).unwrap();
        assert_eq!((root.prefix.as_str(), root.missing.as_str()), ("hand-in", "src/"));
    }

    #[test]
    fn without_an_editable_file_there_is_nothing_to_grade() {
        assert_eq!(found(&["README.md", "src/main.rs", "src/data.txt"]), None);
    }
}
