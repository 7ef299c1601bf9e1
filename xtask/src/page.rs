//! Pure: the frame of every page that we write: one file without any outside resource and without a script.

use maud::{DOCTYPE, Markup, PreEscaped, html};

const BASE: &str = include_str!("page/base.css");

/// A whole page: its title, what its style has beyond the common one, and its body.
#[must_use]
pub fn document(title: &str, style: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                // Nothing may be loaded and no script may run, whatever a student has written.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(BASE)) (PreEscaped(style)) }
            }
            body { (body) }
        }
    };
    page.into_string()
}
