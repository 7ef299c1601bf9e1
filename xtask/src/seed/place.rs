//! How a build sees its stage, its dependencies and its toolchain. The seed and every submission are built by
//! the same command at the same places, or cargo would compile everything again.

use std::path::Path;

use sandbox::{Bind, Level};

/// Where the target folder is inside; the sandbox makes it.
pub const TARGET: &str = "/target";

/// With namespaces everything has a constant path inside. Without, there is only one tree, and what is seen
/// inside is where it really is.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The sandbox's level.
    pub level: Level,
    /// The seed's folder.
    pub seed: &'a Path,
    /// The folder with the workspace that is built.
    pub stage: &'a Path,
    /// The toolchain's folder.
    pub toolchain: &'a Path,
    /// The lab's package.
    pub package: &'a str,
}

impl Place<'_> {
    fn pick(&self, constant: &str, real: impl AsRef<Path>) -> String {
        match self.level {
            Level::Full => constant.to_owned(),
            Level::Reduced | Level::None => real.as_ref().to_string_lossy().into_owned(),
        }
    }

    /// The stage's path inside.
    #[must_use]
    pub fn stage(&self) -> String {
        self.pick("/sub", self.stage)
    }

    fn vendor(&self) -> String {
        self.pick("/vendor", self.seed.join("vendor"))
    }

    fn cargo_home(&self) -> String {
        self.pick("/cargo-home", self.seed.join("cargo-home"))
    }

    fn toolchain(&self) -> String {
        self.pick("/toolchain", self.toolchain)
    }

    /// What every build sees read-only.
    #[must_use]
    pub fn binds(&self) -> Vec<Bind> {
        vec![
            Bind::new(self.stage, self.stage()),
            Bind::new(self.seed.join("vendor"), self.vendor()),
            Bind::new(self.seed.join("cargo-home"), self.cargo_home()),
            Bind::new(self.toolchain, self.toolchain()),
        ]
    }

    /// A cargo command on the lab's package, with the dependencies from the seed.
    fn cargo(&self, command: &str, more: &[&str]) -> Vec<String> {
        let cargo = format!("{}/bin/cargo", self.toolchain());
        let vendored = format!("source.vendored.directory={:?}", self.vendor());
        let replace = "source.crates-io.replace-with=\"vendored\"";
        let words = [&cargo, command, "--offline", "--frozen", "--color=never", "--package", self.package];
        let config = ["--config", replace, "--config", &vendored];
        [&words[..], more, &config].concat().into_iter().map(str::to_owned).collect()
    }

    /// The command that compiles the lab's library and programs.
    #[must_use]
    pub fn build(&self) -> Vec<String> {
        self.cargo("build", &["--lib", "--bins"])
    }

    /// The command that removes the lab's own artifacts.
    #[must_use]
    pub fn clean(&self) -> Vec<String> {
        self.cargo("clean", &[])
    }

    /// The environment of every build: nothing of the caller's.
    #[must_use]
    pub fn env(&self) -> Vec<(String, String)> {
        let path = format!("{}/bin:/usr/bin:/bin", self.toolchain());
        let home = self.cargo_home();
        let pairs = [
            ("PATH", path.as_str()),
            ("LC_ALL", "C"),
            ("HOME", "/tmp"),
            ("CARGO_HOME", &home),
            ("CARGO_TARGET_DIR", TARGET),
            ("CARGO_TERM_QUIET", "true"),
            // Warnings would push the first error out of the kept output; errors, also by deny, stay.
            ("RUSTFLAGS", "-Awarnings"),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }
}
