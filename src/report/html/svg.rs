//! A picture whose places along time are percents of its width, so that it fits every screen and its text never
//! shrinks.

use std::fmt::Write;

use super::shown::escaped;
use super::when::Span;
use crate::clock::zone::Rule;

/// A picture in the making. Names of classes are the page's own; every other text is escaped.
pub(super) struct Svg {
    out: String,
}

/// A length with at most two digits behind the point.
pub(super) fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.to_owned() }
}

impl Svg {
    /// Begins a picture, with what it shows for those who cannot see it. `id` is unique in the page.
    pub(super) fn begin(id: &str, class: &str, height: f64, title: &str, description: &str) -> Svg {
        let mut svg = Svg { out: String::new() };
        svg.put(format_args!(
            "<svg class=\"{class}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" width=\"100%\" \
             height=\"{}\">\n<title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>\n",
            short(height),
            escaped(title),
            escaped(description)
        ));
        svg
    }

    pub(super) fn end(mut self) -> String {
        self.out.push_str("</svg>");
        self.out
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.out.write_fmt(text);
    }

    /// Stripes of their own, which print and need no colour.
    pub(super) fn stripes(&mut self, id: &str, class: &str) {
        self.put(format_args!(
            "<defs><pattern id=\"{id}\" class=\"{class}\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
             patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\"/><path d=\"M1.5 0V6\"/></pattern></defs>\n"
        ));
    }

    /// From and to in percent; top and height in pixels. `fill` names stripes.
    pub(super) fn rect(&mut self, class: &str, (from, to): (f64, f64), (top, height): (f64, f64), fill: Option<&str>) {
        let fill = fill.map_or_else(String::new, |id| format!(" fill=\"url(#{id})\""));
        self.put(format_args!(
            "<rect class=\"{class}\" x=\"{}%\" y=\"{}\" width=\"{}%\" height=\"{}\"{fill}/>",
            short(from),
            short(top),
            short((to - from).max(0.0)),
            short(height)
        ));
    }

    /// Between two places: percent and pixels each.
    pub(super) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.put(format_args!(
            "<line class=\"{class}\" x1=\"{}%\" y1=\"{}\" x2=\"{}%\" y2=\"{}\"/>",
            short(x1),
            short(y1),
            short(x2),
            short(y2)
        ));
    }

    /// Text at percent and pixels.
    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), text: &str) {
        self.put(format_args!(
            "<text class=\"{class}\" x=\"{}%\" y=\"{}\">{}</text>",
            short(x),
            short(y),
            escaped(text)
        ));
    }

    /// A name and what it was, at the left edge.
    pub(super) fn label(&mut self, y: f64, name: &str, role: &str) {
        let role =
            if role.is_empty() { String::new() } else { format!(" <tspan class=\"role\">{}</tspan>", escaped(role)) };
        self.put(format_args!("<text class=\"lane\" x=\"0\" y=\"{}\">{}{role}</text>", short(y), escaped(name)));
    }

    /// A sign of fixed size around a place: a path whose origin is the place, and what it says.
    pub(super) fn sign(&mut self, class: &str, (x, y): (f64, f64), path: &str, says: &str) {
        self.put(format_args!(
            "<svg class=\"at\" x=\"{}%\" y=\"{}\"><g><title>{}</title><path class=\"{class}\" d=\"{path}\"/></g></svg>",
            short(x),
            short(y),
            escaped(says)
        ));
    }

    /// A disc with a number in it.
    pub(super) fn numbered(&mut self, (x, y): (f64, f64), number: usize, says: &str) {
        self.put(format_args!(
            "<svg class=\"at\" x=\"{}%\" y=\"{}\"><g><title>{}</title><circle class=\"disc\" r=\"8\"/>\
             <text class=\"number\" y=\"4\">{number}</text></g></svg>",
            short(x),
            short(y),
            escaped(says)
        ));
    }

    /// What belongs together, and what it says where a pointer rests on it.
    pub(super) fn group(&mut self, says: &str, draw: impl FnOnce(&mut Svg)) {
        self.put(format_args!("<g><title>{}</title>", escaped(says)));
        draw(self);
        self.out.push_str("</g>\n");
    }

    /// The axis of time: a tick and its time; every second one is left out on narrow screens.
    pub(super) fn axis(&mut self, span: &Span, zone: &Rule, bottom: f64) {
        self.line("axis", (0.0, bottom), (100.0, bottom));
        for (index, (at, text)) in span.ticks(zone).iter().enumerate() {
            let odd = if index % 2 == 1 { " odd" } else { "" };
            let edge = match *at {
                ..4.0 => " first",
                96.0.. => " last",
                _ => "",
            };
            self.line("axis", (*at, bottom), (*at, bottom + 4.0));
            self.text(&format!("tick{odd}{edge}"), (*at, bottom + 17.0), text);
        }
        self.out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_log_says_stays_text_in_a_picture() {
        let mut svg = Svg::begin("i1-x", "chart", 10.0, "a<b", "\"c\"");
        svg.text("tick", (-0.001, 3.0), "</svg><script>");
        svg.sign("bind", (33.333_33, 2.5), "M0 0", "]]>\u{202e}");
        let text = svg.end();
        assert!(text.contains("<title id=\"i1-x-title\">a&lt;b</title>"), "{text}");
        assert!(text.contains("x=\"0%\" y=\"3\">&lt;/svg&gt;&lt;script&gt;</text>"), "{text}");
        assert!(text.contains("x=\"33.33%\" y=\"2.5\"><g><title>]]&gt;\u{fffd}</title>"), "{text}");
    }
}
