//! Pure: where lanes stand in the drawing, in pixels.

use console::measure_text_width;

use super::super::picture::{Holder, Phase, Picture};

/// The height of a row.
pub(super) const ROW: usize = 22;
/// The width of the row numbers, left of all lanes.
pub(super) const NUMBERS: usize = 44;
/// The width of a stripe for a held end.
pub(super) const TRACK: usize = 13;
/// The room right of a lane's stripes for its line.
const LINE: usize = 22;

/// The whole drawing.
pub(super) struct Plan {
    pub(super) lanes: Vec<Place>,
    /// Of all lanes together, without the numbers.
    pub(super) width: usize,
}

/// A lane.
pub(super) struct Place {
    pub(super) x: usize,
    pub(super) width: usize,
    /// The middle of its line.
    pub(super) line: usize,
    /// How many columns its words may have.
    pub(super) columns: usize,
    /// A stripe for each end it holds: the pipe's place, the holder, and the track.
    pub(super) stripes: Vec<(usize, Holder, usize)>,
}

pub(super) fn plan(picture: &Picture) -> Plan {
    let most = match picture.lanes.len() {
        0..=3 => 40,
        4..=6 => 28,
        _ => 21,
    };
    let mut x = 0;
    let mut lanes = Vec::new();
    for lane in 0..picture.lanes.len() {
        let (stripes, tracks) = stripes(picture, lane);
        let columns = longest(picture, lane).clamp(12, most);
        let line = x + 6 + tracks * TRACK + LINE / 2;
        // A letter of this size has about 7 pixels.
        let width = 6 + tracks * TRACK + LINE + columns * 7 + 10;
        lanes.push(Place { x, width, line, columns, stripes });
        x += width;
    }
    Plan { lanes, width: x }
}

/// The longest words in a lane, in columns.
fn longest(picture: &Picture, lane: usize) -> usize {
    let own = picture.rows.iter().filter(|row| picture.items[row.item].process == lane);
    let words = own.map(|row| {
        let item = &picture.items[row.item];
        measure_text_width(if row.phase == Phase::Begin { &item.open } else { &item.short })
    });
    words.max().unwrap_or(0).max(measure_text_width(&picture.lanes[lane].label()))
}

/// Every hold of a lane on the first track that is free, and how many tracks that takes.
fn stripes(picture: &Picture, lane: usize) -> (Vec<(usize, Holder, usize)>, usize) {
    let mut own: Vec<(usize, &Holder)> = Vec::new();
    for (pipe, ends) in picture.pipes.iter().enumerate().map(|(number, pipe)| (number, &pipe.ends)) {
        own.extend(
            ends.iter()
                .flat_map(|(_, holders)| holders)
                .filter(|h| h.lane == lane && picture.shows(h))
                .map(|h| (pipe, h)),
        );
    }
    own.sort_by_key(|(_, holder)| holder.from);
    let mut free: Vec<usize> = Vec::new();
    let mut stripes = Vec::new();
    for (pipe, holder) in own {
        let track = free.iter().position(|&until| until <= holder.from).unwrap_or_else(|| {
            free.push(0);
            free.len() - 1
        });
        free[track] = holder.to.max(holder.from + 1);
        stripes.push((pipe, holder.clone(), track));
    }
    (stripes, free.len())
}
