//! The stage: a small workspace with one lab, made from the real manifests, in which submissions are built.
//!
//! Members are the lab and the course's own crates it depends on, without tests, dev-dependencies or build
//! scripts. The texts are made here without I/O; [`crate::seed`] writes them.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use toml::{Table, Value};

/// The manifests of a stage, by path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifests {
    /// Path below the stage, and text.
    pub files: BTreeMap<String, String>,
    /// The course's own crates the lab needs, by folder (`crates/ipc-kit`).
    pub crates: Vec<String>,
    /// The files of the lab's programs, by their path in the lab.
    pub programs: Vec<String>,
}

/// Makes the manifests. `root` is the workspace's manifest, `read` gives the manifest in a folder of it, `lab`
/// is the lab's folder (`labs/01-pipeline-shell`).
///
/// # Errors
/// When a manifest is no TOML or `read` fails.
pub fn manifests(root: &str, lab: &str, read: impl Fn(&str) -> Result<String>) -> Result<Manifests> {
    let root: Table = root.parse().context("read the workspace's Cargo.toml")?;
    let shared = table(&root, &["workspace", "dependencies"]).cloned().unwrap_or_default();
    let mut files = BTreeMap::new();
    let mut used = BTreeMap::new();
    let mut crates = Vec::new();
    let mut programs = Vec::new();
    let mut todo = vec![lab.to_owned()];
    while let Some(folder) = todo.pop() {
        let text = read(&folder)?;
        let manifest: Table = text.parse().with_context(|| format!("read {folder}/Cargo.toml"))?;
        let manifest = reduced(manifest);
        if folder == lab {
            programs = paths_of_programs(&manifest)?;
        }
        for name in table(&manifest, &["dependencies"]).into_iter().flat_map(Table::keys) {
            let Some(value) = shared.get(name) else { continue };
            used.insert(name.clone(), value.clone());
            if let Some(path) = value.get("path").and_then(Value::as_str)
                && !crates.contains(&path.to_owned())
            {
                crates.push(path.to_owned());
                todo.push(path.to_owned());
            }
        }
        files.insert(format!("{folder}/Cargo.toml"), manifest.to_string());
    }
    let members: Vec<&str> = crates.iter().map(String::as_str).chain([lab]).collect();
    files.insert("Cargo.toml".to_owned(), workspace(&root, &members, used).to_string());
    Ok(Manifests { files, crates, programs })
}

/// A program's file is the one it is declared with, or the one that cargo takes for it.
fn paths_of_programs(manifest: &Table) -> Result<Vec<String>> {
    let programs = manifest.get("bin").and_then(Value::as_array).context("the lab declares no [[bin]]")?;
    let path = |program: &Value| {
        let text = |key| program.get(key).and_then(Value::as_str);
        text("path").map(str::to_owned).or_else(|| Some(format!("src/bin/{}.rs", text("name")?)))
    };
    programs.iter().map(|program| path(program).context("a [[bin]] of the lab has no name")).collect()
}

/// A package with its library and its declared programs only.
fn reduced(mut manifest: Table) -> Table {
    for section in ["dev-dependencies", "build-dependencies", "test", "bench", "example"] {
        manifest.remove(section);
    }
    if let Some(package) = manifest.get_mut("package").and_then(Value::as_table_mut) {
        for automatic in ["autobins", "autotests", "autobenches", "autoexamples", "build"] {
            package.insert(automatic.to_owned(), Value::Boolean(false));
        }
    }
    manifest
}

fn workspace(root: &Table, members: &[&str], used: BTreeMap<String, Value>) -> Table {
    let mut workspace = Table::new();
    workspace.insert("resolver".to_owned(), "3".into());
    workspace
        .insert("members".to_owned(), Value::Array(members.iter().map(|&member| member.into()).collect()));
    workspace.insert("dependencies".to_owned(), Value::Table(used.into_iter().collect()));
    for section in ["package", "lints"] {
        if let Some(value) = table(root, &["workspace", section]) {
            workspace.insert(section.to_owned(), Value::Table(value.clone()));
        }
    }
    // No debug information: a panic names its line without it, and linking is most of a small build.
    let dev: Table = [("debug", false), ("incremental", false)]
        .map(|(name, value)| (name.to_owned(), Value::Boolean(value)))
        .into_iter()
        .collect();
    let profile = Table::from_iter([("dev".to_owned(), Value::Table(dev))]);
    Table::from_iter([
        ("workspace".to_owned(), Value::Table(workspace)),
        ("profile".to_owned(), Value::Table(profile)),
    ])
}

fn table<'a>(from: &'a Table, path: &[&str]) -> Option<&'a Table> {
    path.iter().try_fold(from, |table, name| table.get(*name)?.as_table())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = r#"
[workspace]
members = ["crates/*", "labs/*"]
[workspace.package]
edition = "2024"
[workspace.dependencies]
nix = { version = "0.31.3", features = ["fs"] }
clap = "4"
ipc-kit = { path = "crates/ipc-kit" }
testkit = { path = "crates/testkit" }
[workspace.lints.rust]
unsafe_code = "deny"
[profile.dev]
debug = "full"
"#;
    const LAB: &str = r#"
[package]
name = "lab01-x"
build = "build.rs"
[[bin]]
name = "psh"
path = "src/main.rs"
[[test]]
name = "spec"
[dependencies]
ipc-kit.workspace = true
[dev-dependencies]
testkit.workspace = true
"#;
    const KIT: &str = "[package]\nname = \"ipc-kit\"\n[dependencies]\nnix.workspace = true\n";

    fn made() -> Manifests {
        let read = |folder: &str| Ok(if folder == "labs/01-x" { LAB } else { KIT }.to_owned());
        manifests(ROOT, "labs/01-x", read).unwrap()
    }

    #[test]
    fn a_stage_has_only_the_lab_and_what_it_builds_on() {
        let made = made();
        assert_eq!(made.crates, ["crates/ipc-kit"]);
        assert_eq!(made.programs, ["src/main.rs"]);
        assert_eq!(
            made.files.keys().collect::<Vec<_>>(),
            ["Cargo.toml", "crates/ipc-kit/Cargo.toml", "labs/01-x/Cargo.toml"]
        );
        let root: Table = made.files["Cargo.toml"].parse().unwrap();
        let names = table(&root, &["workspace", "dependencies"]).unwrap().keys().collect::<Vec<_>>();
        assert_eq!(names, ["ipc-kit", "nix"]);
    }

    #[test]
    fn nothing_but_library_and_programs_is_built() {
        let lab: Table = made().files["labs/01-x/Cargo.toml"].parse().unwrap();
        assert!(!lab.contains_key("test") && !lab.contains_key("dev-dependencies"));
        assert_eq!(lab["package"]["build"], Value::Boolean(false));
        assert_eq!(lab["package"]["autobins"], Value::Boolean(false));
        assert_eq!(lab["bin"].as_array().unwrap().len(), 1);
    }
}
