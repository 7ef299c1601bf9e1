//! Reads one file of a submission so that neither a link nor a FIFO nor its size can surprise us.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::sys::stat::Mode;

/// Opens a submission's folder; a symbolic link in its place is refused (`ELOOP` or `ENOTDIR`).
///
/// # Errors
/// As openat(2).
pub fn open_folder(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_RDONLY | OFlag::O_CLOEXEC;
    Ok(open(path, flags, Mode::empty())?)
}

/// Reads the regular file `path` below `folder`, at most `limit` bytes. `Ok(None)`: it is larger.
///
/// The kernel refuses every symbolic link on the way and every path that leaves the folder
/// (openat2(2)); `O_NONBLOCK` keeps a FIFO from blocking us before fstat(2) shows what it is.
///
/// # Errors
/// As openat2(2) and read(2); `InvalidInput` for anything but a regular file.
pub fn read(folder: impl AsFd, path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let how = OpenHow::new()
        .flags(OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC | OFlag::O_NOCTTY)
        .resolve(
            ResolveFlag::RESOLVE_BENEATH
                | ResolveFlag::RESOLVE_NO_SYMLINKS
                | ResolveFlag::RESOLVE_NO_MAGICLINKS,
        );
    let file = File::from(retry(|| openat2(folder.as_fd(), path, how))?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut bytes = Vec::new();
    // One byte more than allowed shows that the file is too large, even if it grew after fstat.
    file.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// openat2(2) says `EAGAIN` when somebody renames below the folder at the same moment.
fn retry(mut open: impl FnMut() -> nix::Result<OwnedFd>) -> nix::Result<OwnedFd> {
    for _ in 0..100 {
        match open() {
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            other => return other,
        }
    }
    Err(Errno::EAGAIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn folder() -> (tempfile::TempDir, OwnedFd) {
        let folder = tempfile::tempdir().unwrap();
        let opened = open_folder(folder.path()).unwrap();
        (folder, opened)
    }

    #[test]
    fn a_regular_file_is_read_whole() {
        let (path, folder) = folder();
        std::fs::write(path.path().join("a.rs"), "fn a() {}").unwrap();
        assert_eq!(read(&folder, Path::new("a.rs"), 100).unwrap().unwrap(), b"fn a() {}");
    }

    #[test]
    fn a_file_over_the_limit_is_not_taken() {
        let (path, folder) = folder();
        std::fs::write(path.path().join("a.rs"), "123456").unwrap();
        assert_eq!(read(&folder, Path::new("a.rs"), 5).unwrap(), None);
    }

    #[test]
    fn no_symbolic_link_is_followed_anywhere_on_the_way() {
        let (path, folder) = folder();
        std::fs::create_dir(path.path().join("src")).unwrap();
        std::fs::write(path.path().join("src/a.rs"), "secret").unwrap();
        symlink("a.rs", path.path().join("src/b.rs")).unwrap();
        symlink("src", path.path().join("other")).unwrap();
        for link in ["src/b.rs", "other/a.rs", "src/../../escape", "/etc/passwd"] {
            assert!(read(&folder, Path::new(link), 100).is_err(), "{link} was read");
        }
    }

    #[test]
    fn a_fifo_neither_blocks_nor_is_read() {
        let (path, folder) = folder();
        nix::unistd::mkfifo(&path.path().join("a.rs"), Mode::S_IRWXU).unwrap();
        let error = read(&folder, Path::new("a.rs"), 100).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_symbolic_link_in_place_of_the_folder_is_refused() {
        let (path, _folder) = folder();
        symlink("/etc", path.path().join("link")).unwrap();
        assert!(open_folder(&path.path().join("link")).is_err());
    }
}
