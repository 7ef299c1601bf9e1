//! Has git read a copied repository, in a sandbox: its packs are data that nobody has read.

use std::path::Path;
use std::time::Duration;

use sandbox::{Bind, Collect, End, Job, Outcome, Spec};

use super::head::{Head, is_id};
use super::objects::Store;
use super::{Until, Unusable};
use crate::intake::archive::Archive;
use crate::intake::rules::MAX_FILE;
use crate::intake::walk::Kind;
use crate::text::one_line;

/// Where the copy is seen inside, and where the index of a pack is written.
const REPOSITORY: &str = "/repository";
const INDEX: &str = "/tmp/index";
/// The file of ours with the hashes of the blobs that are wanted.
const WANTED: &str = "wanted";
/// Bytes of a list or of all wanted files.
const MAX_OUTPUT: u32 = 64 << 20;
/// Bytes of a pack's index: for about a million objects.
const MAX_INDEX: u64 = 32 << 20;

/// The commit that counts, and the time that it claims.
pub(super) fn commit(store: &Store, head: &Head, until: Until) -> Result<(String, u64), Unusable> {
    let until = until.map(|until| format!(" --min-age={until}")).unwrap_or_default();
    let told = git(store, &format!("rev-list -1 --first-parent --timestamp{until} {} --", head.id))?;
    let text = String::from_utf8_lossy(&told.stdout.bytes).into_owned();
    let (time, id) = text
        .trim()
        .split_once(' ')
        .ok_or_else(|| Unusable::Nothing("it has no commit that is old enough".to_owned()))?;
    if !is_id(id) {
        return Err("git tells of its commit what cannot be read".into());
    }
    Ok((id.to_owned(), time.parse().unwrap_or_default()))
}

/// The files of a commit.
pub(super) fn files(store: &Store, commit: &str) -> Result<Archive, String> {
    let listed = git(store, &format!("ls-tree -r -z -l --full-tree {commit}"))?;
    let mut archive = Archive::default();
    let mut wanted = Vec::new();
    for record in listed.stdout.bytes.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
        let listed = Listed::parse(record).ok_or("git lists its files in a way that cannot be read")?;
        if let Some(path) = archive.list(listed.name, listed.kind, listed.size)? {
            wanted.push((listed.id.to_owned(), path));
        }
    }
    let ids: String = wanted.iter().map(|(id, _)| format!("{id}\n")).collect();
    store.write(Path::new(WANTED), ids.as_bytes())?;
    let told = git(store, &format!("cat-file --batch <{REPOSITORY}/{WANTED}"))?;
    let mut rest = &told.stdout.bytes[..];
    for (id, path) in wanted {
        let bytes = blob(&mut rest, &id).ok_or("it is not whole: a file of its commit is missing")?;
        archive.keep(path, bytes)?;
    }
    archive.sort();
    Ok(archive)
}

/// Makes the index of a pack.
pub(super) fn index(store: &Store, pack: &Path) -> Result<Vec<u8>, String> {
    let command = format!("index-pack -o {INDEX} {REPOSITORY}/{}", pack.display());
    let mut spec = spec(store, &command);
    spec.collect = vec![Collect { path: INDEX.into(), max: MAX_INDEX }];
    let outcome = run(&spec)?;
    outcome.files.into_iter().next().ok_or("git made no index of its pack")?
}

/// A line of `ls-tree -l`.
struct Listed<'a> {
    kind: Kind,
    id: &'a str,
    size: u64,
    name: &'a [u8],
}

impl<'a> Listed<'a> {
    /// `100644 blob HASH    SIZE\tNAME`; a submodule has no size.
    fn parse(record: &'a [u8]) -> Option<Self> {
        let tab = record.iter().position(|byte| *byte == b'\t')?;
        let mut words = std::str::from_utf8(&record[..tab]).ok()?.split_ascii_whitespace();
        let kind = match words.next()? {
            "120000" => Kind::Special("a symbolic link"),
            "160000" => Kind::Special("a submodule"),
            _ => Kind::File,
        };
        let id = words.nth(1).filter(|id| is_id(id))?;
        Some(Self { kind, id, size: words.next()?.parse().unwrap_or(0), name: &record[tab + 1..] })
    }
}

/// One answer of `cat-file --batch`: `HASH blob SIZE\n`, the bytes, `\n`.
fn blob(rest: &mut &[u8], id: &str) -> Option<Vec<u8>> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(&rest[..end]).ok()?;
    let size = head.strip_prefix(id)?.strip_prefix(" blob ")?.parse::<usize>().ok()?;
    if size as u64 > MAX_FILE {
        return None;
    }
    let bytes = rest.get(end + 1..end + 1 + size)?.to_vec();
    *rest = rest.get(end + 1 + size + 1..)?;
    Some(bytes)
}

fn git(store: &Store, command: &str) -> Result<Outcome, String> {
    run(&spec(store, command))
}

/// Neither the machine's settings nor a user's, and no other object in place of one. Nothing in `command` is a student's word.
fn spec(store: &Store, command: &str) -> Spec {
    let script = format!("command -v git >/dev/null || exit 127; exec git --no-replace-objects {command}");
    let argv = ["/bin/sh", "-c", &script].map(str::to_owned).to_vec();
    let mut spec = Spec::new(Job::Exec { argv, cwd: "/tmp".into() });
    let settings = [
        ("GIT_DIR", REPOSITORY),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_ATTR_NOSYSTEM", "1"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("HOME", "/tmp"),
    ];
    spec.env.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    spec.ro = vec![Bind::new(store.path(), REPOSITORY)];
    spec.limits.wall = Duration::from_secs(60);
    spec.limits.output = MAX_OUTPUT.into();
    spec.limits.keep = MAX_OUTPUT as usize;
    spec.limits.memory = 512 << 20;
    spec
}

fn run(spec: &Spec) -> Result<Outcome, String> {
    let outcome = sandbox::run(spec);
    match &outcome.end {
        End::Exited(0) => Ok(outcome),
        End::Exited(127) => Err("git is not installed on this machine".to_owned()),
        End::Exited(_) => {
            let told = outcome.stderr.text();
            let first = told.lines().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
            Err(format!("git cannot read it: {}", one_line(first, 160)))
        }
        End::SetupFailed(why) => Err(format!(
            "git cannot be started in a sandbox here ({}); hand in an archive",
            one_line(why, 160)
        )),
        _ => Err("git needs more time, memory or output for it than it may".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_listed_file_is_what_its_mode_says() {
        let of = |mode: &str, size: &str| {
            let record = format!("{mode} blob {ID} {size:>7}\tsrc/a b.rs");
            Listed::parse(record.as_bytes()).map(|listed| (listed.kind, listed.size, listed.name.to_vec()))
        };
        let name = b"src/a b.rs".to_vec();
        assert_eq!(of("100755", "12"), Some((Kind::File, 12, name.clone())));
        assert_eq!(of("120000", "3"), Some((Kind::Special("a symbolic link"), 3, name.clone())));
        assert_eq!(of("160000", "-"), Some((Kind::Special("a submodule"), 0, name)));
        assert!(Listed::parse(b"100644 blob x 1\ta").is_none());
    }

    #[test]
    fn blobs_are_taken_apart_by_their_sizes_and_a_missing_one_is_seen() {
        let text = format!("{ID} blob 3\na\nb\n{ID} blob 0\n\n{ID} missing\n");
        let mut rest = text.as_bytes();
        assert_eq!(blob(&mut rest, ID), Some(b"a\nb".to_vec()));
        assert_eq!(blob(&mut rest, ID), Some(Vec::new()));
        assert_eq!(blob(&mut rest, ID), None);
    }
}
