//! What lints cannot hold of the style sheets: raw colours in the tokens only, and contrast as computed, in both
//! themes, on every ground a text may stand on.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

type Rgb = [f64; 3];

fn style_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../style")
}

fn sheets(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(sheets(&path)) } else { found.push(path) }
    }
    found
}

fn without_comments(text: &str) -> String {
    text.split("/*").enumerate().map(|(n, part)| if n == 0 { part } else { part.split_once("*/").unwrap().1 }).collect()
}

/// Every `#rgb`-like token of a sheet that is followed by hexadecimal digits only.
fn raw_colours(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in text.split('#').skip(1) {
        let word: String = part.chars().take_while(char::is_ascii_alphanumeric).collect();
        if matches!(word.len(), 3 | 4 | 6 | 8) && word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            found.push(format!("#{word}"));
        }
    }
    found.extend(
        ["rgb(", "rgba(", "hsl(", "oklch("].iter().filter(|name| text.contains(**name)).map(|name| (*name).to_owned()),
    );
    found
}

/// (name, value) of every custom property.
fn tokens() -> BTreeMap<String, String> {
    let text = without_comments(&std::fs::read_to_string(style_folder().join("tokens.css")).unwrap());
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("--")?.strip_suffix(';')?.split_once(": "));
    lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The colour a token has in the light (0) or the dark (1) theme.
fn colour(tokens: &BTreeMap<String, String>, value: &str, theme: usize) -> Rgb {
    if let Some(inner) = value.strip_prefix("light-dark(").and_then(|rest| rest.strip_suffix(')')) {
        return colour(tokens, inner.split(", ").nth(theme).unwrap(), theme);
    }
    if let Some(name) = value.strip_prefix("var(--").and_then(|rest| rest.strip_suffix(')')) {
        return colour(tokens, &tokens[name], theme);
    }
    let hex = value.strip_prefix('#').unwrap();
    [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0)
}

/// Relative luminance, WCAG 2.2.
fn luminance(colour: Rgb) -> f64 {
    let linear = colour.map(|part| if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

/// Contrast ratio, WCAG 2.2.
fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn expect_contrast(pairs: &[(&str, &str)], at_least: f64) {
    let tokens = tokens();
    for (theme, theme_name) in ["light", "dark"].iter().enumerate() {
        for (front, back) in pairs {
            let ratio = contrast(colour(&tokens, &tokens[*front], theme), colour(&tokens, &tokens[*back], theme));
            assert!(ratio >= at_least, "{front} on {back}, {theme_name}: {ratio:.2} is below {at_least}");
        }
    }
}

#[test]
fn raw_colours_stand_in_the_tokens_only() {
    for sheet in sheets(&style_folder()) {
        let text = without_comments(&std::fs::read_to_string(&sheet).unwrap());
        let text = text.replace("#i-", "").replace("#logo", "");
        let found = raw_colours(&text);
        assert_eq!(!found.is_empty(), sheet.ends_with("tokens.css"), "{}: {found:?}", sheet.display());
    }
}

#[test]
fn text_is_readable_on_every_ground_in_both_themes() {
    let grounds = ["page", "surface", "sunken", "hover", "selected"];
    for front in ["text", "muted", "sea", "ok", "wait", "bad"] {
        expect_contrast(&grounds.map(|ground| (front, ground)), 4.5);
    }
    expect_contrast(&[("sea", "info-bg"), ("ok", "ok-bg"), ("wait", "wait-bg"), ("bad", "bad-bg")], 4.5);
    expect_contrast(&[("on-tone", "sea"), ("on-tone", "sea-hover"), ("on-tone", "ok"), ("on-tone", "bad")], 4.5);
}

#[test]
fn controls_and_marks_stand_out_in_both_themes() {
    expect_contrast(&["page", "surface", "sunken", "hover", "selected"].map(|ground| ("control", ground)), 3.0);
    for category in 1..=8 {
        let name = format!("category-{category}");
        expect_contrast(&[(&name, "page"), (&name, "surface")], 2.95);
    }
}

#[test]
fn words_on_the_heat_scale_are_readable() {
    for step in 1..=7 {
        let front = if step <= 4 { "text" } else { "on-tone" };
        expect_contrast(&[(front, &format!("heat-{step}"))], 4.5);
    }
}
