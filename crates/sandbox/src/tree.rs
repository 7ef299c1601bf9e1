//! Builds the file tree of level `full`: an empty root in memory, the host's programs read-only, sized folders
//! to write in, and then no way back to the host's tree.
//!
//! The new root is mounted over `/tmp` of the sandbox's own mount namespace, so nothing is created on the host and
//! nothing is to be cleaned up. Therefore everything of the host that is wanted is opened *before* that.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use nix::fcntl::{OFlag, open};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::stat::Mode;
use nix::unistd::{chdir, pivot_root};

use crate::identity::Mapping;
use crate::mounts::{self, NONE, RO};
use crate::order::{Message, Status};
use crate::spec::{Bind, Spec, Tmpfs};
use crate::sys::Depth;
use crate::{devices, overlay};

/// Where the new root stands while it is built.
const ROOT: &str = "/tmp";
/// Parts of the host's system that every program needs. A link (`/bin` to `usr/bin`) is copied as a link.
const SYSTEM: &[&str] = &["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
/// The least of `/etc`: the loader's cache, names of compilers (Debian), time zone, names of ports.
const ETC: &[&str] =
    &["ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "protocols", "services"];
/// Pages of System V shared memory, all segments together (64 MiB).
const SHM_PAGES: &str = "16384";

/// A host file or folder, held open, and where it is to be seen.
struct Source {
    fd: OwnedFd,
    to: PathBuf,
    is_dir: bool,
}

/// Builds the tree of `spec` and moves this process into it.
pub(crate) fn build(spec: &Spec, mapping: Mapping, status: &Status) -> Result<()> {
    mounts::make("", Path::new("/"), "", MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE)
        .context("make mounts private")?;
    let (links, system) = system_sources()?;
    let etc = open_all(&etc_binds())?;
    let given = open_all(&spec.ro)?;
    let lower = open_all(&spec.overlay)?;
    let devices = devices::open_host()?;

    let root = Path::new(ROOT);
    mounts::tmpfs(root, 4 << 20, 4096, "mode=0755")?;
    for link in links {
        symlink(&link.from, inside(root, &link.to)?)
            .with_context(|| format!("link {}", link.to.display()))?;
    }
    for source in system.iter().chain(&etc) {
        bind_read_only(root, source)?;
    }
    write_etc(root, mapping)?;
    proc(root)?;
    devices::build(root, devices, mapping)?;
    for folder in writable(spec) {
        writable_folder(root, &folder, mapping)?;
    }
    for source in &given {
        bind_read_only(root, source)?;
    }
    overlay::mount_all(root, &lower, spec.overlay_bytes, mapping, status)?;
    devices::seal(root)?;
    enter(root)
}

/// The system's folders: links to be copied, and folders to be bound.
fn system_sources() -> Result<(Vec<Bind>, Vec<Source>)> {
    let mut links = Vec::new();
    let mut binds = Vec::new();
    for name in SYSTEM.iter().map(Path::new) {
        match fs::symlink_metadata(name) {
            Ok(meta) if meta.is_symlink() => {
                let target = fs::read_link(name).with_context(|| format!("read link {}", name.display()))?;
                links.push(Bind::new(target, name));
            }
            Ok(_) => binds.push(Bind::same(name)),
            // Not every system has all of them.
            Err(_) => {}
        }
    }
    Ok((links, open_all(&binds)?))
}

fn etc_binds() -> Vec<Bind> {
    let all = ETC.iter().map(|name| Path::new("/etc").join(name));
    all.filter(|path| path.exists()).map(Bind::same).collect()
}

fn open_all(binds: &[Bind]) -> Result<Vec<Source>> {
    binds.iter().map(open_source).collect()
}

fn open_source(bind: &Bind) -> Result<Source> {
    ensure!(bind.to.is_absolute(), "bind {}: the path inside is not absolute", bind.to.display());
    let fd = open(&bind.from, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())
        .with_context(|| format!("open {}", bind.from.display()))?;
    let meta = fs::metadata(&bind.from).with_context(|| format!("look at {}", bind.from.display()))?;
    Ok(Source { fd, to: bind.to.clone(), is_dir: meta.is_dir() })
}

impl overlay::Lower for Source {
    fn host(&self) -> PathBuf {
        mounts::by_fd(&self.fd)
    }

    fn to(&self) -> &Path {
        &self.to
    }
}

/// The path below the new root at which `to` is being built.
pub(crate) fn inside(root: &Path, to: &Path) -> Result<PathBuf> {
    let relative = to.strip_prefix("/").with_context(|| format!("{} is not absolute", to.display()))?;
    Ok(root.join(relative))
}

fn bind_read_only(root: &Path, source: &Source) -> Result<()> {
    let to = inside(root, &source.to)?;
    mounts::place(&to, source.is_dir)?;
    let context = || format!("bind {}", source.to.display());
    let bind = MsFlags::MS_BIND | MsFlags::MS_REC;
    mount(Some(&mounts::by_fd(&source.fd)), &to, NONE, bind, NONE).with_context(context)?;
    mounts::restrict(&to, RO, Depth::All)
}

/// Names for the one user there is. No password file of the host is shown.
fn write_etc(root: &Path, mapping: Mapping) -> Result<()> {
    let id = mapping.inner_uid();
    let files = [
        ("passwd", format!("root:x:0:0:root:/:/bin/false\nstudent:x:{id}:{id}:student:/tmp:/bin/sh\n")),
        ("group", format!("root:x:0:\nstudent:x:{id}:\n")),
        ("hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n".to_owned()),
        ("hostname", "sandbox\n".to_owned()),
        ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n".to_owned()),
    ];
    let etc = root.join("etc");
    fs::create_dir_all(&etc).context("make /etc")?;
    files.iter().try_for_each(|(name, text)| {
        fs::write(etc.join(name), text).with_context(|| format!("write /etc/{name}"))
    })
}

fn proc(root: &Path) -> Result<()> {
    let at = root.join("proc");
    mounts::place(&at, true)?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mounts::make("proc", &at, "proc", flags, NONE).context("mount /proc")
}

/// The writable folders: the caller's, and `/tmp` and `/dev/shm` where the caller gave none.
pub(crate) fn writable(spec: &Spec) -> Vec<Tmpfs> {
    let defaults = [Tmpfs::new("/tmp", 64), Tmpfs::new("/dev/shm", 32)];
    let missing =
        defaults.into_iter().filter(|default| spec.tmpfs.iter().all(|given| given.at != default.at));
    missing.chain(spec.tmpfs.iter().cloned()).collect()
}

fn writable_folder(root: &Path, folder: &Tmpfs, mapping: Mapping) -> Result<()> {
    let at = inside(root, &folder.at)?;
    mounts::place(&at, true)?;
    let owner = mapping.builder_uid();
    let options = format!("mode=1777,uid={owner},gid={owner}");
    mounts::tmpfs(&at, folder.bytes, folder.inodes, &options)
}

/// Makes `root` the root and forgets the host's.
fn enter(root: &Path) -> Result<()> {
    mounts::restrict(root, RO, Depth::This)?;
    chdir(root).context("enter the new root")?;
    pivot_root(".", ".").context("pivot_root")?;
    umount2(".", MntFlags::MNT_DETACH).context("let go of the host's root")?;
    chdir("/").context("enter the new root")
}

/// Limits System V memory in this IPC namespace, forbids more user namespaces, and makes `/proc/sys` read-only.
pub(crate) fn seal_sysctls(mapping: Mapping, status: &Status) -> Result<()> {
    if let Err(error) = fs::write("/proc/sys/kernel/shmall", SHM_PAGES) {
        status.send(&Message::Note(format!("kernel.shmall: {error}; System V memory is not limited")))?;
    }
    // Without a user namespace of our own this knob is the host's: never touch it then.
    if mapping == Mapping::Namespace
        && let Err(error) = fs::write("/proc/sys/user/max_user_namespaces", "1")
    {
        status.send(&Message::Note(format!("user.max_user_namespaces: {error}")))?;
    }
    let at = Path::new("/proc/sys");
    mounts::make("/proc/sys", at, "", MsFlags::MS_BIND | MsFlags::MS_REC, NONE).context("bind /proc/sys")?;
    mounts::restrict(at, RO, Depth::All)
}
