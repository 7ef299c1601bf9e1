//! Where the kernel refuses: the next weaker way, named in the outcome.

use std::fs;

use sandbox::{Bind, End, Job, Level, Outcome};

use crate::harness::{Bench, bin, copy_program, run};

/// Inside a sandbox, `unshare` is refused as in a container. So there the sandbox itself falls back.
#[test]
fn without_namespaces_the_level_is_reduced_and_the_notes_say_why() {
    let bench = Bench::new();
    copy_program(&bin("sandbox-run"), &bench.path().join("bin/sandbox-run"));
    let mut inner = bench.spec(Level::Full, &["environment"]);
    inner.level = None;
    inner.ro = Vec::new();
    let json = serde_json::to_string(&inner).expect("encode the inner spec");
    fs::write(bench.path().join("bin/spec.json"), json).expect("write the inner spec");

    let mut outer = bench.spec(Level::Full, &[]);
    outer.limits.program.memfd = true;
    let script = "exec /probe/sandbox-run < /probe/spec.json";
    outer.job = Job::Exec { argv: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(), cwd: "/tmp".into() };
    let outer = run(&outer);
    assert_eq!(outer.end, End::Exited(0), "{}", outer.stderr.text());
    let inner: Outcome = serde_json::from_slice(&outer.stdout.bytes).expect("decode the inner outcome");

    // The probe's folder is not among the inner one's files, so Landlock refuses it: confined it is, too.
    assert!(matches!(&inner.end, End::SetupFailed(reason) if reason.contains("EACCES")), "{inner:?}");
    assert_eq!(inner.level, Level::Reduced);
    assert!(inner.notes[0].contains("level full failed: unshare: EPERM"), "{:?}", inner.notes);
}

#[test]
fn a_folder_that_cannot_be_overlaid_is_copied() {
    let bench = Bench::new();
    // overlayfs takes no folder of /proc as its lower one.
    let mut spec = bench.spec(Level::Full, &["write", "/copy/msg_max"]);
    spec.overlay = vec![Bind::new("/proc/sys/fs/mqueue", "/copy")];
    let outcome = run(&spec);
    assert_eq!(outcome.stdout.text(), "ok\n", "{outcome:?}");
    assert!(outcome.notes.iter().any(|note| note.contains("overlay /copy: EINVAL")), "{outcome:?}");
}

#[test]
fn a_level_that_is_asked_for_is_not_weakened() {
    let bench = Bench::new();
    let mut spec = bench.spec(Level::Full, &["environment"]);
    spec.ro = vec![Bind::same("/no/such/folder")];
    let outcome = run(&spec);
    assert!(
        matches!(&outcome.end, End::SetupFailed(reason) if reason.contains("/no/such/folder")),
        "{outcome:?}"
    );
    assert_eq!(outcome.level, Level::Full);
}

#[test]
fn runs_side_by_side_do_not_disturb_each_other() {
    let bench = Bench::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let mut spec = bench.spec(Level::Full, &["fork_bomb"]);
                    // The same slot for all: each must still get a uid, or a namespace, of its own.
                    spec.slot = 77;
                    assert_eq!(run(&spec).stdout.text(), "reached 62\n");
                }
            });
        }
    });
}
