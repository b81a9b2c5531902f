//! Where the marks of a chart are, as charts-rs places them in a given box. The only file that names the library.
//!
//! Axes, legends, titles and tooltips of the library are off; its values are f32, so only positions come from it.

use super::ChartError;
use super::clean::{Mark, clean, sentinel};
use charts_rs::{
    BarChart, Box, ChartBase, Color, HeatmapChart, HorizontalBarChart, LineChart, LineStep, Series, Symbol, YAxisConfig,
};

/// The plot's place in the drawing, all in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    pub width: f32,
    pub height: f32,
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

impl Frame {
    pub fn plot_width(&self) -> f32 {
        self.width - self.left - self.right
    }

    pub fn plot_height(&self) -> f32 {
        self.height - self.top - self.bottom
    }
}

fn lay_out(base: &mut ChartBase, frame: Frame, tokens: &[&str]) {
    base.width = frame.width;
    base.height = frame.height;
    base.margin = Box { left: frame.left, top: frame.top, right: frame.right, bottom: frame.bottom };
    base.background_color = Color::transparent();
    base.title.text = String::new();
    base.legend.show = Some(false);
    base.x_axis.hidden = true;
    base.y_axis_hidden = true;
    base.grid.stroke_width = 0.0;
    base.series.colors = tokens.iter().map(|token| sentinel(token).into()).collect();
}

fn set_range(axes: &mut [YAxisConfig], range: (f64, f64)) {
    if let Some(axis) = axes.first_mut() {
        axis.min = Some(range.0 as f32);
        axis.max = Some(range.1 as f32);
        axis.split_number = 1;
    }
}

/// One name per place: marks are found again by it.
fn places(count: usize) -> Vec<String> {
    (0..count).map(|index| index.to_string()).collect()
}

fn stacked(rows: &[Vec<f64>]) -> Vec<Series> {
    let series = |(index, values): (usize, &Vec<f64>)| {
        let values: Vec<f32> = values.iter().map(|value| *value as f32).collect();
        let mut series: Series = (index.to_string().as_str(), values).into();
        series.stack = Some("all".into());
        series
    };
    rows.iter().enumerate().map(series).collect()
}

fn refused(error: impl std::fmt::Display) -> ChartError {
    ChartError::Library(error.to_string())
}

/// Cells of `columns` × `rows`, row by row from the top; `classes` holds 1 to 7 per cell.
///
/// # Errors
/// When the library refuses or its output is not understood.
pub fn heat_cells(frame: Frame, columns: usize, rows: usize, classes: &[usize]) -> Result<Vec<Mark>, ChartError> {
    // The library counts rows from the bottom.
    let flipped = |index: usize| (rows - 1 - index / columns) * columns + index % columns;
    let data = classes.iter().enumerate().map(|(index, class)| (flipped(index), *class as f32)).collect();
    let mut chart = HeatmapChart::new(data, places(columns), places(rows));
    lay_out(&mut chart.base, frame, &[]);
    let series = &mut chart.heatmap_series;
    (series.min, series.max) = (1.0, 7.0);
    series.thresholds = (1..7).map(|class| class as f32 + 0.5).collect();
    series.colors = (1..=7).map(|class| sentinel(&format!("--heat-{class}")).into()).collect();
    let mut marks = clean(&chart.svg().map_err(refused)?)?;
    for mark in &mut marks {
        mark.category = flipped(mark.category);
    }
    Ok(marks)
}

/// Stacked bars lying on their side, the first category on top. `values[series][category]`, all positive.
///
/// # Errors
/// As [`heat_cells`].
pub fn lying_bars(frame: Frame, values: &[Vec<f64>], tokens: &[&str], max: f64) -> Result<Vec<Mark>, ChartError> {
    let count = values.first().map_or(0, Vec::len);
    let bottom_up: Vec<Vec<f64>> = values.iter().map(|row| row.iter().rev().copied().collect()).collect();
    let mut chart = HorizontalBarChart::new(stacked(&bottom_up), places(count));
    lay_out(&mut chart.base, frame, tokens);
    set_range(&mut chart.y_axis_configs, (0.0, max));
    let mut marks = clean(&chart.svg().map_err(refused)?)?;
    for mark in &mut marks {
        mark.category = count - 1 - mark.category;
    }
    Ok(marks)
}

/// Stacked bars standing up. `values[series][category]`, all positive.
///
/// # Errors
/// As [`heat_cells`].
pub fn standing_bars(frame: Frame, values: &[Vec<f64>], tokens: &[&str], max: f64) -> Result<Vec<Mark>, ChartError> {
    let count = values.first().map_or(0, Vec::len);
    let mut chart = BarChart::new(stacked(values), places(count));
    lay_out(&mut chart.base, frame, tokens);
    set_range(&mut chart.y_axis_configs, (0.0, max));
    clean(&chart.svg().map_err(refused)?)
}

/// A line that keeps each value until the next point. `points` are (seconds, value), ascending.
///
/// # Errors
/// As [`heat_cells`].
pub fn step_line(
    frame: Frame,
    points: &[(f64, f64)],
    token: &str,
    span: (f64, f64),
    range: (f64, f64),
) -> Result<Vec<Mark>, ChartError> {
    let values: Vec<f32> = points.iter().map(|(_, value)| *value as f32).collect();
    let mut series: Series = ("0", values).into();
    series.step = Some(LineStep::End);
    let mut chart = LineChart::new(vec![series], vec![]);
    lay_out(&mut chart.base, frame, &[token]);
    chart.base.series.symbol = Some(Symbol::None);
    chart.base.x_axis.values = points.iter().map(|(at, _)| *at).collect();
    (chart.base.x_axis.min, chart.base.x_axis.max) = (Some(span.0), Some(span.1));
    set_range(&mut chart.y_axis_configs, range);
    clean(&chart.svg().map_err(refused)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::clean::Shape;
    use super::*;

    const FRAME: Frame = Frame { width: 300.0, height: 120.0, left: 50.0, top: 10.0, right: 50.0, bottom: 10.0 };

    fn rect(mark: &Mark) -> (f32, f32, f32, f32) {
        match mark.shape {
            Shape::Rect { x, y, width, height } => (x, y, width, height),
            Shape::Line { .. } => (0.0, 0.0, 0.0, 0.0),
        }
    }

    #[test]
    fn cells_fill_the_frame_from_the_top_left() {
        let marks = heat_cells(FRAME, 2, 2, &[1, 7, 3, 4]).unwrap();
        let mut found: Vec<_> = marks.iter().map(|mark| (mark.category, mark.token)).collect();
        found.sort_unstable();
        assert_eq!(found, [(0, "--heat-1"), (1, "--heat-7"), (2, "--heat-3"), (3, "--heat-4")]);
        let first = marks.iter().find(|mark| mark.category == 0).map(rect).unwrap();
        assert!(first.0 < 52.0 && first.1 < 12.0, "{first:?}");
    }

    #[test]
    fn bars_are_as_long_as_their_values_and_the_first_is_on_top() {
        let marks =
            lying_bars(FRAME, &[vec![10.0, 5.0], vec![10.0, 0.0]], &["--category-1", "--category-2"], 40.0).unwrap();
        let bar = |series, category| {
            marks.iter().find(|mark| (mark.series, mark.category) == (series, category)).map(rect).unwrap()
        };
        assert!((bar(0, 0).2 - 50.0).abs() < 0.2 && (bar(1, 0).0 - 100.0).abs() < 0.2, "{marks:?}");
        assert!(bar(0, 0).1 < bar(0, 1).1);
    }

    #[test]
    fn standing_bars_stand_on_the_frame() {
        let marks = standing_bars(FRAME, &[vec![10.0, 5.0]], &["--sea"], 20.0).unwrap();
        let (_, y, _, height) = rect(&marks[0]);
        assert!((y + height - 110.0).abs() < 0.2 && (height - 50.0).abs() < 0.2, "{marks:?}");
    }

    #[test]
    fn a_step_line_is_one_path_in_our_colour() {
        let points = [(1_700_000_000.0, 10.0), (1_700_000_600.0, 20.0), (1_700_001_200.0, 5.0)];
        let marks = step_line(FRAME, &points, "--sea", (points[0].0, points[2].0), (0.0, 20.0)).unwrap();
        assert_eq!(marks.len(), 1);
        assert!(matches!(&marks[0].shape, Shape::Line { path } if path.starts_with('M')), "{marks:?}");
    }
}
