//! The loop: waits for saves, keys, signals and the worker's news, lets the state decide, and does what it says.

use std::io;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError};
use std::time::Instant;

use anyhow::{Context as _, bail};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::EventFd;
use nix::sys::signalfd::SignalFd;

use crate::exit::{self, Exit};
use crate::interrupt;
use crate::progress::memory::Memory;
use crate::workspace::{Lab, Workspace};

use super::canvas::Canvas;
use super::saves::Saves;
use super::signals::{self, Wish};
use super::snapshot::Snapshot;
use super::state::{Act, Build, Phase, State};
use super::worker::{Job, News};
use super::{page, plain};

/// Where something comes from that asks for an act.
type Source<S> = fn(&mut S) -> anyhow::Result<Option<Act>>;

pub(super) struct Session<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) lab: Lab,
    pub(super) state: State,
    pub(super) saves: Saves,
    pub(super) snapshot: Snapshot,
    pub(super) signals: &'a SignalFd,
    /// `None`: plain mode.
    pub(super) canvas: Option<Canvas>,
    pub(super) jobs: Sender<Job>,
    pub(super) news: Receiver<News>,
    pub(super) bell: Arc<EventFd>,
    /// The editable files as they are being checked.
    pub(super) memory: Option<String>,
    pub(super) next_look: Instant,
    pub(super) is_spec_new: bool,
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        // The worker ends when its run is halted and nobody can give it a job, which is so when we are gone.
        interrupt::halt_run();
    }
}

impl Session<'_> {
    /// Works until somebody ends it.
    pub(super) fn run(&mut self) -> anyhow::Result<Exit> {
        if self.canvas.is_none() {
            plain::begin(&self.state)?;
        }
        if let Some(end) = self.act(Act::Build)? {
            return Ok(end);
        }
        loop {
            if let Some(canvas) = &mut self.canvas {
                canvas.draw(&self.state)?;
            }
            self.wait()?;
            while let Some(wish) = signals::take(self.signals)? {
                match wish {
                    Wish::End => return Ok(Exit::Interrupted),
                    Wish::Stop => self.stop()?,
                    Wish::Redraw => self.renew()?,
                }
            }
            // Each is done before the next is asked: what follows depends on it.
            let sources: [Source<Self>; 3] = [Self::hear, Self::typed, Self::look];
            for source in sources {
                if let Some(act) = source(self)?
                    && let Some(end) = self.act(act)?
                {
                    return Ok(end);
                }
            }
        }
    }

    /// Returns when there may be something to do.
    fn wait(&self) -> anyhow::Result<()> {
        let stdin = io::stdin();
        let mut fds = vec![self.signals.as_fd(), self.bell.as_fd()];
        fds.extend(self.saves.fd());
        if self.canvas.is_some() {
            fds.push(stdin.as_fd());
        }
        let mut fds: Vec<PollFd<'_>> = fds.into_iter().map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        let patience = self.next_look.saturating_duration_since(Instant::now());
        // Up to the next millisecond: a look that comes too early would only wait again.
        let millis = u16::try_from(patience.as_millis() + 1).unwrap_or(u16::MAX);
        match poll(&mut fds, PollTimeout::from(millis)) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(error) => Err(error).context("wait for something to happen"),
        }
    }

    /// What the worker tells.
    fn hear(&mut self) -> anyhow::Result<Option<Act>> {
        match self.bell.read() {
            Ok(_) | Err(Errno::EAGAIN) => {}
            Err(error) => return Err(error).context("read the worker's bell"),
        }
        loop {
            match self.news.try_recv() {
                Ok(news) => {
                    if let Some(act) = self.learn(news)? {
                        return Ok(Some(act));
                    }
                }
                Err(TryRecvError::Empty) => return Ok(None),
                Err(TryRecvError::Disconnected) => bail!("the thread that runs the checks has ended"),
            }
        }
    }

    /// Takes one piece of news; what follows from it, once the worker is idle.
    fn learn(&mut self, news: News) -> anyhow::Result<Option<Act>> {
        match news {
            News::Outcome(outcome) => {
                let note = self.state.outcome(outcome.clone());
                if self.canvas.is_none() {
                    plain::outcome(&self.state, &outcome)?;
                    note.iter().try_for_each(|note| plain::note(&note.text))?;
                }
                Ok(None)
            }
            News::Checked => Ok(Some(self.state.checked())),
            News::Built(build) => {
                if let Build::Refused(text) = &build {
                    self.memory().not_built(&exit::stop(Exit::DoesNotCompile, text.clone()));
                }
                if let (Some(canvas), false) = (&mut self.canvas, matches!(build, Build::Halted)) {
                    canvas.begin();
                }
                Ok(Some(self.state.built(build)))
            }
            News::Broken(error) => Err(error),
        }
    }

    /// What was typed.
    fn typed(&mut self) -> anyhow::Result<Option<Act>> {
        let Some(canvas) = &self.canvas else { return Ok(None) };
        let stdin = io::stdin();
        let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, PollTimeout::ZERO).context("look for keys")? == 0 {
            return Ok(None);
        }
        let Some(keys) = canvas.typed() else { return Ok(Some(Act::Quit)) };
        for key in keys {
            let act = self.state.key(key);
            if act != Act::Show {
                return Ok(Some(act));
            }
        }
        Ok(None)
    }

    /// Looks for saves, if an event or the time asks for it.
    fn look(&mut self) -> anyhow::Result<Option<Act>> {
        let had_event = self.saves.take();
        if !had_event && Instant::now() < self.next_look {
            return Ok(None);
        }
        let newer = Snapshot::take(&self.lab.dir);
        let changed = self.snapshot.changed(&newer);
        self.snapshot = newer;
        if !had_event {
            self.saves.looked(!changed.is_empty());
        }
        self.state.how = self.saves.how();
        self.next_look = Instant::now() + self.saves.patience();
        if changed.is_empty() {
            return Ok(None);
        }
        if changed.iter().any(|file| file == "lab.toml") {
            match self.workspace.lab(&self.lab.manifest.id) {
                Ok(lab) => {
                    self.state.set_manifest(lab.manifest.clone());
                    self.lab = lab;
                }
                Err(error) => {
                    self.state.refusal = Some(format!("{error:#}"));
                    if self.canvas.is_none() {
                        plain::rest(&self.state)?;
                    }
                    return Ok(None);
                }
            }
        }
        self.is_spec_new |= changed.iter().any(|file| !file.starts_with("src/"));
        let act = self.state.saved(changed);
        if self.canvas.is_none() {
            plain::saved(&self.state)?;
        }
        Ok(Some(act))
    }

    /// Does what the state has decided; the end, if it is one.
    fn act(&mut self, act: Act) -> anyhow::Result<Option<Exit>> {
        match act {
            Act::Show => {}
            Act::Build => {
                interrupt::allow_runs();
                self.memory = crate::sources::fingerprint(&self.lab);
                let is_spec_new = std::mem::take(&mut self.is_spec_new);
                self.give(Job::Build { lab: Box::new(self.lab.clone()), is_spec_new })?;
            }
            Act::Check(checks) => {
                if self.canvas.is_none() {
                    plain::checking(&self.state, &checks)?;
                }
                self.give(Job::Check(checks))?;
            }
            Act::Halt => interrupt::halt_run(),
            Act::Rest => self.rest()?,
            Act::Hint(milestone) => {
                let text = page::hints(self.workspace, &self.lab, &milestone);
                self.state.open_page(text.unwrap_or_else(|error| format!("{error:#}")));
            }
            Act::Explain(failure) => {
                let text = page::explanation(self.workspace, &self.lab, &failure);
                self.state.open_page(text.unwrap_or_else(|error| format!("{error:#}")));
            }
            Act::Quit => return Ok(Some(Exit::Done)),
        }
        Ok(None)
    }

    fn rest(&mut self) -> anyhow::Result<()> {
        if self.state.is_news {
            self.memory().checked(&self.state.board.fresh(&self.state.manifest), true);
        }
        if self.canvas.is_none() {
            if !self.state.is_news {
                self.state.notes.iter().try_for_each(|note| plain::note(&note.text))?;
            }
            plain::rest(&self.state)?;
        }
        Ok(())
    }

    fn memory(&self) -> Memory<'_> {
        Memory::of(self.workspace, &self.lab, self.memory.clone())
    }

    fn give(&self, job: Job) -> anyhow::Result<()> {
        self.jobs.send(job).ok().context("give the worker a job: it has ended")
    }

    fn renew(&mut self) -> anyhow::Result<()> {
        self.canvas.as_mut().map_or(Ok(()), Canvas::renew)
    }

    /// Ctrl-Z: nothing of ours runs while we are stopped, and the terminal is as it was.
    fn stop(&mut self) -> anyhow::Result<()> {
        let mut act = Act::Show;
        if self.state.phase != Phase::Waiting {
            // The state was busy, so this is a halt, and a build when the worker has ended.
            self.state.restart();
            interrupt::halt_run();
            act = loop {
                let news = self.news.recv().context("wait for the worker")?;
                if let Some(act) = self.learn(news)? {
                    break act;
                }
            };
        }
        if let Some(canvas) = &mut self.canvas {
            canvas.leave()?;
        }
        signals::stop()?;
        self.renew()?;
        self.act(act).map(drop)
    }
}
