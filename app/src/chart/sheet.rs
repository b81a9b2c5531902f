//! Writes a drawing: our own axes, words, links and marks. No style attribute, no raw colour, every text escaped.

use super::clean::Shape;
use super::geometry::Frame;
use std::fmt::Write as _;

/// Height of the letters in a plot, in pixels at its own width.
pub const FONT: f32 = 12.0;

/// An SVG being written.
pub struct Sheet {
    frame: Frame,
    out: String,
    links: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Sheet {
    pub fn new(frame: Frame) -> Self {
        Sheet { frame, out: String::new(), links: 0 }
    }

    pub fn text(&mut self, x: f32, y: f32, anchor: Anchor, fill: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.write(format_args!(
            r#"<text x="{}" y="{}" text-anchor="{anchor}" fill="var({fill})">{}</text>"#,
            short(x),
            short(y),
            escape(text)
        ));
    }

    pub fn line(&mut self, from: (f32, f32), to: (f32, f32), stroke: &str) {
        let (x, y, x2, y2) = (short(from.0), short(from.1), short(to.0), short(to.1));
        self.write(format_args!(r#"<path d="M{x} {y}L{x2} {y2}" stroke="var({stroke})"/>"#));
    }

    /// A mark that leads to its rows. The first is in the tab order; arrow keys reach the others.
    pub fn link(&mut self, href: &str, tip: &str, inside: impl FnOnce(&mut Sheet)) {
        let tabindex = if self.links == 0 { "" } else { r#" tabindex="-1""# };
        self.links += 1;
        self.write(format_args!(r#"<a href="{}" aria-label="{}"{tabindex}>"#, escape(href), escape(tip)));
        inside(self);
        self.out.push_str("</a>");
    }

    /// A mark's shape; a rectangle of any value is at least a pixel wide and high.
    pub fn shape(&mut self, shape: &Shape, fill: &str) {
        match shape {
            Shape::Rect { x, y, width, height } => self.rect((*x, *y, width.max(1.0), height.max(1.0)), fill),
            Shape::Line { path } => self.write(format_args!(
                r#"<path d="{path}" fill="none" stroke="var({fill})" stroke-width="2" stroke-linejoin="round"/>"#
            )),
        }
    }

    pub fn rect(&mut self, (x, y, width, height): (f32, f32, f32, f32), fill: &str) {
        self.write(format_args!(
            r#"<rect x="{}" y="{}" width="{}" height="{}" fill="var({fill})"/>"#,
            short(x),
            short(y),
            short(width),
            short(height)
        ));
    }

    /// As [`Sheet::rect`], hatched: not finished yet.
    pub fn hatched(&mut self, (x, y, width, height): (f32, f32, f32, f32), fill: &str) {
        let (x, y, width, height) = (short(x), short(y), short(width), short(height));
        self.write(format_args!(
            r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="var({fill})" fill-opacity=".3" stroke="var({fill})" stroke-dasharray="2 2"/>"#
        ));
    }

    /// An unseen area that takes the pointer.
    pub fn target(&mut self, (x, y, width, height): (f32, f32, f32, f32)) {
        let (x, y, width, height) = (short(x), short(y), short(width), short(height));
        self.write(format_args!(
            r#"<rect class="target" x="{x}" y="{y}" width="{width}" height="{height}" fill="none" pointer-events="all"/>"#
        ));
    }

    pub fn dot(&mut self, x: f32, y: f32, fill: &str) {
        self.write(format_args!(
            r#"<circle class="dot" cx="{}" cy="{}" r="4" fill="var({fill})"/>"#,
            short(x),
            short(y)
        ));
    }

    /// The whole drawing, named and described.
    pub fn finish(self, id: &str, title: &str, description: &str) -> String {
        let (width, height) = (short(self.frame.width), short(self.frame.height));
        format!(
            concat!(
                r#"<svg class="plot" data-width="{width}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" "#,
                r#"role="group" aria-labelledby="{id}-{width}-t" aria-describedby="{id}-{width}-d">"#,
                r#"<title id="{id}-{width}-t">{title}</title><desc id="{id}-{width}-d">{description}</desc>{body}</svg>"#
            ),
            width = width,
            height = height,
            id = id,
            title = escape(title),
            description = escape(description),
            body = self.out
        )
    }

    fn write(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to a String does not fail.
        let _ = self.out.write_fmt(arguments);
    }
}

/// At most one decimal: a tenth of a pixel.
fn short(value: f32) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// About how wide a text is drawn: our faces differ from machine to machine, so room is left.
pub fn text_width(text: &str) -> f32 {
    text.chars().count() as f32 * FONT * 0.62
}

/// At most `room` characters, the middle left out: account numbers differ at their ends.
pub fn shorten(text: &str, room: usize) -> String {
    let count = text.chars().count();
    if count <= room {
        return text.to_owned();
    }
    let head = (room - 1) / 2;
    let tail = room - 1 - head;
    let end: String = text.chars().skip(count - tail).collect();
    text.chars().take(head).chain(['…']).chain(end.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_keep_their_ends() {
        assert_eq!(shorten("C100", 9), "C100");
        assert_eq!(shorten("FR7630006000011234567890189", 9), "FR76…0189");
    }
}
