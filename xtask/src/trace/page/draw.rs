//! Pure: the lanes as SVG. Rows go down, a lane is a column; arrows say who made whom, where bytes went, and
//! why an end of file came. It is cut into pieces of some rows, so that it can be printed.

use std::collections::HashMap;

use console::truncate_str;
use maud::{Markup, html};
use tracer::{GaveUp, Side};

use super::super::items::Item;
use super::super::picture::{Lasts, Phase, Picture};
use super::super::words::Class;
use super::plan::{NUMBERS, Place, Plan, ROW, TRACK, plan};

/// Rows of one piece.
const PIECE: usize = 24;
/// More rows are not drawn: no browser would show them.
const ROWS: usize = 2000;
/// Room under the last row for what never came.
const FOOT: usize = 54;

/// Something drawn, with the pixels from top to bottom that it takes.
struct Shape {
    from: usize,
    to: usize,
    markup: Markup,
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

struct Drawing<'a> {
    id: char,
    picture: &'a Picture,
    plan: &'a Plan,
    rows: usize,
    /// The first and the last row of each item that is drawn.
    places: HashMap<usize, (usize, usize)>,
}

/// The middle of a row.
fn middle(row: usize) -> usize {
    row * ROW + ROW / 2
}

/// Where a line between lanes runs, under the words of a row.
fn elbow(row: usize) -> usize {
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

    fn arrows(&self, shapes: &mut Vec<Shape>) {
        for (place, item) in self.picture.items.iter().enumerate() {
            let Some(&(_, row)) = self.places.get(&place) else { continue };
            match (item.partner, item.class) {
                (Some(child), Class::Life) => shapes.push(self.fork(item, child, row)),
                (Some(child), Class::Wait) => shapes.extend(self.reaping(item, child, row)),
                _ => {}
            }
            if let (Some((object, Side::Read)), Some(_)) = (item.flow, item.until) {
                shapes.extend(if item.bytes > 0 {
                    self.flow(item, object, row)
                } else {
                    self.end_of_file(item, object, row)
                });
            }
        }
    }

    fn fork(&self, item: &Item, child: usize, row: usize) -> Shape {
        let (x1, x2) = (self.plan.lanes[item.process].line, self.plan.lanes[child].line);
        let y = elbow(row);
        let markup = html! { path.fork d={ "M" (x1) " " (middle(row)) "V" (y) "H" (x2) } {} };
        Shape { from: middle(row), to: y + 1, markup }
    }

    /// From the end of a child to the call that tells of it: in between it is a zombie.
    fn reaping(&self, item: &Item, child: usize, row: usize) -> Option<Shape> {
        let lane = &self.picture.lanes[child];
        if lane.to > row {
            return None;
        }
        let (x1, x2) = (self.plan.lanes[child].line, self.plan.lanes[item.process].line);
        let from = middle(lane.to.checked_sub(1)?) + 5;
        let y = elbow(row);
        let markup = html! { path.zombie d={ "M" (x1) " " (from) "V" (y) "H" (x2) } {} };
        Some(Shape { from, to: y + 1, markup })
    }

    /// From the last write before a read to the read.
    fn flow(&self, item: &Item, object: usize, row: usize) -> Option<Shape> {
        let wrote = |other: &Item| {
            other.flow == Some((object, Side::Write))
                && other.process != item.process
                && item.until.is_some_and(|until| other.began < until)
        };
        let (place, writer) = self.picture.items.iter().enumerate().rfind(|(_, other)| wrote(other))?;
        let &(began, _) = self.places.get(&place)?;
        (began <= row).then(|| self.curve("flow", object, (writer.process, began), (item.process, row)))
    }

    /// From where the last write end went to the read that gets the end of file.
    fn end_of_file(&self, item: &Item, object: usize, row: usize) -> Option<Shape> {
        let pipe = self.picture.pipes.iter().find(|pipe| pipe.object == object)?;
        let writers =
            pipe.ends.iter().flat_map(|(_, holders)| holders).filter(|holder| holder.side == Side::Write);
        let last = writers
            .filter(|holder| holder.gave_up.is_some() && holder.to <= row)
            .max_by_key(|holder| holder.to)?;
        Some(self.curve("end-of-file", object, (last.lane, last.to), (item.process, row)))
    }

    fn curve(&self, class: &str, object: usize, from: (usize, usize), to: (usize, usize)) -> Shape {
        let (x1, x2) = (self.plan.lanes[from.0].line as i64, self.plan.lanes[to.0].line as i64);
        let (y1, y2) = (middle(from.1), middle(to.1));
        let side = if x2 >= x1 { 1 } else { -1 };
        // To the right it begins behind the words, if the lane leaves room for that.
        let words = self.words(from.1).chars().count() as i64 * 7 + 14;
        let skip = if side > 0 && x1 + words < x2 - 30 { words } else { 5 };
        let (start, end) = (x1 + skip * side, x2 - 6 * side);
        let bend = (end - start).abs().min(60) * side;
        let color = self.picture.pipes.iter().position(|pipe| pipe.object == object).unwrap_or(0) % 8;
        let path = format!("M{start} {y1}C{} {y1} {} {y2} {end} {y2}", start + bend, end - bend);
        let head = format!("M{} {y2}l{} -4v8z", end + 2 * side, -7 * side);
        let markup = html! { g class={ (class) " p" (color) } { path.way d=(path) {} path.tip d=(head) {} } };
        Shape { from: y1.min(y2).saturating_sub(6), to: y1.max(y2) + 6, markup }
    }

    /// The words of a row.
    fn words(&self, number: usize) -> String {
        let row = self.picture.rows[number];
        let item = &self.picture.items[row.item];
        match row.phase {
            Phase::Begin => format!("{} …", item.open),
            _ => item.short.clone(),
        }
    }

    /// The mark of a row: number, sign, words.
    fn mark(&self, number: usize) -> Shape {
        let row = self.picture.rows[number];
        let item = &self.picture.items[row.item];
        let lane = &self.picture.lanes[item.process];
        let place = &self.plan.lanes[item.process];
        let is_stuck = lane.spans.iter().any(|span| span.item == row.item && span.kind == Lasts::Stuck);
        let words = self.words(number);
        let class = format!("event {}{}", class(item.class), if is_stuck { " hanging" } else { "" });
        let y = middle(number);
        let full = format!("#{} {}: {words}; {}", number + 1, lane.name, item.long);
        let markup = html! {
            g class=(class) id={ (self.id) (number + 1) } tabindex="0" role="img" aria-label=(full) {
                title { (full) }
                rect.row x="0" y=(number * ROW) width=(self.plan.width) height=(ROW) {}
                (sign(item, row.phase, place, y))
                text x=(place.line + 11) y=(y + 4) { (truncate_str(&words, place.columns, "…")) }
            }
        };
        Shape { from: number * ROW, to: (number + 1) * ROW, markup }
    }

    /// From each end that a lane never closed to those who wait for it, under the last row.
    fn reasons(&self, lane: usize) -> Vec<Shape> {
        let place = &self.plan.lanes[lane];
        let top = self.rows * ROW + 4;
        let mut shapes = Vec::new();
        for (pipe, _, track) in place.stripes.iter().filter(|(_, holder, _)| holder.is_forgotten) {
            let x = place.x + 6 + track * TRACK + 5;
            let object = self.picture.pipes[*pipe].object;
            for reader in self.readers(object) {
                let (end, y) = (self.plan.lanes[reader].line, top + FOOT - 12);
                let markup = html! {
                    path.reason d={ "M" (x) " " (top) "V" (y) "H" (end) "V" (top + 10) } {}
                    path.reason-tip d={ "M" (end) " " (top + 2) "l-5 9h10z" } {}
                };
                shapes.push(Shape { from: top, to: top + FOOT, markup });
            }
        }
        shapes
    }

    /// Lanes that wait for bytes of an object and will for ever.
    fn readers(&self, object: usize) -> Vec<usize> {
        let hangs = |item: usize| self.picture.items[item].flow == Some((object, Side::Read));
        let lanes = self.picture.lanes.iter().enumerate();
        lanes
            .filter(|(_, lane)| lane.spans.iter().any(|span| span.kind == Lasts::Stuck && hangs(span.item)))
            .map(|(number, _)| number)
            .collect()
    }

    /// What a lane that hangs says under its last row.
    fn foot(&self, lane: usize) -> Option<Shape> {
        let place = &self.plan.lanes[lane];
        let forgotten: Vec<&str> = place
            .stripes
            .iter()
            .filter(|(_, holder, _)| holder.is_forgotten)
            .map(|(pipe, _, _)| self.picture.pipes[*pipe].name.as_str())
            .collect();
        let hangs = self.picture.lanes[lane].spans.iter().any(|span| span.kind == Lasts::Stuck);
        if !hangs && forgotten.is_empty() {
            return None;
        }
        let y = self.rows * ROW;
        let waits = if self.picture.is_stuck { "waits for ever" } else { "waited at the end" };
        let names = forgotten.iter().map(|name| format!("{name}.w")).collect::<Vec<_>>().join(" ");
        let never = truncate_str(&names, place.columns.saturating_sub(13), "…").into_owned();
        let markup = html! {
            g.foot {
                @if hangs { text x=(place.line + 11) y=(y + 16) { (waits) } }
                @if !forgotten.is_empty() { text x=(place.line + 11) y=(y + 34) { (never) " never closed" } }
            }
        };
        Some(Shape { from: y, to: y + FOOT, markup })
    }
}

/// A sign on a lane's line: its shape tells the class to who sees no colours.
fn sign(item: &Item, phase: Phase, place: &Place, y: usize) -> Markup {
    let x = place.line;
    let diamond = |size: usize| format!("M{x} {}l{size} {size}l-{size} {size}l-{size} -{size}z", y - size);
    match item.class {
        Class::Life => html! { rect.sign x=(x - 5) y=(y - 5) width="10" height="10" rx="1" {} },
        Class::Signal => html! { path.sign d=(diamond(6)) {} },
        Class::Ends | Class::Other => html! { circle.sign cx=(x) cy=(y) r="3" {} },
        Class::Data | Class::Wait if phase == Phase::Begin => {
            html! { circle.sign.hollow cx=(x) cy=(y) r="4.5" {} }
        }
        Class::Data | Class::Wait => html! { circle.sign cx=(x) cy=(y) r="4.5" {} },
    }
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Life => "life-sign",
        Class::Ends => "ends-sign",
        Class::Data => "data-sign",
        Class::Wait => "wait-sign",
        Class::Signal => "signal-sign",
        Class::Other => "other-sign",
    }
}
