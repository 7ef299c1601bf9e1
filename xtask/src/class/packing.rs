//! How a submission is handed in: a folder or an archive, with what students leave in it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::intake::Files;
use crate::submit::zip;

/// When a made repository was committed.
const WHEN: &str = "2026-01-01T00:00:00Z";

/// Folder, archive or repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A folder.
    Folder,
    /// A ZIP archive.
    Zip,
    /// A bare tar archive.
    Tar,
    /// With gzip.
    TarGz,
    /// With Zstandard.
    TarZst,
    /// A git repository with its checkout.
    Git,
}

/// All forms; the first is the one without surprises.
pub(super) const FORMS: [Form; 6] =
    [Form::Folder, Form::Zip, Form::Tar, Form::TarGz, Form::TarZst, Form::Git];

impl Form {
    fn ending(self) -> &'static str {
        match self {
            Self::Folder | Self::Git => "",
            Self::Zip => ".zip",
            Self::Tar => ".tar",
            Self::TarGz => ".tar.gz",
            Self::TarZst => ".tar.zst",
        }
    }
}

/// What lies around the work and must change no grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Litter {
    /// Nothing.
    None,
    /// A build folder.
    Target,
    /// What macOS adds to an archive.
    Apple,
    /// Lines end as on Windows.
    Crlf,
    /// A symbolic link to a file of the machine; only a folder has one.
    Link,
    /// Everything is two folders deeper.
    Nested,
}

/// All kinds.
pub(super) const LITTER: [Litter; 6] =
    [Litter::None, Litter::Target, Litter::Apple, Litter::Crlf, Litter::Link, Litter::Nested];

/// Writes a submission into `class`, named after `stem`. `files` have paths such as `labs/01-pipeline-shell/src/main.rs`.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(class: &Path, stem: &str, form: Form, litter: Litter, files: &Files) -> Result<()> {
    let place = class.join(format!("{stem}{}", form.ending()));
    let files = with_litter(files, litter);
    let context = || format!("write {}", place.display());
    let bytes = match form {
        Form::Folder => return folder(&place, &files, litter).with_context(context),
        Form::Git => {
            folder(&place, &files, litter).with_context(context)?;
            return commit(&place).with_context(|| format!("commit {}", place.display()));
        }
        Form::Zip => zip(files.iter().map(|(path, bytes)| (path.clone(), bytes.as_slice(), 0o644)))?,
        Form::Tar => tar(&files).with_context(context)?,
        Form::TarGz => {
            let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
            gz.write_all(&tar(&files)?).and_then(|()| gz.finish()).with_context(context)?
        }
        Form::TarZst => {
            let level = ruzstd::encoding::CompressionLevel::Fastest;
            ruzstd::encoding::compress_to_vec(&tar(&files).with_context(context)?[..], level)
        }
    };
    fs::write(&place, bytes).with_context(context)
}

fn with_litter(files: &Files, litter: Litter) -> Files {
    let mut all = files.clone();
    match litter {
        Litter::None | Litter::Link => {}
        Litter::Target => {
            let junk = (0..100).map(|number| (format!("target/debug/deps/junk-{number}.o"), vec![0; 512]));
            all.extend(junk);
        }
        Litter::Apple => {
            let twins = files.keys().map(|path| (format!("__MACOSX/{}", twin(path)), vec![0, 5, 22, 7]));
            all.extend(twins);
        }
        Litter::Crlf => {
            let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).replace('\n', "\r\n").into_bytes();
            all = files.iter().map(|(path, bytes)| (path.clone(), text(bytes))).collect();
        }
        Litter::Nested => {
            let deeper = |path: &String| format!("my work/ipc-labs-main/{path}");
            all = files.iter().map(|(path, bytes)| (deeper(path), bytes.clone())).collect();
        }
    }
    all
}

/// `a/b.rs` to `a/._b.rs`.
fn twin(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    format!("{folder}/._{name}")
}

fn folder(place: &Path, files: &Files, litter: Litter) -> Result<()> {
    fs::create_dir(place)?;
    for (path, bytes) in files {
        let path = place.join(path);
        fs::create_dir_all(path.parent().context("a file has a folder")?)?;
        fs::write(path, bytes)?;
    }
    if litter == Litter::Link {
        symlink("/etc/passwd", place.join("notes.txt"))?;
    }
    Ok(())
}

/// Makes the folder a repository with one commit; who and when are always the same.
fn commit(place: &Path) -> Result<()> {
    let commands: [&[&str]; 3] = [
        &["init", "--quiet", "--initial-branch=main", "--template="],
        &["add", "--all", "--force"],
        &["commit", "--quiet", "--message=Hand in"],
    ];
    for arguments in commands {
        let mut git = Command::new("git");
        git.args([
            "-c",
            "user.name=student",
            "-c",
            "user.email=student@uni.example",
            "-c",
            "core.autocrlf=false",
        ]);
        git.args(arguments).current_dir(place).stdin(Stdio::null());
        // No setting, hook or signing key of whoever makes the class.
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env_remove("GIT_DIR");
        git.env("GIT_AUTHOR_DATE", WHEN).env("GIT_COMMITTER_DATE", WHEN);
        let output = git.output().context("start git")?;
        ensure!(
            output.status.success(),
            "git {}: {}",
            arguments[0],
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(())
}

fn tar(files: &Files) -> Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, bytes.as_slice())?;
    }
    Ok(builder.into_inner()?)
}
