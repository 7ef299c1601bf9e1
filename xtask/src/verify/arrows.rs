//! Pure: which package may depend on which, read from `cargo metadata`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What a lab's programs may use: short, because every student compiles it.
const LAB: [&str; 5] = ["anyhow", "ipc-kit", "libc", "memmap2", "nix"];

/// What one lab may use besides: its subject is what the library checks.
const LAB_ONLY: [(&str, &str); 1] = [("07-shm-ring", "loom")];

/// What a lab's specification may use besides.
const LAB_TESTS: [&str; 4] = ["assert_cmd", "predicates", "rstest", "testkit"];

/// What a solution's own tests may use besides: no student gets them, and the specification does not see it.
const SOLUTION_TESTS: [&str; 3] = ["sandbox", "serde_json", "tempfile"];

/// The part of `cargo metadata` that is looked at.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Dependency {
    name: String,
    req: String,
    kind: Option<String>,
    path: Option<PathBuf>,
    features: Vec<String>,
    uses_default_features: bool,
}

impl Dependency {
    fn is_for_tests(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }
}

/// Every arrow that must not be, and every solution whose dependencies are not its lab's.
#[must_use]
pub(super) fn problems(metadata: &Metadata, root: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    for package in &metadata.packages {
        let room = room(package, root);
        for dependency in &package.dependencies {
            let is_allowed = match room {
                "labs" => is_for_lab(package, dependency),
                "solutions" => is_for_lab(package, dependency) || is_for_own_tests(dependency),
                _ => dependency.path.is_none() || is_inside(room, dependency),
            };
            if !is_allowed {
                problems.push(format!("{} must not depend on {}", package.name, dependency.name));
            }
        }
        if room == "solutions" {
            problems.extend(twin(package, &metadata.packages));
        }
    }
    problems
}

/// The folder that gives a package its rights: `xtask`, `labs`, `solutions`, `lectures`, or a tool's name.
fn room<'a>(package: &'a Package, root: &Path) -> &'a str {
    let path = package.manifest_path.strip_prefix(root).unwrap_or(&package.manifest_path);
    let first = path.components().next().and_then(|part| part.as_os_str().to_str());
    match first {
        Some("labs") => "labs",
        Some("solutions") => "solutions",
        Some("crates")
            if !["sandbox", "autopsy", "tracer", "testkit", "ipc-kit", "lecture-kit", "bench"]
                .contains(&package.name.as_str()) =>
        {
            "lectures"
        }
        _ => &package.name,
    }
}

/// A package of ours that this room may use. The tests of the autopsy read programs in a sandbox, as a referee does.
fn is_inside(room: &str, dependency: &Dependency) -> bool {
    let name = dependency.name.as_str();
    let for_tests = [("autopsy", "sandbox"), ("lectures", "lecture-kit")];
    inside(room).contains(&name) || (for_tests.contains(&(room, name)) && dependency.is_for_tests())
}

/// Which packages of ours a room may use.
fn inside(room: &str) -> &'static [&'static str] {
    match room {
        "xtask" | "testkit" => &["autopsy", "sandbox", "tracer"],
        "lectures" => &["ipc-kit"],
        "bench" => &["ipc-kit", "tracer"],
        _ => &[],
    }
}

fn is_for_lab(package: &Package, dependency: &Dependency) -> bool {
    let name = dependency.name.as_str();
    let only = LAB_ONLY.iter().any(|&(lab, library)| package.name.ends_with(lab) && name == library);
    only || LAB.contains(&name) || (dependency.is_for_tests() && LAB_TESTS.contains(&name))
}

fn is_for_own_tests(dependency: &Dependency) -> bool {
    dependency.is_for_tests() && SOLUTION_TESTS.contains(&dependency.name.as_str())
}

/// A solution may use what its lab may use, or the reference could do what no student can.
fn twin(solution: &Package, packages: &[Package]) -> Option<String> {
    let name = solution.name.replacen("sol", "lab", 1);
    let Some(lab) = packages.iter().find(|package| package.name == name) else {
        return Some(format!("{} has no lab {name}", solution.name));
    };
    let set = |package: &Package| {
        let shared = package.dependencies.iter().filter(|dependency| !is_for_own_tests(dependency));
        shared.cloned().collect::<BTreeSet<_>>()
    };
    let (own, labs) = (set(solution), set(lab));
    let names: BTreeSet<&str> = own.symmetric_difference(&labs).map(|d| d.name.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    (!names.is_empty()).then(|| format!("{} and {name} differ in: {}", solution.name, names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn package(dir: &str, name: &str, dependencies: &[(&str, bool, bool)]) -> serde_json::Value {
        let dependencies: Vec<_> = dependencies
            .iter()
            .map(|(name, is_ours, is_dev)| {
                serde_json::json!({"name": name, "req": "*", "kind": is_dev.then_some("dev"),
                    "path": is_ours.then(|| format!("/w/crates/{name}")), "features": [], "uses_default_features": true})
            })
            .collect();
        serde_json::json!({"name": name, "manifest_path": format!("/w/{dir}/Cargo.toml"), "dependencies": dependencies})
    }

    fn told(packages: &[serde_json::Value]) -> Vec<String> {
        let metadata = serde_json::from_value(serde_json::json!({ "packages": packages })).unwrap();
        problems(&metadata, Path::new("/w"))
    }

    #[test]
    fn the_arrows_of_the_design_are_fine() {
        let lab = [
            ("ipc-kit", true, false),
            ("nix", false, false),
            ("testkit", true, true),
            ("rstest", false, true),
        ];
        let told = told(&[
            package(
                "xtask",
                "xtask",
                &[("sandbox", true, false), ("tracer", true, false), ("serde", false, false)],
            ),
            package("crates/testkit", "testkit", &[("sandbox", true, false), ("tracer", true, false)]),
            package("crates/tracer", "tracer", &[("nix", false, false)]),
            package("crates/autopsy", "autopsy", &[("sandbox", true, true)]),
            package("crates/pipeline-shell", "pipeline-shell", &[("ipc-kit", true, false)]),
            package("labs/01-a", "lab01-a", &lab),
            package("labs/07-shm-ring", "lab07-shm-ring", &[("loom", false, false)]),
            package("solutions/01-a", "sol01-a", &[&lab[..], &[("sandbox", true, true)]].concat()),
        ]);
        assert!(told.is_empty(), "{told:?}");
    }

    #[rstest]
    #[case::lecture("labs/01-a", "lab01-a", ("pipeline-shell", true, false))]
    #[case::testkit_in_production("labs/01-a", "lab01-a", ("testkit", true, false))]
    #[case::another_library("labs/01-a", "lab01-a", ("tokio", false, false))]
    #[case::a_model_checker_elsewhere("labs/01-a", "lab01-a", ("loom", false, false))]
    #[case::the_sandbox_in_a_specification("labs/01-a", "lab01-a", ("sandbox", true, true))]
    #[case::the_sandbox_knows_nobody("crates/sandbox", "sandbox", ("testkit", true, false))]
    #[case::the_tracer_knows_nobody("crates/tracer", "tracer", ("testkit", true, false))]
    #[case::the_benchmark_knows_no_lab("crates/bench", "bench", ("shm-ring", true, false))]
    #[case::the_autopsy_only_reads("crates/autopsy", "autopsy", ("sandbox", true, false))]
    #[case::the_runner_knows_no_lab("xtask", "xtask", ("lab01-a", true, false))]
    #[case::a_lecture_stands_alone("crates/signals", "signals", ("pipeline-shell", true, false))]
    fn an_arrow_that_must_not_be_is_told(
        #[case] dir: &str,
        #[case] name: &str,
        #[case] dependency: (&str, bool, bool),
    ) {
        let told = told(&[package(dir, name, &[dependency])]);
        assert_eq!(told, [format!("{name} must not depend on {}", dependency.0)]);
    }

    #[test]
    fn a_solution_with_more_than_its_lab_is_told() {
        let told = told(&[
            package("labs/01-a", "lab01-a", &[("nix", false, false)]),
            package("solutions/01-a", "sol01-a", &[("nix", false, false), ("libc", false, false)]),
        ]);
        assert_eq!(told, ["sol01-a and lab01-a differ in: libc"]);
    }
}
