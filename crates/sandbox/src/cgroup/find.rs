//! Which hierarchies of control groups this process is in, and where it stands in them: `/proc/self/mountinfo` tells what
//! is mounted, `/proc/self/cgroup` the group. proc_pid_mountinfo(5), cgroups(7).

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

/// This process's own groups, below which those of the runs are made: so every limit around us stays in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// One hierarchy with all controllers.
    V2 { own: PathBuf },
    /// A hierarchy for each controller.
    V1 {
        memory: PathBuf,
        pids: PathBuf,
        /// The v2 hierarchy beside them, which has no controllers but `cgroup.kill`.
        unified: Option<PathBuf>,
    },
}

/// Reads both files' texts.
///
/// # Errors
/// Why there is no place, for the doctor.
pub(super) fn find(mountinfo: &str, cgroup: &str) -> Result<Place, String> {
    let mounts: Vec<Mount> = mountinfo.lines().filter_map(Mount::parse).collect();
    let unified = own_group(&mounts, cgroup, "");
    match (own_group(&mounts, cgroup, "memory"), own_group(&mounts, cgroup, "pids"), unified) {
        (Some(memory), Some(pids), unified) => Ok(Place::V1 { memory, pids, unified }),
        (None, None, Some(own)) => Ok(Place::V2 { own }),
        (None, None, None) => Err("no cgroup file system is mounted".to_owned()),
        (memory, ..) => {
            let missing = if memory.is_some() { "pids" } else { "memory" };
            Err(format!("no cgroup hierarchy with the controller {missing} is mounted"))
        }
    }
}

/// One mounted hierarchy.
struct Mount {
    /// The group that is seen at the mount point.
    root: PathBuf,
    at: PathBuf,
    /// v1's controllers; one empty name stands for v2, as in `/proc/self/cgroup`.
    controllers: Vec<String>,
}

impl Mount {
    /// `36 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory`; `None` for other file systems.
    fn parse(line: &str) -> Option<Self> {
        let (mount, file_system) = line.split_once(" - ")?;
        let mut words = mount.split(' ').skip(3);
        let (root, at) = (unescape(words.next()?), unescape(words.next()?));
        let words: Vec<&str> = file_system.split(' ').collect();
        let controllers = match words[..] {
            ["cgroup2", ..] => vec![String::new()],
            ["cgroup", _, options] => options.split(',').map(str::to_owned).collect(),
            _ => return None,
        };
        Some(Self { root, at, controllers })
    }
}

/// The folder of this process's group in the hierarchy of `controller`.
fn own_group(mounts: &[Mount], cgroup: &str, controller: &str) -> Option<PathBuf> {
    // `4:memory:/user.slice`; v2 has the line `0::/user.slice`.
    let path = cgroup.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let mut names = parts.next()?.split(',');
        names.any(|name| name == controller).then(|| parts.next())?
    })?;
    let group = Path::new(path);
    // A group outside of this cgroup namespace begins with `/..`: it cannot be reached.
    if group.components().any(|part| part == Component::ParentDir) {
        return None;
    }
    let fitting = mounts.iter().filter(|mount| mount.controllers.iter().any(|name| name == controller));
    fitting.filter_map(|mount| Some(mount.at.join(group.strip_prefix(&mount.root).ok()?))).next()
}

/// Undoes `\040` for a blank, `\011`, `\012` and `\134`.
fn unescape(word: &str) -> PathBuf {
    let mut bytes = Vec::new();
    let mut rest = word.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = std::str::from_utf8(tail.get(..3).unwrap_or_default()).unwrap_or_default();
        match u8::from_str_radix(code, 8) {
            Ok(byte) if *first == b'\\' => {
                bytes.push(byte);
                rest = &tail[3..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    OsString::from_vec(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n\
        34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n\
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n\
        39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n";
    const UNIFIED: &str = "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n";

    #[test]
    fn version_1_has_a_hierarchy_for_each_controller() {
        let own = "4:memory:/a/b\n3:cpu,pids:/\n1:name=systemd:/x\n0::/c\n";
        let place = |unified| Place::V1 {
            memory: "/sys/fs/cgroup/memory/a/b".into(),
            pids: "/sys/fs/cgroup/pids".into(),
            unified,
        };
        assert_eq!(find(V1, own), Ok(place(None)));
        let unified = Some("/sys/fs/cgroup/unified/c".into());
        assert_eq!(find(&format!("{V1}{UNIFIED}"), own), Ok(place(unified)));
    }

    #[test]
    fn version_2_is_one_hierarchy() {
        let mounted = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
        let own = PathBuf::from("/sys/fs/cgroup/user.slice/run-u1.scope");
        assert_eq!(find(mounted, "0::/user.slice/run-u1.scope\n"), Ok(Place::V2 { own }));
    }

    #[test]
    fn a_mount_may_show_a_part_of_the_hierarchy_only() {
        let mounted = "30 23 0:26 /docker/ab /sys/fs/my\\040cgroup rw - cgroup2 cgroup2 rw\n";
        assert_eq!(find(mounted, "0::/docker/ab/c\n"), Ok(Place::V2 { own: "/sys/fs/my cgroup/c".into() }));
        assert!(find(mounted, "0::/docker/other\n").is_err());
        assert!(find(mounted, "0::/../other\n").is_err());
    }

    #[test]
    fn what_is_missing_is_named() {
        let no_pids: String =
            V1.lines().filter(|line| !line.contains("pids")).map(|l| format!("{l}\n")).collect();
        assert!(find(&no_pids, "4:memory:/\n8:pids:/\n").unwrap_err().contains("controller pids"));
        assert!(find("", "").unwrap_err().contains("no cgroup file system"));
        assert!(find("nonsense\n1 2 3 - \n", "nonsense\n0:\n").is_err());
    }
}
