//! A ring without a name: memory that travels over a socket, and cannot be cut short. memfd_create(2), fcntl(2)
//! `F_ADD_SEALS`, unix(7) `SCM_RIGHTS`.

use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::commands::{pop_from, print, push_to};
use crate::failure::Failure;
use crate::header::Header;
use crate::options::Shape;
use crate::rights;
use crate::segment::{furnish, open_file, refuse_too_large};

/// The byte that the descriptor comes with.
const GREETING: u8 = b'R';
/// Without these whoever else has the memory could make it shorter, or longer.
const LENGTH_STAYS: SealFlag = SealFlag::F_SEAL_SHRINK.union(SealFlag::F_SEAL_GROW);

/// `ring send`: waits for a client, gives it a ring without a name, and pushes standard input.
///
/// # Errors
/// The socket or the memory cannot be made; or as `push`.
pub fn send(path: &Path, shape: Shape) -> Result<(), Failure> {
    let what = path.display();
    let system = |errno| Failure::system(&what, errno);
    let header = Header { flags: 0, shape };
    refuse_too_large(header, &what)?;
    let file = File::from(
        memfd_create(c"ring", MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING).map_err(system)?,
    );
    let memory = furnish(&file, header, &what)?;
    // F_SEAL_SEAL: nor shall the receiver take from us the right to write.
    let seals = LENGTH_STAYS | SealFlag::F_SEAL_SEAL;
    fcntl(&file, FcntlArg::F_ADD_SEALS(seals)).map_err(system)?;
    {
        let address = Address::bind(path)?;
        print(&format!("ready unix:{what}\n"))?;
        let (client, _) = accept(&address.listener).map_err(|error| Failure::io(&what, &error))?;
        rights::send(&client, GREETING, &file).map_err(system)?;
    }
    push_to(&memory, &what, false, false)
}

/// `ring recv`: gets a ring over a socket, and pops from it.
///
/// # Errors
/// Nobody is there (3); what came is no sealed ring (4); or as `pop`.
pub fn receive(path: &Path, count: Option<u64>) -> Result<(), Failure> {
    let what = path.display();
    let file = fetch(path)?;
    demand_sealed(&file).map_err(|reason| Failure::malformed(&what, reason))?;
    let memory = open_file(&file, &what)?;
    pop_from(&memory, &what, false, count)
}

/// What the one who listens there gives: one byte, and one descriptor.
fn fetch(path: &Path) -> Result<File, Failure> {
    let what = path.display();
    let server = UnixStream::connect(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
            Failure { status: 3, ..Failure::io(&what, &error) }
        }
        _ => Failure::io(&what, &error),
    })?;
    let (greeting, came) = match rights::receive(&server) {
        // The server has closed without a word.
        Err(Errno::ECONNRESET) => (None, Vec::new()),
        received => received.map_err(|errno| Failure::system(&what, errno))?,
    };
    let [descriptor] = <[OwnedFd; 1]>::try_from(came).map_err(|came| {
        Failure::malformed(&what, format!("{} descriptors came instead of one", came.len()))
    })?;
    if greeting != Some(GREETING) {
        return Err(Failure::malformed(&what, "the descriptor came without its R"));
    }
    Ok(descriptor.into())
}

/// Without seals the length that is checked now may be another one afterwards.
fn demand_sealed(file: &File) -> Result<(), &'static str> {
    // EINVAL: this kind of file has no seals.
    let seals = fcntl(file, FcntlArg::F_GET_SEALS).map_or(SealFlag::empty(), SealFlag::from_bits_retain);
    seals.contains(LENGTH_STAYS).then_some(()).ok_or("it may be cut: it is not sealed against that")
}

fn accept(listener: &UnixListener) -> std::io::Result<(UnixStream, std::os::unix::net::SocketAddr)> {
    loop {
        match listener.accept() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            accepted => return accepted,
        }
    }
}

/// A listening socket, whose name goes with it.
struct Address<'a> {
    path: &'a Path,
    listener: UnixListener,
}

impl<'a> Address<'a> {
    fn bind(path: &'a Path) -> Result<Address<'a>, Failure> {
        let listener = UnixListener::bind(path).map_err(|error| Failure::io(path.display(), &error))?;
        Ok(Address { path, listener })
    }
}

impl Drop for Address<'_> {
    fn drop(&mut self) {
        // A name that somebody else has removed already is gone, as it should be.
        match retry(|| nix::unistd::unlink(self.path)) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(errno) => Failure::system(self.path.display(), errno).complain(),
        }
    }
}
