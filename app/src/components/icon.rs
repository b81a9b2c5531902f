//! Icons, drawn once per page in the sprite and used by name. An icon never stands without its word.

use leptos::prelude::*;

/// A sign from the sprite, hidden from screen readers: the word beside it speaks.
#[component]
pub fn Icon(
    /// One of the names in [`SHAPES`].
    name: &'static str,
) -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true" width="16" height="16">
            <use href=format!("#i-{name}")></use>
        </svg>
    }
}

/// Name and path of every icon, on a 24 by 24 grid, stroked with the text's colour.
pub const SHAPES: [(&str, &str); 24] = [
    ("received", "M12 4v15M5.5 12.5 12 19l6.5-6.5"),
    ("review", "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 2v14a7 7 0 0 0 0-14Z"),
    ("posted", "m4.5 12.5 5 5 10-11"),
    ("refused", "m6 6 12 12M18 6 6 18"),
    ("expired", "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 4.5V12l3 2"),
    ("home", "M4 11.5 12 4.5l8 7M6.5 9.5V19.5h11V9.5"),
    ("pay", "M5 12h14M12.5 5.5 19 12l-6.5 6.5"),
    ("activity", "M4 6.5h16M4 12h16M4 17.5h10"),
    ("overview", "M4 20V11M10 20V4M16 20v-7M22 20H2"),
    ("explore", "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.5 15.5 20 20"),
    ("operator", "M4 4h16v6H4ZM4 14h16v6H4ZM7.5 7h.01M7.5 17h.01"),
    ("imports", "M12 16V4M6 9.5 12 4l6 5.5M4 15v5h16v-5"),
    ("plus", "M12 5v14M5 12h14"),
    ("minus", "M5 12h14"),
    ("previous", "m14.5 5-7 7 7 7"),
    ("next", "m9.5 5 7 7-7 7"),
    ("warning", "M12 4 2.5 20h19ZM12 10v4.5M12 17.3h.01"),
    ("person", "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4.5 20.5c1-4 4-6 7.5-6s6.5 2 7.5 6"),
    ("download", "M12 4v11M6.5 10 12 15.5 17.5 10M4 20h16"),
    ("print", "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7Z"),
    ("again", "M19.5 12a7.5 7.5 0 1 1-2.2-5.3L20 9.3M20 4v5.3h-5.3"),
    ("down", "m5 9.5 7 7 7-7"),
    ("pause", "M8 5v14M16 5v14"),
    ("lock", "M6 11h12v9H6ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3"),
];

/// The sprite: every icon and the logo, once per page, out of sight.
#[cfg(feature = "ssr")]
#[component]
pub fn Sprite() -> impl IntoView {
    let icons = SHAPES
        .iter()
        .map(|(name, path)| format!(r#"<symbol id="i-{name}" viewBox="0 0 24 24"><path d="{path}"/></symbol>"#))
        .collect::<String>();
    let logo = r#"<symbol id="logo" viewBox="0 0 24 24"><path d="M3 4.5 12 20.5 21 4.5"/><circle cx="12" cy="6.5" r="3"/></symbol>"#;
    view! { <svg class="sprite" aria-hidden="true" width="0" height="0" inner_html=format!("{logo}{icons}")></svg> }
}
