//! What is kept of charts-rs' output: the shape of each mark, which row it belongs to, and which of our colours it has.
//!
//! This is the only reader of that output. It lets nothing through that it does not know: a colour that is not one of our
//! sentinels, or a path with anything but numbers and drawing letters, is an error; text, fonts, ids, styles, titles and
//! backgrounds are never copied.

use super::ChartError;

/// A colour as the library is given it, and what it stands for. Each value occurs once.
pub const SENTINELS: [(&str, &str); 17] = [
    ("#A10001", "--category-1"),
    ("#A10002", "--category-2"),
    ("#A10003", "--category-3"),
    ("#A10004", "--category-4"),
    ("#A10005", "--category-5"),
    ("#A10006", "--category-6"),
    ("#A10007", "--category-7"),
    ("#A10008", "--category-8"),
    ("#A20001", "--heat-1"),
    ("#A20002", "--heat-2"),
    ("#A20003", "--heat-3"),
    ("#A20004", "--heat-4"),
    ("#A20005", "--heat-5"),
    ("#A20006", "--heat-6"),
    ("#A20007", "--heat-7"),
    ("#A30001", "--sea"),
    ("#A30002", "--bad"),
];

/// The sentinel of a token.
pub fn sentinel(token: &str) -> &'static str {
    SENTINELS.iter().find(|(_, name)| *name == token).map_or(SENTINELS[0].0, |(hex, _)| hex)
}

/// One mark: where it is, in which of our colours, and which row of our data it shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub shape: Shape,
    /// The custom property that colours it.
    pub token: &'static str,
    pub series: usize,
    /// The category of a bar, or the flat index of a cell.
    pub category: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Rect { x: f32, y: f32, width: f32, height: f32 },
    Line { path: String },
}

/// Reads the library's SVG.
///
/// # Errors
/// [`ChartError::Output`] for anything unforeseen in a mark.
pub fn clean(svg: &str) -> Result<Vec<Mark>, ChartError> {
    let mut marks = Vec::new();
    for tag in svg.split('<').filter_map(|part| part.split_once('>').map(|(tag, _)| tag)) {
        let (name, rest) = tag.split_once(|c: char| c.is_whitespace()).unwrap_or((tag, ""));
        let attribute = |wanted: &str| {
            let start = rest.match_indices(wanted).find(|(at, _)| {
                let before = rest[..*at].chars().next_back().is_none_or(char::is_whitespace);
                before && rest[at + wanted.len()..].starts_with("=\"")
            })?;
            rest[start.0 + wanted.len() + 2..].split('"').next()
        };
        let number =
            |wanted: &str| attribute(wanted).and_then(|text| text.parse::<f32>().ok()).filter(|n| n.is_finite());
        let index = |wanted: &str| attribute(wanted).and_then(|text| text.parse::<usize>().ok());
        let (shape, colour) = match (name, index("data-index").or(index("data-category")), attribute("d")) {
            ("rect", Some(_), _) => {
                let side = |wanted| number(wanted).unwrap_or(0.0);
                let (x, y, width, height) = (side("x"), side("y"), side("width"), side("height"));
                (Shape::Rect { x, y, width, height }, attribute("fill"))
            }
            ("path", None, Some(path)) if attribute("fill") == Some("none") => {
                if !path.chars().all(|c| c.is_ascii_digit() || " ,.-MLHVZmlhvz\n".contains(c)) {
                    return Err(ChartError::Output(format!("path {}", path.chars().take(40).collect::<String>())));
                }
                (Shape::Line { path: path.to_owned() }, attribute("stroke"))
            }
            _ => continue,
        };
        let colour = colour.unwrap_or_default();
        let token = SENTINELS.iter().find(|(hex, _)| hex.eq_ignore_ascii_case(colour)).map(|(_, token)| *token);
        let token = token.ok_or_else(|| ChartError::Output(format!("colour {colour}")))?;
        let category = index("data-index").or(index("data-category")).unwrap_or(0);
        marks.push(Mark { shape, token, series: index("data-series").unwrap_or(0), category });
    }
    Ok(marks)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_keeps_its_place_its_row_and_our_colour_and_nothing_else() {
        let svg = r##"<svg width="9" font-family="Roboto"><rect fill="#FFFFFF" width="9" height="9"/><text fill="#464646">
            1500</text><rect x="1" y="2.5" width="3" height="4" fill="#a10002" data-series="1" data-category="7"
            data-value="1500.0"/><path d="M 1 2 L 3 4" fill="none" stroke="#A30001"/></svg>"##;
        let marks = clean(svg).unwrap();
        assert_eq!(marks.len(), 2);
        let rect = Shape::Rect { x: 1.0, y: 2.5, width: 3.0, height: 4.0 };
        assert_eq!(marks[0], Mark { shape: rect, token: "--category-2", series: 1, category: 7 });
        assert_eq!((marks[1].token, &marks[1].shape), ("--sea", &Shape::Line { path: "M 1 2 L 3 4".into() }));
    }

    #[test]
    fn an_unknown_colour_or_a_strange_path_is_an_error() {
        assert!(clean(r##"<rect x="1" fill="#5470C6" data-category="0"/>"##).is_err());
        assert!(clean(r##"<path d="M1 2url(x)" fill="none" stroke="#A30001"/>"##).is_err());
    }

    #[test]
    fn each_sentinel_stands_for_one_token() {
        let mut hexes: Vec<_> = SENTINELS.iter().map(|(hex, _)| *hex).collect();
        hexes.sort_unstable();
        hexes.dedup();
        assert_eq!(hexes.len(), SENTINELS.len());
    }
}
