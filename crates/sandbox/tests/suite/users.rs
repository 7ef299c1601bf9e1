//! The same suite as an ordinary user.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::harness::{BINS, bin, copy_program};

/// `nobody` on every Linux system.
const NOBODY: u32 = 65_534;

/// Copies everything to a folder that `nobody` can read (a checkout in a home of mode 0700 is none) and runs it there.
#[test]
fn everything_holds_for_an_ordinary_user_too() {
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: the rows for root, because the tests were started by an ordinary user");
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("give the folder away");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("open the folder");
    for name in ["sandbox-probe", "sandbox-referee", "sandbox-run"] {
        copy_program(&bin(name), &folder.path().join(name));
    }
    let suite = folder.path().join("suite");
    copy_program(&std::env::current_exe().expect("this binary"), &suite);
    let scratch = folder.path().join("tmp");
    fs::create_dir(&scratch).expect("make a folder for the suite");
    chown(&scratch, Some(NOBODY), Some(NOBODY)).expect("give the folder away");
    let output = Command::new(&suite)
        .args(["--test-threads", "2"])
        .env(BINS, folder.path())
        .env("TMPDIR", &scratch)
        .current_dir("/")
        .uid(NOBODY)
        .gid(NOBODY)
        .output()
        .expect("start the suite as nobody");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "as uid {NOBODY}:\n{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("test result: ok"), "{said}");
    let left: Vec<_> = fs::read_dir(&scratch).expect("list what is left").collect();
    assert!(left.is_empty(), "the suite left {left:?}");
}
