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
            body {
                // For whoever has no mouse; it is seen when it has the focus. Each page has a `main` of this name.
                a.skip href="#main" { "Skip to the content" }
                (body)
            }
        }
    };
    page.into_string()
}

/// A paragraph of Markdown that has no more than code and emphasis in it.
#[must_use]
pub fn spans(paragraph: &str) -> Markup {
    html! {
        @for (number, part) in paragraph.split('`').enumerate() {
            @if number % 2 == 1 { code { (part) } } @else { (emphasis(part)) }
        }
    }
}

/// `*so*`. Asterisks that are not in pairs are some.
fn emphasis(text: &str) -> Markup {
    let is_markup = !text.contains("**") && text.matches('*').count().is_multiple_of(2);
    html! {
        @if is_markup {
            @for (number, part) in text.split('*').enumerate() {
                @if number % 2 == 1 { em { (part) } } @else { (part) }
            }
        } @else { (text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// The relative luminance of `#rgb` or `#rrggbb`, as WCAG 2 has it.
    fn luminance(color: &str) -> f64 {
        let digits = color.trim_start_matches('#');
        let wide: String =
            if digits.len() == 3 { digits.chars().flat_map(|c| [c, c]).collect() } else { digits.into() };
        let part = |at: usize| f64::from(u8::from_str_radix(&wide[at..at + 2], 16).unwrap()) / 255.0;
        let linear = |v: f64| if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) };
        0.2126 * linear(part(0)) + 0.7152 * linear(part(2)) + 0.0722 * linear(part(4))
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// The colours of `:root { … }`.
    fn colors(block: &str) -> BTreeMap<&str, &str> {
        let pairs = block.split(['{', ';']).filter_map(|part| part.trim().split_once(": #"));
        pairs.filter_map(|(name, color)| Some((name.strip_prefix("--")?, color))).collect()
    }

    #[test]
    fn every_text_can_be_read_on_its_ground_in_both_schemes() {
        let mut blocks = BASE.split(":root {").skip(1).map(|rest| rest.split('}').next().unwrap());
        let light = colors(blocks.next().unwrap());
        let mut dark = light.clone();
        dark.extend(colors(blocks.next().unwrap()));
        let verdicts = ["pass", "fail", "hang", "crash", "leak", "notrun", "error"];
        for scheme in [light, dark] {
            let texts = ["text", "dim", "link"]
                .iter()
                .flat_map(|text| ["back", "head", "target"].map(|on| ((*text).to_owned(), on)));
            for (text, ground) in texts.chain(verdicts.map(|verdict| (format!("{verdict}-text"), verdict))) {
                let contrast = contrast(scheme[text.as_str()], scheme[ground]);
                assert!(contrast >= 4.5, "{text} on {ground}: {contrast:.2}");
            }
        }
    }

    #[test]
    fn the_first_stop_of_the_tab_key_leads_past_the_head_of_the_page() {
        let page = document("t", "", &html! { header { a href="x" { "y" } } main id="main" {} });
        assert!(page.find("class=\"skip\" href=\"#main\"").unwrap() < page.find("href=\"x\"").unwrap());
    }
}
