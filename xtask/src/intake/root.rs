//! Finds the lab inside a submission: students hand in `src`, the lab's folder, or a whole checkout. No I/O.

use super::claims::Claims;
use super::rules::Rules;

/// What was found of one lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The lab.
    Lab(Root),
    /// Files that may be this lab's, but nothing says so.
    Unclear,
    /// Nothing.
    Nothing,
}

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

/// Picks the lab's root among the relative paths of all files of a submission.
#[must_use]
pub fn find(paths: &[String], rules: &Rules, claims: &Claims) -> Found {
    let mut places: Vec<(u32, usize, &str)> = Vec::new();
    let mut is_unclear = false;
    for path in paths {
        for prefix in prefixes(path, rules) {
            is_unclear |= claims.lab_of(prefix).is_none() && !is_not_theirs(prefix);
            if is_of(rules, claims, prefix) && !places.iter().any(|place| place.2 == prefix) {
                places.push((rank(prefix, paths, rules), prefix.split('/').count(), prefix));
            }
        }
    }
    places.sort_unstable();
    let Some(&(best, _, prefix)) = places.first() else {
        return match flat(paths, rules) {
            Some(root) if is_of(rules, claims, &root.prefix) => Found::Lab(root),
            Some(root) if claims.lab_of(&root.prefix).is_none() => Found::Unclear,
            _ if is_unclear => Found::Unclear,
            _ => Found::Nothing,
        };
    };
    let others = places
        .iter()
        .filter(|place| place.0 == best && place.2 != prefix && !is_below(place.2, prefix))
        .map(|place| place.2.to_owned())
        .collect();
    Found::Lab(Root { prefix: prefix.to_owned(), missing: String::new(), others })
}

/// Whether what lies at `prefix` is of the lab that is looked for.
fn is_of(rules: &Rules, claims: &Claims, prefix: &str) -> bool {
    match claims.lab_of(prefix) {
        Some(lab) => lab == rules.folder(),
        None => claims.is_sure(),
    }
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
    if is_not_theirs(prefix) { rank + 10 } else { rank }
}

fn is_not_theirs(prefix: &str) -> bool {
    prefix.split('/').any(|part| NOT_THEIRS.contains(&part))
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

    const LABS: [&str; 2] = ["01-pipeline-shell", "02-x"];

    fn found_in(paths: &[&str], is_sure: bool) -> Found {
        let rules = Rules::new(&["src/**/*.rs".to_owned()], &["src/main.rs".to_owned()], LABS[0]).unwrap();
        let claims = Claims::new(&LABS.map(str::to_owned), is_sure);
        find(&paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>(), &rules, &claims)
    }

    fn found(paths: &[&str]) -> Option<Root> {
        match found_in(paths, true) {
            Found::Lab(root) => Some(root),
            Found::Unclear | Found::Nothing => None,
        }
    }

    #[rstest]
    #[case::named(&["a/labs/01-pipeline-shell/src/lib.rs", "b/src/lib.rs"], Some("a/labs/01-pipeline-shell"))]
    #[case::without_its_src(&["01-pipeline-shell/lib.rs"], Some("01-pipeline-shell"))]
    #[case::bare(&["src/lib.rs"], None)]
    #[case::bare_without_src(&["lib.rs"], None)]
    #[case::beside_another_lab(&["labs/02-x/src/lib.rs", "src/lib.rs"], None)]
    fn where_several_labs_may_be_a_lab_must_say_which_it_is(
        #[case] paths: &[&str],
        #[case] prefix: Option<&str>,
    ) {
        match (found_in(paths, false), prefix) {
            (Found::Lab(root), Some(prefix)) => assert_eq!(root.prefix, prefix),
            (Found::Unclear, None) => {}
            (found, _) => panic!("{found:?}"),
        }
    }

    #[rstest]
    #[case(true)]
    #[case(false)]
    fn another_lab_is_never_taken_for_this_one(#[case] is_sure: bool) {
        for paths in [
            &["labs/02-x/src/lib.rs"][..],
            &["02-x/lib.rs"],
            &["labs/02-x/src/lib.rs", "crates/a/src/lib.rs"],
        ] {
            let found = found_in(paths, is_sure);
            let is_kit = paths.len() == 2 && is_sure;
            assert!(found == Found::Nothing || is_kit, "{paths:?}: {found:?}");
        }
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
