//! Who is measured, and with which programs: yours and the reference are given as arguments, peers are looked for.

use std::collections::BTreeMap;
use std::env;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::experiment::Role;

/// Somebody who does a lab's work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contender {
    /// Its name in tables and pictures.
    pub name: String,
    /// Who it is.
    pub role: Role,
    programs: BTreeMap<String, PathBuf>,
}

/// A peer that a lab's module would like to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its name in tables and pictures.
    pub name: &'static str,
    /// Which of the lab's programs it stands for.
    pub plays: &'static str,
    /// The file to run.
    pub program: &'static str,
    /// Where it comes from.
    pub from: Origin,
}

/// Where a peer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A Debian package of this name, if it is installed.
    Debian(&'static str),
    /// The folder that `crates/bench-peers` was built into.
    Built,
}

impl Contender {
    /// One with these programs.
    #[must_use]
    pub fn new(name: &str, role: Role, programs: BTreeMap<String, PathBuf>) -> Self {
        Self { name: name.to_owned(), role, programs }
    }

    /// The file to run for a program of the contract.
    ///
    /// # Errors
    /// When it was not given.
    pub fn program(&self, name: &str) -> anyhow::Result<&Path> {
        self.find(name).with_context(|| format!("no program `{name}` was given"))
    }

    /// The same where it is no error that there is none: a peer may do a part of a lab's work only.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Path> {
        self.programs.get(name).map(PathBuf::as_path)
    }

    /// All files that were given.
    pub fn programs(&self) -> impl Iterator<Item = &Path> {
        self.programs.values().map(PathBuf::as_path)
    }
}

/// Those whom arguments `yours/ring=PATH` name, in the order of their roles.
///
/// # Errors
/// When an argument has another form, names another role, or a file that cannot be run.
pub fn given(arguments: &[String]) -> anyhow::Result<Vec<Contender>> {
    let mut found: BTreeMap<Role, BTreeMap<String, PathBuf>> = BTreeMap::new();
    for argument in arguments {
        let parts = argument.split_once('=').and_then(|(who, path)| Some((who.split_once('/')?, path)));
        let Some(((role, program), path)) = parts else {
            bail!("--program {argument}: a value such as yours/ring=PATH is needed");
        };
        let role = match role {
            "yours" => Role::Yours,
            "reference" => Role::Reference,
            _ => bail!("--program {argument}: `{role}` is neither `yours` nor `reference`"),
        };
        let path = std::path::absolute(path).with_context(|| format!("find {path}"))?;
        if !is_program(&path) {
            bail!("--program {argument}: {} is no program", path.display());
        }
        found.entry(role).or_default().insert(program.to_owned(), path);
    }
    Ok(found.into_iter().map(|(role, programs)| Contender::new(&role.to_string(), role, programs)).collect())
}

/// The peers that are here, and a line for each that is not.
#[must_use]
pub fn peers(wanted: &[Peer], built: Option<&Path>) -> (Vec<Contender>, Vec<String>) {
    // A module may run them in another folder.
    let built = built.and_then(|folder| std::path::absolute(folder).ok());
    let (mut here, mut missing) = (Vec::new(), Vec::new());
    for peer in wanted {
        let path = match peer.from {
            Origin::Debian(_) => in_path(peer.program),
            Origin::Built => {
                built.as_ref().map(|folder| folder.join(peer.program)).filter(|path| is_program(path))
            }
        };
        match (path, peer.from) {
            (Some(path), _) => {
                let programs = BTreeMap::from([(peer.plays.to_owned(), path)]);
                here.push(Contender::new(peer.name, Role::Peer, programs));
            }
            (None, Origin::Debian(package)) => {
                missing.push(format!("{}: not installed (Debian: apt-get install {package})", peer.name));
            }
            (None, Origin::Built) => missing.push(format!("{}: crates/bench-peers is not built", peer.name)),
        }
    }
    (here, missing)
}

/// The file that a shell would run for this name.
#[must_use]
pub fn in_path(program: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(argument: &str) -> String {
        given(&[argument.to_owned()]).unwrap_err().to_string()
    }

    #[test]
    fn programs_are_given_by_role_and_name() {
        let all = given(&["reference/ring=/bin/cat", "yours/ring=/bin/true"].map(str::to_owned)).unwrap();
        assert_eq!(all.iter().map(|one| one.role).collect::<Vec<_>>(), [Role::Yours, Role::Reference]);
        assert_eq!(all[0].program("ring").unwrap(), Path::new("/bin/true"));
        assert!(all[0].program("rpcd").is_err());
    }

    #[test]
    fn an_argument_that_makes_no_sense_is_refused_with_its_text() {
        assert!(refused("ring=/bin/true").starts_with("--program ring=/bin/true: a value such as"));
        assert!(refused("his/ring=/bin/true").contains("`his` is neither"));
        assert!(refused("yours/ring=/etc/passwd").contains("/etc/passwd is no program"));
        assert!(refused("yours/ring=/nowhere").contains("/nowhere is no program"));
    }

    #[test]
    fn a_missing_peer_is_named_with_the_way_to_get_it() {
        let wanted = [
            Peer { name: "sh", plays: "psh", program: "sh", from: Origin::Debian("dash") },
            Peer { name: "none", plays: "psh", program: "no-such-shell", from: Origin::Debian("some-shell") },
            Peer { name: "built", plays: "psh", program: "no-such-peer", from: Origin::Built },
        ];
        let (here, missing) = peers(&wanted, None);
        assert_eq!(here.len(), 1);
        assert_eq!(
            missing,
            [
                "none: not installed (Debian: apt-get install some-shell)",
                "built: crates/bench-peers is not built"
            ]
        );
    }
}
