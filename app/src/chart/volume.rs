//! How much is going on? Decided transactions per minute (or longer, for longer ranges); the unfinished bar is hatched.

use super::ChartError;
use super::clean::Shape;
use super::figure::{Figure, LegendEntry, Plot, ValueRow, ValueTable};
use super::geometry::{Frame, standing_bars};
use super::request::Scene;
use super::scale::ticks;
use super::sheet::{Anchor, FONT, Sheet, text_width};
use crate::format::machine_time;
use crate::ports::{MinuteTotal, Window};
use crate::text::fill;
use domain::view::Stamp;

const HEIGHT: f32 = 200.0;
const TOKENS: [&str; 2] = ["--sea", "--bad"];

/// Minutes asked for and minutes per bar: a day at most.
pub fn grain(window: Window) -> (i64, i64) {
    match window {
        Window::Hour => (60, 1),
        Window::Day | Window::Week | Window::All => (24 * 60, 30),
    }
}

struct Bar {
    start: Stamp,
    posted: i64,
    refused: i64,
}

/// Minutes into bars that begin on the bank's clock: at whole half hours, at 0, 4, 8 …
fn bars(scene: &Scene, minutes: &[MinuteTotal], per_bar: i64) -> Vec<Bar> {
    let mut bars: Vec<(i64, Bar)> = Vec::new();
    for minute in minutes {
        let stamp = scene.stamp(minute.minute);
        let local = stamp.ms.div_euclid(60_000) + i64::from(stamp.offset_min);
        let slot = local.div_euclid(per_bar);
        match bars.last_mut() {
            Some((last, bar)) if *last == slot => {
                bar.posted += minute.posted;
                bar.refused += minute.refused;
            }
            _ => bars.push((slot, Bar { start: stamp, posted: minute.posted, refused: minute.refused })),
        }
    }
    bars.into_iter().map(|(_, bar)| bar).collect()
}

pub fn figure(scene: &Scene, minutes: &[MinuteTotal], window: Window, widths: &[u32]) -> Figure {
    let text = &scene.texts().overview;
    let bars = bars(scene, minutes, grain(window).1);
    let title = match window {
        Window::Hour => text.volume_title_minute,
        Window::Day | Window::Week | Window::All => text.volume_title_half_hour,
    };
    let finding = finding(scene, &bars);
    let draw = |width: &u32| Some(Plot { width: *width, svg: plot(scene, &bars, title, *width, &finding).ok()? });
    let row = |bar: &Bar| ValueRow {
        href: Some(scene.day_href(bar.start)),
        cells: vec![
            scene.language.date_time(bar.start),
            scene.language.number(bar.posted),
            scene.language.number(bar.refused),
        ],
        plain: vec![machine_time(bar.start), bar.posted.to_string(), bar.refused.to_string()],
    };
    let legend = TOKENS.into_iter().zip([text.posted, text.refused]);
    Figure {
        name: "volume",
        title: title.to_owned(),
        legend: legend.map(|(token, label)| LegendEntry { token, label: label.to_owned() }).collect(),
        plots: if bars.is_empty() { vec![] } else { widths.iter().filter_map(draw).collect() },
        table: ValueTable {
            head: vec![scene.texts().common.date.to_owned(), text.posted.to_owned(), text.refused.to_owned()],
            rows: bars.iter().rev().map(row).collect(),
        },
        finding,
    }
}

fn finding(scene: &Scene, bars: &[Bar]) -> String {
    let text = &scene.texts().overview;
    let (posted, refused) = bars.iter().fold((0, 0), |sum, bar| (sum.0 + bar.posted, sum.1 + bar.refused));
    let Some(most) = bars.iter().max_by_key(|bar| bar.posted + bar.refused).filter(|_| posted + refused > 0) else {
        return text.volume_nothing.to_owned();
    };
    fill(
        text.volume_finding,
        &[
            ("posted", &scene.language.number(posted)),
            ("refused", &scene.language.number(refused)),
            ("time", &scene.moment(most.start)),
            ("most", &scene.language.number(most.posted + most.refused)),
        ],
    )
}

fn plot(scene: &Scene, bars: &[Bar], title: &str, width: u32, finding: &str) -> Result<String, ChartError> {
    let text = &scene.texts().overview;
    let max = bars.iter().map(|bar| bar.posted + bar.refused).max().unwrap_or(0);
    let marks_at = ticks(0, max, 1);
    let end = marks_at.last().copied().unwrap_or(1);
    let labels: Vec<String> = marks_at.iter().map(|tick| scene.language.number(*tick)).collect();
    let left = labels.iter().map(|label| text_width(label)).fold(16.0, f32::max) + 8.0;
    let frame = Frame { width: width as f32, height: HEIGHT, left, top: 10.0, right: 8.0, bottom: 24.0 };
    let values =
        [|bar: &Bar| bar.posted as f64, |bar: &Bar| bar.refused as f64].map(|get| bars.iter().map(get).collect());
    let marks = standing_bars(frame, &values, &TOKENS, end as f64)?;
    let base = HEIGHT - 24.0;
    let mut sheet = Sheet::new(frame);
    for (tick, label) in marks_at.iter().zip(&labels) {
        let y = base - frame.plot_height() * (*tick as f64 / end as f64) as f32;
        sheet.line((left, y), (frame.width - 8.0, y), "--border");
        sheet.text(left - 8.0, y + FONT * 0.35, Anchor::End, "--muted", label);
    }
    let slot = frame.plot_width() / bars.len() as f32;
    let mut free_from = f32::MIN;
    for (index, bar) in bars.iter().enumerate() {
        let x = left + slot * index as f32;
        if let Some(label) = scene.time_label(bar.start, bars.len()) {
            let room = text_width(&label);
            if x - room / 2.0 > free_from && x + room / 2.0 < frame.width {
                sheet.line((x, base), (x, base + 4.0), "--control");
                sheet.text(x, base + 17.0, Anchor::Middle, "--muted", &label);
                free_from = x + room / 2.0 + 8.0;
            }
        }
    }
    for (index, bar) in bars.iter().enumerate() {
        if bar.posted + bar.refused == 0 {
            continue;
        }
        let mut tip =
            [scene.moment(bar.start), format!("{} {}", scene.language.number(bar.posted), text.posted)].join(" · ");
        if bar.refused > 0 {
            tip.push_str(&format!(" · {} {}", scene.language.number(bar.refused), text.refused));
        }
        let unfinished = index + 1 == bars.len();
        if unfinished {
            tip.push_str(&format!(" · {}", text.unfinished));
        }
        let own = marks.iter().filter(|mark| mark.category == index);
        sheet.link(&scene.day_href(bar.start), &tip, |sheet| {
            sheet.target((left + slot * index as f32, 10.0, slot, frame.plot_height()));
            for mark in own {
                let Shape::Rect { x, y, width, height } = mark.shape else { continue };
                if height < 0.05 {
                    continue;
                }
                // Bars in narrow slots take the whole of it but a pixel.
                let wide = if width < slot - 6.0 { (x, width) } else { (left + slot * index as f32 + 0.5, slot - 1.0) };
                let place = (wide.0, y, wide.1.max(1.0), height.max(1.0));
                if unfinished { sheet.hatched(place, mark.token) } else { sheet.rect(place, mark.token) }
            }
        });
    }
    Ok(sheet.finish("volume", title, finding))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::heatmap::assert_ours;
    use super::super::request::tests::scene;
    use super::*;
    use crate::language::Language;
    use chrono::{Duration, TimeZone, Utc};

    fn minutes(count: i64) -> Vec<MinuteTotal> {
        let start = Utc.with_ymd_and_hms(2026, 11, 20, 22, 10, 0).unwrap();
        let minute = |index: i64| MinuteTotal {
            minute: start + Duration::minutes(index),
            posted: index % 7,
            refused: i64::from(index % 10 == 0),
        };
        (0..count).map(minute).collect()
    }

    #[test]
    fn the_bars_add_up_to_the_rows_and_the_last_is_hatched() {
        let rows = minutes(60);
        let figure = figure(&scene(Language::En), &rows, Window::Hour, &[360, 720]);
        let posted: i64 = figure.table.rows.iter().map(|row| row.plain[1].parse::<i64>().unwrap()).sum();
        assert_eq!(posted, rows.iter().map(|row| row.posted).sum::<i64>());
        for plot in &figure.plots {
            assert_ours(&plot.svg);
            assert_eq!(plot.svg.matches("stroke-dasharray").count(), 1, "{}", plot.svg);
        }
    }

    #[test]
    fn longer_ranges_are_drawn_in_bars_that_begin_on_the_banks_clock() {
        let all = bars(&scene(Language::Fr), &minutes(24 * 60), 30);
        assert_eq!(all.len(), 49, "the first and the last are cut");
        assert_eq!(all[1].start.ms.rem_euclid(30 * 60_000), 0);
    }
}
