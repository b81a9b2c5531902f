//! Charts, drawn on the server as SVG: each answers one question and links every mark to the rows behind it.
//!
//! charts-rs gives the geometry of the marks (`geometry`), one function keeps of its output only numbers and our own
//! colour tokens (`clean`), and all text, axes, links and tables are ours. Only this folder names charts-rs, and only on
//! the server. Deliberately absent: colours (they are `var(--…)`, so that one drawing serves both themes), style
//! attributes, scripts, pies, gauges and second axes.

pub mod amounts;
pub mod balance;
mod clean;
mod figure;
mod geometry;
pub mod heatmap;
pub mod request;
mod scale;
mod sheet;
pub mod volume;

pub use figure::{Figure, FigureView, LegendEntry, Plot, ValueTable};
pub use request::{ChartName, ChartQuery, answer, load, window_name};

/// Why a chart could not be drawn. The page shows the table of values instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChartError {
    #[error("the library refused the data: {0}")]
    Library(String),
    #[error("the library's output holds something unforeseen: {0}")]
    Output(String),
}

/// Plots are drawn at these widths; the page shows the one that fits.
pub const WIDTHS: [u32; 2] = [360, 720];
/// Further widths that may be asked for.
pub const WIDTHS_ALL: [u32; 4] = [360, 560, 720, 1080];
