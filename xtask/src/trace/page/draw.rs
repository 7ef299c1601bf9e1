//! Pure: the lanes as SVG. Rows go down, a lane is a column; arrows say who made whom, where bytes went, and
//! why an end of file came. It is cut into pieces of some rows, so that it can be printed.

use std::collections::HashMap;

use maud::{Markup, html};
use tracer::{GaveUp, Side};

use super::super::picture::{Lasts, Picture};
use super::plan::{NUMBERS, Plan, ROW, TRACK, plan};

/// Rows of one piece.
const PIECE: usize = 24;
/// More rows are not drawn: no browser would show them.
const ROWS: usize = 2000;
/// Room under the last row for what never came.
pub(super) const FOOT: usize = 54;

/// Something drawn, with the pixels from top to bottom that it takes.
pub(super) struct Shape {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) markup: Markup,
}

/// The lanes of a picture.
pub(super) fn lanes(id: char, picture: &Picture) -> Markup {
    let plan = plan(picture);
    let rows = picture.rows.len().min(ROWS);
    let mut places = HashMap::new();
    for (number, row) in picture.rows[..rows].iter().enumerate() {
        places.entry(row.item).or_insert((number, number)).1 = number;
    }
    let drawing = Drawing { id, picture, plan: &plan, rows, places };
    let shapes = drawing.shapes();
    let height = rows * ROW + if picture.blame.waits.is_empty() { 6 } else { FOOT };
    let pieces: Vec<(usize, usize)> =
        (0..height).step_by(PIECE * ROW).map(|top| (top, (top + PIECE * ROW).min(height))).collect();
    html! {
        div.lanes tabindex="0" role="region" aria-label="Lanes" {
            div.heads style={ "width:" (plan.width + NUMBERS) "px" } {
                div.corner {}
                @for (lane, place) in picture.lanes.iter().zip(&plan.lanes) {
                    div.head style={ "left:" (place.x + NUMBERS) "px;width:" (place.width) "px" } title=(lane.command) {
                        strong { (lane.name) } " " small { (lane.pid) }
                    }
                }
            }
            @for (top, bottom) in pieces {
                div.piece style={ "--columns:" (NUMBERS) "fr " (plan.width) "fr;--total:" (NUMBERS + plan.width) "px" } {
                    (names(picture, &plan))
                    (numbers(id, rows, top, bottom))
                    svg width=(plan.width) height=(bottom - top) viewBox={ "0 " (top) " " (plan.width) " " (bottom - top) } {
                        @for shape in shapes.iter().filter(|shape| shape.from < bottom && shape.to > top) { (shape.markup) }
                    }
                }
            }
        }
        @if rows < picture.rows.len() {
            p.warning { "Drawn are the first " (rows) " of " (picture.rows.len()) " rows." }
        }
    }
}

/// The names of the lanes, for paper only: each piece may stand on a page of its own.
fn names(picture: &Picture, plan: &Plan) -> Markup {
    html! {
        svg.names width=(plan.width) height=(ROW) viewBox={ "0 0 " (plan.width) " " (ROW) } aria-hidden="true" {
            @for (lane, place) in picture.lanes.iter().zip(&plan.lanes) {
                text x=(place.x + 6) y="15" { (lane.label()) }
            }
        }
    }
}

/// The row numbers of one piece: they stay in sight when the lanes are moved sideways.
fn numbers(id: char, rows: usize, top: usize, bottom: usize) -> Markup {
    html! {
        svg.numbers width=(NUMBERS) height=(bottom - top) viewBox={ "0 " (top) " " (NUMBERS) " " (bottom - top) } {
            @for row in (top / ROW)..rows.min(bottom / ROW) {
                text x=(NUMBERS - 8) y=(middle(row) + 4) { (row + 1) }
                a href={ "#" (id) (row + 1) } aria-label={ "row " (row + 1) } tabindex="-1" {
                    rect.row x="0" y=(row * ROW) width=(NUMBERS) height=(ROW) {}
                }
            }
        }
    }
}

pub(super) struct Drawing<'a> {
    pub(super) id: char,
    pub(super) picture: &'a Picture,
    pub(super) plan: &'a Plan,
    pub(super) rows: usize,
    /// The first and the last row of each item that is drawn.
    pub(super) places: HashMap<usize, (usize, usize)>,
}

/// The middle of a row.
pub(super) fn middle(row: usize) -> usize {
    row * ROW + ROW / 2
}

/// Where a line between lanes runs, under the words of a row.
pub(super) fn elbow(row: usize) -> usize {
    middle(row) + ROW / 2 - 3
}

impl Drawing<'_> {
    /// From the back to the front.
    fn shapes(&self) -> Vec<Shape> {
        let mut shapes = self.grid();
        for lane in 0..self.picture.lanes.len() {
            self.life(lane, &mut shapes);
            self.stripes(lane, &mut shapes);
        }
        self.arrows(&mut shapes);
        for row in 0..self.rows {
            shapes.push(self.mark(row));
        }
        for lane in 0..self.picture.lanes.len() {
            shapes.extend(self.foot(lane));
            shapes.extend(self.reasons(lane));
        }
        shapes
    }

    fn grid(&self) -> Vec<Shape> {
        let line = |row: usize| {
            let (y, width) = (row * ROW, self.plan.width);
            let markup = html! { line.grid x1="0" x2=(width) y1=(y) y2=(y) {} };
            Shape { from: y.saturating_sub(1), to: y + 1, markup }
        };
        (1..=self.rows).map(line).collect()
    }

    /// The line of a process, from the fork that made it, and what lasts in it.
    fn life(&self, lane: usize, shapes: &mut Vec<Shape>) {
        let (process, x) = (&self.picture.lanes[lane], self.plan.lanes[lane].line);
        // A child hangs from the elbow of its parent's fork.
        let from = process.born.map_or_else(|| middle(process.from), elbow);
        let to = middle(process.to.min(self.rows).saturating_sub(1));
        let end = if process.to >= self.rows { self.rows * ROW } else { to };
        shapes.push(Shape { from, to: end, markup: html! { line.life x1=(x) x2=(x) y1=(from) y2=(end) {} } });
        for span in process.spans.iter().filter(|span| span.from < self.rows) {
            let (from, to) = (middle(span.from), middle(span.to.min(self.rows - 1)));
            let to = if span.kind == Lasts::Stuck { self.rows * ROW + 4 } else { to };
            let class = match span.kind {
                Lasts::Blocked => "span sleeps",
                Lasts::Stuck => "span hangs",
                Lasts::Folded => "span folded",
            };
            let height = to.saturating_sub(from);
            let markup = html! { rect class=(class) x=(x - 4) y=(from) width="8" height=(height) rx="3" {} };
            shapes.push(Shape { from, to, markup });
        }
    }

    /// A stripe for each end that a process holds: full for a write end, hollow for a read end.
    fn stripes(&self, lane: usize, shapes: &mut Vec<Shape>) {
        let place = &self.plan.lanes[lane];
        for (pipe, holder, track) in &place.stripes {
            if holder.from >= self.rows {
                continue;
            }
            let name = &self.picture.pipes[*pipe].name;
            let x = place.x + 6 + track * TRACK;
            let from = holder.from * ROW + 4;
            let to = match holder.gave_up {
                Some(_) => middle(holder.to.min(self.rows)).max(from + 15),
                None => self.rows * ROW + 4,
            };
            let side = if holder.side == Side::Read { "r" } else { "w" };
            let class =
                format!("stripe p{} {side}{}", pipe % 8, if holder.is_forgotten { " forgotten" } else { "" });
            let words = self.hold_words(name, holder.fd, side, lane, holder.gave_up);
            let markup = html! {
                g class=(class) {
                    title { (words) }
                    rect.bar x=(x + 3) y=(from + 7) width="5" height=(to.saturating_sub(from + 7)) {}
                    rect.tag x=(x) y=(from) width="11" height="13" rx="2" {}
                    text x=(x as f64 + 5.5) y=(from + 10) { (name) }
                }
            };
            shapes.push(Shape { from, to, markup });
        }
    }

    fn hold_words(&self, pipe: &str, fd: i32, side: &str, lane: usize, gave_up: Option<GaveUp>) -> String {
        let how = match gave_up {
            Some(GaveUp::Closed) => "closes it",
            Some(GaveUp::Exec) => "closes it by exec",
            Some(GaveUp::Ended) => "closes it by ending",
            None => "never closes it",
        };
        format!("{} holds {pipe}.{side} as fd {fd} and {how}", self.picture.lanes[lane].name)
    }
}
