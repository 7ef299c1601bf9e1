//! The conductor of the player: says when the next frame is due, stops the output for a while, and tells what happens.
//!
//! No clock: a tick is given when the frame before it is *settled*, that is when it was shown, lost, or got stuck with
//! somebody who waits. So the same thing happens on a slow machine and on a fast one.

use crate::player::{self, Player};
use crate::policy::Policy;
use crate::story::{self, Event};
use crate::{film, process};
use anyhow::{Context, Result};
use std::fs::File;

/// What is played, and when the output stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    /// Frames of the film.
    pub frames: u32,
    /// Frames that each buffer holds.
    pub depth: usize,
    /// The output is stopped after this frame,
    pub stop_after: u32,
    /// for so many ticks.
    pub stop_for: u32,
    /// What the decoder does when the buffer before the output is full.
    pub policy: Policy,
}

/// Plays the film and tells what happens, a line at a time. Whether the decoder held out to the end.
///
/// # Errors
/// When a process of the player fails in a way that its policy does not explain.
pub fn play(score: &Score, mut tell: impl FnMut(&str)) -> Result<bool> {
    let film: File = film::make(score.frames)?;
    let player = player::start(film, score.depth, score.policy)?;
    let processes = player.processes;
    let mut conductor = Conductor::new(player, &mut tell);
    conductor.play_on_time(1, score.stop_after)?;
    conductor.tell_shown();

    let late = score.stop_after + 1..=score.stop_after + score.stop_for;
    (conductor.tell)("the output stops");
    process::stop(processes[2])?;
    conductor.stands_still = true;
    for frame in late.clone() {
        conductor.tick()?;
        conductor.until(|seen| seen.is_settled(frame))?;
        if conductor.seen.gave_up {
            break;
        }
    }
    (conductor.tell)(&format!("frame {} is due, the output goes on", conductor.seen.due));
    conductor.stands_still = false;
    process::go_on(processes[2])?;
    conductor.until(|seen| late.clone().all(|frame| seen.is_done(frame)))?;
    if !conductor.seen.gave_up {
        conductor.play_on_time(late.end() + 1, score.frames)?;
    }
    conductor.tell_shown();
    conductor.finish(processes)
}

/// What the conductor knows from the story.
#[derive(Default)]
struct Seen {
    /// The last frame that has had its tick, that was read, that was decoded.
    due: u32,
    read: u32,
    decoded: u32,
    reader_waits: bool,
    decoder_waits: bool,
    gave_up: bool,
    /// The frames that were shown, each with the one that was due then; told ones are taken out.
    shown: Vec<(u32, u32)>,
    lost: Vec<u32>,
}

impl Seen {
    /// Whether nothing more will happen to the frame while the output stands still.
    fn is_settled(&self, frame: u32) -> bool {
        let stuck_before = self.decoder_waits && (self.read >= frame || self.reader_waits);
        self.decoded >= frame || stuck_before || self.gave_up
    }

    /// Whether the frame was shown or will never be.
    fn is_done(&self, frame: u32) -> bool {
        let never = self.lost.contains(&frame) || (self.gave_up && frame >= self.decoded);
        never || self.shown.iter().any(|(shown, _)| *shown == frame)
    }
}

struct Conductor<'a, T: FnMut(&str)> {
    player: Player,
    seen: Seen,
    /// The output is stopped. While it catches up, who waits for how long is chance, and is not told.
    stands_still: bool,
    tell: &'a mut T,
}

impl<'a, T: FnMut(&str)> Conductor<'a, T> {
    fn new(player: Player, tell: &'a mut T) -> Self {
        Self { player, seen: Seen::default(), stands_still: false, tell }
    }

    fn tick(&mut self) -> Result<()> {
        self.seen.due += 1;
        ipc_kit::write_all(&self.player.ticks, b"!").context("give a tick")
    }

    /// A tick, and the frame is shown; then the next.
    fn play_on_time(&mut self, first: u32, last: u32) -> Result<()> {
        for frame in first..=last {
            self.tick()?;
            self.until(|seen| seen.is_done(frame))?;
        }
        Ok(())
    }

    /// Reads the story until `enough`.
    fn until(&mut self, enough: impl Fn(&Seen) -> bool) -> Result<()> {
        while !enough(&self.seen) {
            let event = story::next(&self.player.story)?.context("all processes ended before their time")?;
            self.note(event);
        }
        Ok(())
    }

    fn note(&mut self, event: Event) {
        let seen = &mut self.seen;
        match event {
            Event::Read(frame) => (seen.read, seen.reader_waits) = (frame, false),
            Event::ReaderWaits(frame) => {
                seen.reader_waits = true;
                self.tell_wait(frame, "disk reader");
            }
            Event::Kept(frame) => (seen.decoded, seen.decoder_waits) = (frame, false),
            Event::Lost { frame, at } => {
                seen.decoded = at;
                seen.lost.push(frame);
                (self.tell)(&format!("frame {at}: the buffer is full, frame {frame} is lost"));
            }
            Event::DecoderWaits(frame) => {
                seen.decoder_waits = true;
                self.tell_wait(frame, "decoder");
            }
            Event::GaveUp(frame) => {
                (seen.gave_up, seen.decoded) = (true, frame);
                (self.tell)(&format!("frame {frame}: the buffer is full, the decoder gives up"));
            }
            Event::Shown(frame) => seen.shown.push((frame, seen.due)),
        }
    }

    fn tell_wait(&mut self, frame: u32, who: &str) {
        if self.stands_still {
            (self.tell)(&format!("frame {frame}: the buffer is full, the {who} waits"));
        }
    }

    /// The frames that were shown since the last telling: after their time, with the number of ticks, and on time.
    fn tell_shown(&mut self) {
        let (late, on_time): (Vec<_>, Vec<_>) =
            self.seen.shown.drain(..).partition(|(frame, due)| due > frame);
        let late: Vec<String> =
            late.iter().map(|(frame, due)| format!("{frame} by {}", due - frame)).collect();
        if !late.is_empty() {
            (self.tell)(&format!("shown late: {}", late.join(", ")));
        }
        let on_time: Vec<String> = on_time.iter().map(|(frame, _)| frame.to_string()).collect();
        if !on_time.is_empty() {
            (self.tell)(&format!("shown on time: {}", on_time.join(" ")));
        }
    }

    /// Ends the film, and waits for everybody.
    fn finish(self, processes: [nix::unistd::Pid; 3]) -> Result<bool> {
        let Seen { gave_up, decoded, lost, .. } = self.seen;
        drop(self.player);
        for process in processes {
            let code = process::end_of(process)?;
            anyhow::ensure!(gave_up || code == 0, "process {process} of the player ended with {code}");
        }
        let mut lost: Vec<String> = lost.iter().map(u32::to_string).collect();
        if gave_up {
            lost.push(format!("{decoded} and all after it"));
        } else if lost.is_empty() {
            lost.push("none".to_owned());
        }
        (self.tell)(&format!("lost: {}", lost.join(" ")));
        Ok(!gave_up)
    }
}
