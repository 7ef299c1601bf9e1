//! Builds what stands beside the reference: the alternative and the mutants, one after the other in one staged
//! workspace. Compilers leave the second core idle much of the time, so this goes on while checks run.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender};

use super::runs::{Bench, Programs, Ready};
use crate::bar::bar;
use crate::exit::usage;
use crate::interrupt;
use crate::patch::{self, Mutant};
use crate::stage::Stage;
use crate::{files, mutants, starter};

/// One thing that was built, or why it was not.
pub(super) enum Made {
    Alternative(anyhow::Result<Option<Programs>>),
    Mutant(Box<Mutant>, anyhow::Result<Programs>),
}

/// All that was built.
pub(super) struct Others {
    pub(super) alternative: anyhow::Result<Option<Programs>>,
    pub(super) ready: Vec<Ready>,
    /// The mutants that do not build.
    pub(super) problems: Vec<String>,
}

impl Others {
    /// Takes what comes until nothing comes any more; `count` is how much there will be.
    pub(super) fn collect(from: &Receiver<Made>, count: usize) -> Self {
        let mut others = Self { alternative: Ok(None), ready: Vec::new(), problems: Vec::new() };
        let bar = bar(count, "built");
        for made in from {
            bar.inc(1);
            match made {
                Made::Alternative(built) => others.alternative = built,
                Made::Mutant(mutant, Ok(programs)) => others.ready.push((*mutant, programs)),
                Made::Mutant(mutant, Err(error)) => {
                    others.problems.push(format!("mutant {}: {error:#}", mutant.name));
                }
            }
        }
        bar.finish_and_clear();
        others
    }
}

impl Bench<'_> {
    /// The lab's mutants, or the one named.
    ///
    /// # Errors
    /// When there is none of this name, or a patch cannot be read.
    pub(super) fn mutants(&self, only: Option<&str>) -> anyhow::Result<Vec<Mutant>> {
        let mut all = mutants::load(self.workspace, self.lab)?;
        all.retain(|mutant| only.is_none_or(|only| only == mutant.name));
        match only.filter(|_| all.is_empty()) {
            Some(only) => Err(usage(format!("lab {} has no mutant `{only}`", self.lab.manifest.id))),
            None => Ok(all),
        }
    }

    /// Builds the alternative, if it is wanted, then the mutants. After Ctrl-C the rest is missing.
    pub(super) fn build_others(&self, mutants: Vec<Mutant>, with_alternative: bool, to: &Sender<Made>) {
        let stage = match self.stage_and_source() {
            Ok(stage) => stage,
            Err(error) => return drop(to.send(Made::Alternative(Err(error)))),
        };
        let (stage, source) = stage;
        if with_alternative && to.send(Made::Alternative(self.build_alternative(&stage))).is_err() {
            return;
        }
        for mutant in mutants {
            if interrupt::is_set() {
                return;
            }
            let built = self.build(&stage, &mutant, &source);
            if to.send(Made::Mutant(Box::new(mutant), built)).is_err() {
                return;
            }
        }
    }

    fn stage_and_source(&self) -> anyhow::Result<(Stage<'_>, BTreeMap<String, String>)> {
        Ok((Stage::new(self.workspace, self.lab, &self.family)?, self.source()?))
    }

    /// The files of the reference, by path below the lab's folder.
    pub(super) fn source(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let Some(solution) = &self.lab.solution else { return Ok(BTreeMap::new()) };
        let texts = files::texts(&solution.join("src"), ".rs")?;
        Ok(texts.into_iter().map(|(path, text)| (format!("src/{path}"), text)).collect())
    }

    fn build_alternative(&self, stage: &Stage<'_>) -> anyhow::Result<Option<Programs>> {
        let Some(dir) = self.lab.solution.as_ref().map(|dir| dir.join("alternative")) else {
            return Ok(None);
        };
        let mut texts = self.starter_files()?;
        for (path, text) in files::texts(&dir, ".rs")? {
            texts.insert(path, starter::rename(&text, &self.lab.manifest));
        }
        stage.build("alternative", &texts).map(Some)
    }

    /// The files of the starter: whoever has nothing of their own under a name keeps what was given.
    fn starter_files(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let texts = files::texts(&self.lab.dir.join("src"), ".rs")?;
        Ok(texts.into_iter().map(|(path, text)| (format!("src/{path}"), text)).collect())
    }

    fn build(
        &self,
        stage: &Stage<'_>,
        mutant: &Mutant,
        source: &BTreeMap<String, String>,
    ) -> anyhow::Result<Programs> {
        let mut texts = source.clone();
        texts.extend(patch::apply(mutant, source).map_err(anyhow::Error::msg)?);
        for text in texts.values_mut() {
            *text = starter::rename(text, &self.lab.manifest);
        }
        stage.build(&mutant.name, &texts)
    }
}
