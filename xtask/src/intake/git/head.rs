//! Finds the commit that HEAD names, from the files themselves.

use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::path::Path;

use super::Unusable;
use crate::intake::copy;
use crate::text::{one_line, reason};

/// A file that names a commit is no larger, in bytes; nor is the list of all of them.
const MAX_REF: u64 = 4096;
const MAX_PACKED: u64 = 4 << 20;
/// A name may name a name; nobody does it more often.
const MAX_STEPS: usize = 5;

/// What is graded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    /// The commit's hash.
    pub(super) id: String,
    /// The branch, or nothing where HEAD is detached.
    pub(super) branch: Option<String>,
}

/// Resolves HEAD of the repository in `folder`.
pub(super) fn resolve(folder: &OwnedFd) -> Result<Head, Unusable> {
    let mut text = file(folder, "HEAD", MAX_REF)?.ok_or("it has no HEAD")?;
    let mut branch = None;
    for _ in 0..MAX_STEPS {
        let Some(name) = text.trim_end().strip_prefix("ref:").map(|name| name.trim().to_owned()) else {
            let id = text.trim().to_owned();
            return if is_id(&id) { Ok(Head { id, branch }) } else { Err("its HEAD names no commit".into()) };
        };
        if !is_ref(&name) {
            return Err(format!("its HEAD names {}, which is no branch", one_line(&name, 60)).into());
        }
        let short = name.strip_prefix("refs/heads/").unwrap_or(&name).to_owned();
        text = match named(folder, &name)? {
            Some(text) => text,
            None if short == ".invalid" => {
                return Err("its branches are kept as reftable, which is not read; a bundle of it is".into());
            }
            None => return Err(Unusable::Nothing(format!("it has no commit on {}", one_line(&short, 60)))),
        };
        branch = Some(short);
    }
    Err("its HEAD names a name that names a name, and so on".into())
}

/// What a ref's own file holds, or the list of packed refs says.
fn named(folder: &OwnedFd, name: &str) -> Result<Option<String>, String> {
    if let Some(text) = file(folder, name, MAX_REF)? {
        return Ok(Some(text));
    }
    let packed = file(folder, "packed-refs", MAX_PACKED)?.unwrap_or_default();
    let found = packed.lines().filter_map(|line| line.split_once(' ')).find(|(_, other)| *other == name);
    Ok(found.map(|(id, _)| id.to_owned()))
}

fn file(folder: &OwnedFd, name: &str, limit: u64) -> Result<Option<String>, String> {
    match copy::read(folder, Path::new(name), limit) {
        Ok(Some(bytes)) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Ok(None) => Err(format!("its {} is too large", one_line(name, 60))),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(format!("its {} cannot be read: {}", one_line(name, 60), reason(&error))),
    }
}

/// Whether it is a hash of SHA-1.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether it names a ref and no other file of the repository.
fn is_ref(name: &str) -> bool {
    name.starts_with("refs/") && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    fn head(files: &[(&str, &str)]) -> Result<Head, Unusable> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        resolve(&copy::open_folder(folder.path()).unwrap())
    }

    #[rstest]
    #[case::loose(&[("HEAD", "ref: refs/heads/main\n"), ("refs/heads/main", ID)], Some("main"))]
    #[case::packed(&[("HEAD", "ref: refs/heads/a/b\n"), ("packed-refs", "# x\n0123456789abcdef0123456789abcdef01234567 refs/heads/a/b\n")], Some("a/b"))]
    #[case::detached(&[("HEAD", ID)], None)]
    fn head_names_a_commit(#[case] files: &[(&str, &str)], #[case] branch: Option<&str>) {
        assert_eq!(head(files), Ok(Head { id: ID.to_owned(), branch: branch.map(str::to_owned) }));
    }

    #[test]
    fn a_new_repository_has_nothing() {
        let told = head(&[("HEAD", "ref: refs/heads/main")]);
        assert_eq!(told, Err(Unusable::Nothing("it has no commit on main".to_owned())));
    }

    #[rstest]
    #[case::none(&[], "it has no HEAD")]
    #[case::nonsense(&[("HEAD", "x")], "its HEAD names no commit")]
    #[case::outside(&[("HEAD", "ref: refs/../../x")], "its HEAD names refs/../../x, which is no branch")]
    #[case::around(&[("HEAD", "ref: refs/a"), ("refs/a", "ref: refs/a")], "its HEAD names a name that names a name, and so on")]
    #[case::reftable(&[("HEAD", "ref: refs/heads/.invalid")], "its branches are kept as reftable, which is not read; a bundle of it is")]
    fn what_names_no_commit_is_told(#[case] files: &[(&str, &str)], #[case] why: &str) {
        assert_eq!(head(files), Err(why.into()));
    }
}
