//! Attacks on files: filling, leaking, reading and writing what is not theirs.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::path::Path;

use anyhow::{Context, Result, bail};
use nix::mqueue::{MQ_OFlag, MqAttr, mq_open};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::io_word;

/// Fills a folder with files of 8 MiB; at most 400 MiB.
pub(crate) fn fill(folder: &str) -> Result<String> {
    let mut mib = 0;
    for number in 0..50 {
        let Ok(mut file) = File::create(Path::new(folder).join(number.to_string())) else { break };
        for _ in 0..8 {
            if file.write_all(&[1; 1 << 20]).is_err() {
                return Ok(format!("reached {mib}"));
            }
            mib += 1;
        }
    }
    Ok(format!("reached {mib}"))
}

/// Makes empty files; at most 30 000.
pub(crate) fn inodes(folder: &str) -> Result<String> {
    let reached =
        (0..30_000).take_while(|number| File::create(Path::new(folder).join(number.to_string())).is_ok());
    Ok(format!("reached {}", reached.count()))
}

/// Prints 100 MiB.
pub(crate) fn flood() -> Result<String> {
    let mut out = std::io::stdout().lock();
    for _ in 0..100 {
        out.write_all(&[b'x'; 1 << 20]).context("print")?;
    }
    Ok("done".to_owned())
}

/// Writes one file of 300 MiB: ended by SIGXFSZ.
pub(crate) fn big_file(path: &str) -> Result<String> {
    let file = File::create(path).context("create a file")?;
    Ok(io_word(file.set_len(300 << 20)))
}

/// Leaves a name of each kind behind.
pub(crate) fn leak(name: &str) -> Result<String> {
    let shm = io_word(File::create(Path::new("/dev/shm").join(name)));
    let fifo = crate::word(mkfifo(&Path::new("/tmp").join(name), Mode::S_IRWXU));
    let socket = io_word(UnixListener::bind(Path::new("/tmp").join(format!("{name}.sock"))));
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_RDWR;
    let size = MqAttr::new(0, 4, 128, 0);
    let queue = crate::word(mq_open(format!("/{name}").as_str(), flags, Mode::S_IRWXU, Some(&size)));
    Ok(format!("shm {shm}, fifo {fifo}, socket {socket}, queue {queue}"))
}

/// Creates a file in a folder.
pub(crate) fn make(path: &str) -> Result<String> {
    Ok(io_word(File::create(path)))
}

/// Opens an existing file for writing, without writing.
pub(crate) fn write(path: &str) -> Result<String> {
    Ok(io_word(OpenOptions::new().append(true).open(path)))
}

/// Opens a file for reading.
pub(crate) fn read(path: &str) -> Result<String> {
    Ok(io_word(File::open(path)))
}

/// Reads a folder.
pub(crate) fn list(path: &str) -> Result<String> {
    Ok(io_word(fs::read_dir(path)))
}

/// Leaves something at `result` in the working directory.
pub(crate) fn leave(kind: &str) -> Result<String> {
    let at = Path::new("result");
    match kind {
        "file" => fs::write(at, "result").context("write")?,
        "link" => std::os::unix::fs::symlink("/etc/passwd", at).context("link")?,
        "linked_folder" => std::os::unix::fs::symlink("/etc", "folder").context("link")?,
        "fifo" => mkfifo(at, Mode::S_IRWXU).context("make a FIFO")?,
        "folder" => fs::create_dir(at).context("make a folder")?,
        "big" => File::create(at).and_then(|file| file.set_len(1 << 20)).context("write")?,
        "nothing" => {}
        other => bail!("cannot leave {other:?}"),
    }
    Ok("left".to_owned())
}
