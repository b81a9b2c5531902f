//! A figure as the page shows it: the finding in words, a legend, the plot at two widths, and the values as a table.
//!
//! What changes with the data is marked as parts named `figure`, so that a live page swaps them and keeps the rest:
//! the table stays open, the readout stays where it is.

use super::sheet::escape;
use crate::text::Texts;
use leptos::prelude::*;

/// Everything of one chart, in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    pub name: &'static str,
    /// The question it answers: the panel's heading.
    pub title: String,
    /// What it shows, in a sentence.
    pub finding: String,
    pub legend: Vec<LegendEntry>,
    /// Empty when it could not be drawn: the table still tells.
    pub plots: Vec<Plot>,
    pub table: ValueTable,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegendEntry {
    /// The custom property that colours it.
    pub token: &'static str,
    pub label: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plot {
    pub width: u32,
    pub svg: String,
}

/// The values behind the marks. The first cell of a row names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValueTable {
    pub head: Vec<String>,
    pub rows: Vec<ValueRow>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValueRow {
    /// Where its rows are listed.
    pub href: Option<String>,
    pub cells: Vec<String>,
    /// The same for machines: whole numbers, points, ISO times.
    pub plain: Vec<String>,
}

impl Figure {
    /// RFC 4180, one line per row of the table, numbers unformatted.
    pub fn csv(&self) -> String {
        let line = |cells: &[String]| {
            let cells = cells.iter().map(|cell| match cell.contains([',', '"', '\n', ';']) {
                true => format!("\"{}\"", cell.replace('"', "\"\"")),
                false => cell.clone(),
            });
            cells.collect::<Vec<_>>().join(",") + "\r\n"
        };
        let head = std::iter::once(line(&self.table.head));
        head.chain(self.table.rows.iter().map(|row| line(&row.plain))).collect()
    }
}

#[component]
pub fn FigureView(figure: Figure, texts: &'static Texts) -> impl IntoView {
    let text = &texts.overview;
    let wide = figure.plots.len() > 1;
    let plots: String = figure.plots.iter().map(|plot| plot.svg.as_str()).collect();
    let legend = figure.legend.iter().map(legend_entry).collect::<String>();
    let title = figure.title;
    view! {
        <figure class="figure" data-chart=figure.name>
            <figcaption data-part="figure">{figure.finding}</figcaption>
            <ul class="legend" data-part="figure" inner_html=legend></ul>
            <div class="plots" data-part="figure" data-widths=if wide { "two" } else { "one" } inner_html=plots></div>
            <p class="readout" aria-hidden="true"></p>
            <details class="values">
                <summary>{text.values}</summary>
                <div class="table-scroll" data-part="figure" role="region" tabindex="0" aria-label=title.clone()>
                    {values(title.clone(), figure.table)}
                </div>
            </details>
        </figure>
    }
}

fn legend_entry(entry: &LegendEntry) -> String {
    format!(
        r#"<li><svg class="swatch" aria-hidden="true" width="12" height="12"><rect width="12" height="12" rx="2" fill="var({})"/></svg>{}</li>"#,
        entry.token,
        escape(&entry.label)
    )
}

fn values(title: String, table: ValueTable) -> impl IntoView {
    let head = table.head.into_iter().enumerate().map(|(index, word)| {
        let kind = (index > 0).then_some("number");
        view! { <th scope="col" data-type=kind>{word}</th> }
    });
    let rows = table.rows.into_iter().map(|row| {
        let mut cells = row.cells.into_iter();
        let name = cells.next().unwrap_or_default();
        let name = match row.href {
            Some(href) => view! { <a href=href>{name}</a> }.into_any(),
            None => name.into_any(),
        };
        let cells = cells.map(|cell| view! { <td data-type="number">{cell}</td> }).collect_view();
        view! {
            <tr>
                <th scope="row">{name}</th>
                {cells}
            </tr>
        }
    });
    view! {
        <table class="data">
            <caption class="unseen">{title}</caption>
            <thead>
                <tr>{head.collect_view()}</tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
}
