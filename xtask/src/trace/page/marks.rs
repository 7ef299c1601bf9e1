//! Pure: the mark of each row, and what stands under the last one.

use console::truncate_str;
use maud::{Markup, html};

use super::super::items::Item;
use super::super::picture::{Lasts, Phase};
use super::super::words::Class;
use super::draw::{Drawing, FOOT, Shape, middle};
use super::plan::{Place, ROW};

impl Drawing<'_> {
    /// The words of a row.
    pub(super) fn words(&self, number: usize) -> String {
        let row = self.picture.rows[number];
        let item = &self.picture.items[row.item];
        match row.phase {
            Phase::Begin => format!("{} …", item.open),
            _ => item.short.clone(),
        }
    }

    /// The mark of a row: number, sign, words.
    pub(super) fn mark(&self, number: usize) -> Shape {
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

    /// What a lane that hangs says under its last row.
    pub(super) fn foot(&self, lane: usize) -> Option<Shape> {
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
