//! Pure: the table of the pipes' ends, with a bar for each holder.

use maud::{Markup, html};

use super::super::picture::{Holder, Picture};
use tracer::GaveUp;

pub(super) fn table(id: char, picture: &Picture) -> Markup {
    let hidden = picture.hidden();
    html! {
        @if !picture.pipes.is_empty() {
            h3 { "Who holds which end" }
            div.wide tabindex="0" role="region" aria-label="Who holds which end" {
                table.plain.ends {
                    thead { tr { th { "end" } th { "process" } th { "fd" } th { "rows" } th.bars { "from the first row to the last" } } }
                    @for (number, pipe) in picture.pipes.iter().enumerate() {
                        tbody class={ "p" (number % 8) } {
                            @for (side, holders) in &pipe.ends {
                                @for (at, holder) in holders.iter().filter(|holder| picture.shows(holder)).enumerate() {
                                    tr.forgotten[holder.is_forgotten] {
                                        td.end { @if at == 0 { strong { (pipe.name) } " " (side) } }
                                        (holder_cells(id, picture, holder))
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @if hidden > 0 {
                p.small { "Left out: " (hidden) " copies that fork made and that were closed before the program began." }
            }
        }
    }
}

fn holder_cells(id: char, picture: &Picture, holder: &Holder) -> Markup {
    let rows = picture.rows.len().max(1) as f64;
    let percent = |row: usize| format!("{:.2}%", row as f64 / rows * 100.0);
    let row = |number: usize| html! { a href={ "#" (id) (number + 1) } { (number + 1) } };
    let width = holder.to.saturating_sub(holder.from).max(1);
    let name = &picture.lanes[holder.lane].name;
    let how = match holder.gave_up {
        Some(GaveUp::Closed) => "closed",
        Some(GaveUp::Exec) => "closed by exec",
        Some(GaveUp::Ended) => "closed because it ended",
        None => "never closed",
    };
    html! {
        td { (name) } td { (holder.fd) }
        td { (row(holder.from)) "–" @if holder.gave_up.is_some() { (row(holder.to)) } @else { "end" } }
        td.bars {
            div.track {
                span class={ "hold " (if holder.side == tracer::Side::Read { "r" } else { "w" }) @if holder.is_brief { " brief" } @if holder.gave_up.is_none() { " open" } }
                    style={ "left:" (percent(holder.from)) ";width:" (percent(width)) }
                    title={ (name) ", fd " (holder.fd) ": " (how) } {}
                @if holder.is_forgotten { span.never style={ "left:" (percent(holder.from)) } { "never closed" } }
            }
        }
    }
}
