//! Git repositories as submissions: what counts, and that nothing of them is obeyed.

mod course_kit;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::Command;

use course_kit::{Class, RIGHT, member, xtask};
use grader::score::Results;
use predicates::str::contains;

const WRONG: &str = "pub fn run() -> u8 { 3 }";
const LIB: &str = "src/lib.rs";

/// A checkout in a class.
struct Checkout<'a> {
    class: &'a Class,
    name: &'a str,
}

impl<'a> Checkout<'a> {
    fn new(class: &'a Class, name: &'a str) -> Self {
        fs::create_dir_all(class.folder.path().join(name)).unwrap();
        let checkout = Self { class, name };
        checkout.git(&["init", "--quiet", "--initial-branch=main"]);
        checkout
    }

    fn path(&self) -> PathBuf {
        self.class.folder.path().join(self.name)
    }

    fn file(&self, path: &str, text: &str) -> &Self {
        self.class.file(&format!("{}/{path}", self.name), text);
        self
    }

    fn git(&self, args: &[&str]) -> &Self {
        self.git_at("2026-01-01T00:00:00Z", args)
    }

    /// Git with the clock and the name of a student.
    fn git_at(&self, time: &str, args: &[&str]) -> &Self {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=x", "-c", "user.email=x@y", "-c", "protocol.file.allow=always"])
            .args(args);
        git.current_dir(self.path()).env("GIT_COMMITTER_DATE", time).env("GIT_AUTHOR_DATE", time);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        let output = git.output().expect("git starts");
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        self
    }

    fn commit(&self) -> &Self {
        self.commit_at("2026-01-01T00:00:00Z")
    }

    fn commit_at(&self, time: &str) -> &Self {
        self.git(&["add", "--all", "--force"])
            .git_at(time, &["commit", "--quiet", "--allow-empty", "-m", "x"])
    }
}

/// All notes about a member, on one line.
fn notes(results: &Results, name: &str) -> String {
    member(results, name).entry.notes.join(" | ")
}

#[test]
fn what_is_committed_counts_in_whatever_form_it_comes() {
    let class = Class::new();
    Checkout::new(&class, "checkout").file("labs/01-hello/src/lib.rs", RIGHT).commit();
    let packed = Checkout::new(&class, "packed");
    packed.file(LIB, WRONG).commit().file(LIB, RIGHT).commit().git(&["gc", "--quiet"]);
    packed.git(&["bundle", "create", "--quiet", "../alice.bundle", "HEAD", "main"]);
    packed.git(&["clone", "--quiet", "--bare", ".", "../bob.git"]);
    packed.git(&[
        "clone",
        "--quiet",
        "--depth",
        "1",
        &format!("file://{}", packed.path().display()),
        "../shallow",
    ]);
    let detached = Checkout::new(&class, "detached");
    detached.file(LIB, RIGHT).commit().git(&["checkout", "--quiet", "--detach"]);
    let changed = Checkout::new(&class, "changed");
    changed.file(LIB, RIGHT).commit().file(LIB, WRONG).file("src/new.rs", "");
    class.file("moodle/mine.zip", "x");
    fs::remove_file(class.folder.path().join("moodle/mine.zip")).unwrap();
    fs::copy(class.folder.path().join("alice.bundle"), class.folder.path().join("moodle/work.bundle"))
        .unwrap();

    let results = class.graded(&[]);
    for name in ["checkout", "packed", "alice", "bob", "shallow", "detached", "changed", "moodle"] {
        assert_eq!(member(&results, name).total, 100, "{name}: {}", notes(&results, name));
        assert!(notes(&results, name).contains("graded: commit "), "{name}: {}", notes(&results, name));
    }
    let told = notes(&results, "packed");
    assert!(
        told.contains("of main, dated 2026-01-01T00:00:00Z by the clock of whoever committed it"),
        "{told}"
    );
    assert!(notes(&results, "detached").contains("of a detached HEAD"));
    let told = notes(&results, "changed");
    assert!(
        told.contains("has changes that are not committed: not graded: src/lib.rs, src/new.rs"),
        "{told}"
    );
    assert!(!notes(&results, "checkout").contains("not committed"));
}

#[test]
fn with_a_date_the_last_commit_until_then_counts() {
    let class = Class::new();
    let alice = Checkout::new(&class, "alice");
    alice
        .file(LIB, RIGHT)
        .commit_at("2026-01-01T00:00:00Z")
        .file(LIB, WRONG)
        .commit_at("2026-02-01T00:00:00Z");
    Checkout::new(&class, "bob").file(LIB, RIGHT).commit_at("2026-02-01T00:00:00Z");
    let results = class.graded(&["--at", "2026-01-31T23:59:59Z"]);
    assert_eq!(member(&results, "alice").total, 100);
    assert_eq!(member(&results, "bob").total, 0);
    let told = &member(&results, "bob").summary;
    assert!(told.contains("it has no commit that is old enough"), "{told}");
    assert_eq!(member(&class.graded(&[]), "alice").total, 0);
    let told = contains("a moment in UTC is needed, as in 2026-11-30T23:59:59Z");
    xtask(&class.args(&["--at", "yesterday"])).assert().failure().stderr(told);
}

/// Functions that are not alike, so that whoever has them too has copied them.
fn long() -> String {
    let sign = |number: usize| ["+", "-", "*", "/", "%", "|", "^"][number % 7];
    let function = |n: usize| {
        let [a, b, c] = [n, n / 7 + n, n * n + 3].map(sign);
        format!("#[allow(dead_code)]\nfn f{n}(x: u8) -> u8 {{\n    (x {a} 3) {b} (x {c} 2)\n}}\n")
    };
    RIGHT.to_owned() + "\n" + &(0..60).map(function).collect::<String>()
}

#[test]
fn with_a_date_the_last_commit_until_then_is_compared() {
    let class = Class::new();
    for (name, first) in [("alice", long()), ("bob", WRONG.to_owned())] {
        let checkout = Checkout::new(&class, name);
        checkout.file(LIB, &first).commit_at("2026-01-01T00:00:00Z");
        checkout.file(LIB, &long()).file("README.md", name).commit_at("2026-02-01T00:00:00Z");
    }
    let (folder, out) = (class.folder.path().to_str().unwrap(), class.out.path().to_str().unwrap());
    let compare = |more: &[&str]| {
        let args = [&["similar", folder, "--lab", "01", "--out", out], more].concat();
        xtask(&args).assert().success();
        fs::read_to_string(class.out.path().join("similar.csv")).unwrap().contains("alice,bob,100")
    };
    assert!(compare(&[]));
    assert!(!compare(&["--at", "2026-01-31T23:59:59Z"]));
}

/// Each of these would start the program or change the files, if git were to read the student's settings or attributes.
#[test]
fn nothing_of_a_repository_is_obeyed() {
    let class = Class::new();
    let canary = class.out.path().join("canary");
    let program = class.out.path().join("program");
    fs::write(&program, format!("#!/bin/sh\ntouch {}\n", canary.display())).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let mallory = Checkout::new(&class, "mallory");
    let attributes = "*.rs filter=evil export-ignore export-subst diff=evil text eol=crlf\n";
    mallory.file(LIB, &format!("// $Format:%H$\n{RIGHT}")).file(".gitattributes", attributes).commit();
    let start = program.to_str().unwrap();
    let settings =
        ["core.fsmonitor", "core.sshCommand", "core.pager", "filter.evil.smudge", "filter.evil.clean"];
    for name in settings {
        mallory.git(&["config", name, start]);
    }
    mallory.git(&["config", "extensions.worktreeConfig", "true"]);
    for hook in ["post-checkout", "post-index-change", "reference-transaction"] {
        fs::copy(&program, mallory.path().join(".git/hooks").join(hook)).unwrap();
    }

    let results = class.graded(&[]);
    assert_eq!(member(&results, "mallory").total, 100, "{}", notes(&results, "mallory"));
    assert!(!canary.exists(), "a program of the repository was started");
    // The trap is a real one.
    Command::new("git").arg("status").current_dir(mallory.path()).output().unwrap();
    assert!(canary.exists(), "git itself starts no program here: this test shows nothing");
}

#[test]
fn what_cannot_be_used_is_told_in_one_line_and_spoils_nobody() {
    let class = Class::new();
    class.file("alice/src/lib.rs", RIGHT);
    Checkout::new(&class, "empty");
    Checkout::new(&class, "nothing of the lab").file("essay.txt", "sorry").commit();
    let corrupt = Checkout::new(&class, "corrupt");
    corrupt.file(LIB, RIGHT).commit().git(&["gc", "--quiet"]);
    for pack in fs::read_dir(corrupt.path().join(".git/objects/pack")).unwrap() {
        let pack = pack.unwrap().path();
        fs::set_permissions(&pack, fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(pack, "garbage").unwrap();
    }
    let borrowed = Checkout::new(&class, "borrowed");
    borrowed.file(LIB, RIGHT).commit();
    let objects = borrowed.path().join(".git/objects");
    fs::rename(&objects, class.out.path().join("elsewhere")).unwrap();
    fs::create_dir_all(objects.join("info")).unwrap();
    fs::write(objects.join("info/alternates"), format!("{}\n", class.out.path().join("elsewhere").display()))
        .unwrap();
    class.file("pointer/src/lib.rs", RIGHT).file("pointer/.git", "gitdir: /somewhere");
    class.file("linked/src/lib.rs", RIGHT);
    symlink(corrupt.path().join(".git"), class.folder.path().join("linked/.git")).unwrap();
    let huge = Checkout::new(&class, "huge");
    huge.file(LIB, RIGHT).commit();
    let pack = fs::File::create(huge.path().join(".git/objects/pack/pack-00.pack")).unwrap();
    pack.set_len(1 << 30).unwrap();
    class.file("cut.bundle", "# v2 git bundle\n");

    // Something may be in the damaged ones: they have no grade yet.
    xtask(&class.args(&[])).assert().code(4).stderr(contains("6 submissions have no grade yet"));
    let results = class.results();
    assert_eq!(member(&results, "alice").total, 100);
    let rows = [
        ("empty", "it has no commit on main"),
        ("nothing of the lab", "no editable file of 01-hello was found"),
        ("corrupt", "git cannot read it: "),
        ("borrowed", "git cannot read it: "),
        ("pointer", "its .git is no folder but points elsewhere"),
        ("linked", "its .git is no folder but points elsewhere"),
        ("huge", "its objects are larger than 128 MiB together"),
        ("cut", "it is a damaged bundle"),
    ];
    for (name, why) in rows {
        let member = member(&results, name);
        assert!(member.total == 0 && member.summary.contains(why), "{name}: {}", member.summary);
        assert!(!member.summary.contains('\n'), "{name}: {}", member.summary);
    }
}

#[test]
fn links_and_submodules_in_a_commit_are_refused_by_name() {
    let class = Class::new();
    let alice = Checkout::new(&class, "alice");
    alice.file(LIB, RIGHT);
    symlink("/etc/passwd", alice.path().join("src/secret.rs")).unwrap();
    alice.commit();
    let id = "0123456789abcdef0123456789abcdef01234567";
    alice.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{id},src/module")]);
    alice.git(&["commit", "--quiet", "-m", "x"]);
    let results = class.graded(&[]);
    let told = notes(&results, "alice");
    assert!(told.contains("src/secret.rs is a symbolic link: refused"), "{told}");
    assert!(told.contains("src/module is a submodule: refused"), "{told}");
}
