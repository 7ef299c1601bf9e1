//! Pure: lines between lanes. They say who made whom, how long somebody was a zombie, where bytes went, why an
//! end of file came, and why one never came.

use maud::html;
use tracer::Side;

use super::super::items::Item;
use super::super::picture::Lasts;
use super::super::words::Class;
use super::draw::{Drawing, FOOT, Shape, elbow, middle};
use super::plan::{ROW, TRACK};

impl Drawing<'_> {
    pub(super) fn arrows(&self, shapes: &mut Vec<Shape>) {
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

    /// From each end that a lane never closed to those who wait for it, under the last row.
    pub(super) fn reasons(&self, lane: usize) -> Vec<Shape> {
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
}
