//! A ring without a name: memory that travels over a socket, and cannot be cut short. memfd_create(2), fcntl(2)
//! `F_ADD_SEALS`, unix(7) `SCM_RIGHTS`.
#![allow(unsafe_code, reason = "descriptors that arrive as numbers become owned")]

use std::path::Path;

use crate::failure::Failure;
use crate::options::Shape;

// BEGIN SOLUTION
use std::fs::File;
use std::io::{IoSlice, IoSliceMut, stdout};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};

use ipc_kit::{retry, write_all};
use nix::cmsg_space;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, UnixAddr, recvmsg, sendmsg};

use crate::commands;
use crate::header::Header;
use crate::segment;

/// The byte that a descriptor travels with.
const BYTE: u8 = b'R';
// END SOLUTION

/// `ring send`: waits for a client, gives it a ring without a name, and pushes standard input.
///
/// # Errors
/// The socket or the memory cannot be made; or as `push`.
pub fn send(path: &Path, shape: Shape) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let memory = sealed(shape)?;
    let what = path.display();
    let listener = UnixListener::bind(path).map_err(|error| Failure::io(&what, &error))?;
    let passed = pass(&listener, path, &memory);
    let removed = std::fs::remove_file(path).map_err(|error| Failure::io(&what, &error));
    passed.and(removed)?;
    commands::push_to(&segment::open_file(&memory, &what)?, &what, false, false)
    // END SOLUTION
    // STUB: todo!("M9: make it, seal it, pass it on, push")
}

/// `ring recv`: gets a ring over a socket, and pops from it.
///
/// # Errors
/// Nobody is there (3); what came is no sealed ring (4); or as `pop`.
pub fn receive(path: &Path, count: Option<u64>) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let what = path.display();
    let stream =
        UnixStream::connect(path).map_err(|error| Failure { status: 3, ..Failure::io(&what, &error) })?;
    let file = take(&stream).map_err(|reason| Failure::malformed(&what, reason))?;
    commands::pop_from(&segment::open_file(&file, &what)?, &what, false, count)
    // END SOLUTION
    // STUB: todo!("M9: get it, look at its seals, pop")
}
// BEGIN SOLUTION

/// Memory with a ring in it that nobody can cut or lengthen any more.
fn sealed(shape: Shape) -> Result<File, Failure> {
    let fails = |errno| Failure::system("memory", errno);
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let file = File::from(memfd_create("ring", flags).map_err(fails)?);
    segment::fill(&file, Header { flags: 0, shape }).map_err(fails)?;
    // F_SEAL_SEAL: nobody shall add F_SEAL_WRITE, which would stop the producer.
    let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL;
    fcntl(&file, FcntlArg::F_ADD_SEALS(seals)).map_err(fails)?;
    Ok(file)
}

/// Gives the memory to the first client.
fn pass(listener: &UnixListener, path: &Path, memory: &File) -> Result<(), Failure> {
    let what = path.display();
    write_all(stdout(), format!("ready unix:{what}\n").as_bytes())
        .map_err(|errno| Failure::system("stdout", errno))?;
    let (client, _) = listener.accept().map_err(|error| Failure::io(&what, &error))?;
    let (byte, fds) = ([BYTE], [memory.as_raw_fd()]);
    let sent = retry(|| {
        let rights = [ControlMessage::ScmRights(&fds)];
        sendmsg::<UnixAddr>(client.as_raw_fd(), &[IoSlice::new(&byte)], &rights, MsgFlags::MSG_NOSIGNAL, None)
    });
    sent.map(drop).map_err(|errno| Failure::system(&what, errno))
}
// END SOLUTION
// BEGIN SOLUTION

/// The memory that came over the socket, if it is one that cannot be cut.
fn take(stream: &UnixStream) -> Result<File, String> {
    let mut byte = [0];
    let mut space = cmsg_space!([i32; 4]);
    let files: Vec<OwnedFd> = {
        let mut parts = [IoSliceMut::new(&mut byte)];
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        let message = recvmsg::<UnixAddr>(stream.as_raw_fd(), &mut parts, Some(&mut space), flags);
        let message = message.map_err(|errno| errno.desc().to_owned())?;
        let mut files = Vec::new();
        for control in message.cmsgs().map_err(|errno| errno.desc().to_owned())? {
            if let ControlMessageOwned::ScmRights(fds) = control {
                // SAFETY: the kernel has just made these descriptors, and nobody else has them.
                files.extend(fds.into_iter().map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }));
            }
        }
        files
    };
    let file = File::from(files.into_iter().next().ok_or("no descriptor came")?);
    let seals = fcntl(&file, FcntlArg::F_GET_SEALS).map_err(|_| "no memory that can be sealed")?;
    let wanted = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW;
    if !SealFlag::from_bits_truncate(seals).contains(wanted) {
        return Err("not sealed against shrinking and growing".to_owned());
    }
    Ok(file)
}
// END SOLUTION
