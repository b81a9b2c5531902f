//! What did the balance do? A line in steps, because money jumps.

use super::ChartError;
use super::amounts::plain_amount;
use super::figure::{Figure, Plot, ValueRow, ValueTable};
use super::geometry::{Frame, step_line};
use super::request::Scene;
use super::scale::ticks;
use super::sheet::{Anchor, FONT, Sheet, text_width};
use crate::format::machine_time;
use crate::ports::BalanceCurve;
use crate::text::fill;
use chrono::{DateTime, Utc};
use domain::{AccountNumber, AmountMinor};

const HEIGHT: f32 = 240.0;
/// Points that can be pointed at.
const STOPS_MAX: usize = 40;

/// One change of the balance.
#[derive(Debug, Clone, Copy)]
struct Step {
    at: DateTime<Utc>,
    after: AmountMinor,
}

/// Draws one account's curve between `from` and `to`.
pub fn figure(
    scene: &Scene,
    account: &AccountNumber,
    curve: &BalanceCurve,
    (from, to): (Option<DateTime<Utc>>, DateTime<Utc>),
    widths: &[u32],
) -> Figure {
    let text = &scene.texts().overview;
    let steps: Vec<Step> = curve.points.iter().map(|&(at, after)| Step { at, after }).collect();
    let title = fill(text.balance_title, &[("account", account.as_str())]);
    let finding = finding(scene, curve, &steps);
    let start = from.or_else(|| steps.first().map(|step| step.at)).unwrap_or(to);
    let span = (start, to.max(steps.last().map_or(to, |step| step.at)));
    let draw = |width: &u32| {
        let svg = plot(scene, account, curve, &steps, span, *width, &title, &finding).ok()?;
        Some(Plot { width: *width, svg })
    };
    let row = |step: &Step| {
        let stamp = scene.stamp(step.at);
        ValueRow {
            href: Some(scene.account_href(account, stamp)),
            cells: vec![scene.language.date_time(stamp), scene.language.money(step.after, curve.currency)],
            plain: vec![machine_time(stamp), plain_amount(step.after, curve.currency)],
        }
    };
    Figure {
        name: "balance",
        legend: vec![],
        plots: if steps.is_empty() { vec![] } else { widths.iter().filter_map(draw).collect() },
        table: ValueTable {
            head: vec![scene.texts().common.date.to_owned(), text.balance_after.to_owned()],
            rows: steps.iter().rev().map(row).collect(),
        },
        title,
        finding,
    }
}

fn finding(scene: &Scene, curve: &BalanceCurve, steps: &[Step]) -> String {
    let text = &scene.texts().overview;
    let money = |amount: AmountMinor| scene.language.money(amount, curve.currency);
    let Some(last) = steps.last() else {
        return fill(text.balance_still, &[("amount", &money(curve.opening_minor))]);
    };
    let lowest = steps.iter().map(|step| step.after).fold(curve.opening_minor, AmountMinor::min);
    fill(
        text.balance_finding,
        &[("from", &money(curve.opening_minor)), ("to", &money(last.after)), ("lowest", &money(lowest))],
    )
}

/// The steps that can be pointed at: all, or the last of each slice of time.
fn stops(steps: &[Step], span: (DateTime<Utc>, DateTime<Utc>)) -> Vec<Step> {
    if steps.len() <= STOPS_MAX {
        return steps.to_vec();
    }
    let whole = (span.1 - span.0).num_milliseconds().max(1);
    let slice = |step: &Step| (step.at - span.0).num_milliseconds() * STOPS_MAX as i64 / whole;
    let last_of_slice = |pair: &[Step]| (slice(&pair[0]) != slice(&pair[1])).then_some(pair[0]);
    steps.windows(2).filter_map(last_of_slice).chain(steps.last().copied()).collect()
}

#[allow(clippy::too_many_arguments, reason = "one drawing, called once")]
fn plot(
    scene: &Scene,
    account: &AccountNumber,
    curve: &BalanceCurve,
    steps: &[Step],
    span: (DateTime<Utc>, DateTime<Utc>),
    width: u32,
    title: &str,
    finding: &str,
) -> Result<String, ChartError> {
    let values = || steps.iter().map(|step| step.after).chain([curve.opening_minor]);
    let unit = 10_i64.pow(curve.currency.exponent());
    let (low, high) = (values().min().unwrap_or(0), values().max().unwrap_or(0));
    let marks_at = ticks(low, high, unit);
    let (bottom, top) = (marks_at.first().copied().unwrap_or(0), marks_at.last().copied().unwrap_or(1));
    let labels: Vec<String> = marks_at.iter().map(|tick| scene.language.money_compact(*tick, curve.currency)).collect();
    let left = labels.iter().map(|label| text_width(label)).fold(16.0, f32::max) + 8.0;
    let frame = Frame { width: width as f32, height: HEIGHT, left, top: 10.0, right: 10.0, bottom: 24.0 };
    let (base, right) = (HEIGHT - 24.0, frame.width - 10.0);
    let y_of = |amount: AmountMinor| {
        base - frame.plot_height() * ((amount as f64 - bottom as f64) / (top as f64 - bottom as f64)) as f32
    };
    let whole = (span.1 - span.0).num_milliseconds().max(1) as f64;
    let x_of = |at: DateTime<Utc>| left + frame.plot_width() * ((at - span.0).num_milliseconds() as f64 / whole) as f32;

    let mut sheet = Sheet::new(frame);
    for (tick, label) in marks_at.iter().zip(&labels) {
        let y = y_of(*tick);
        sheet.line((left, y), (right, y), if *tick == 0 { "--control" } else { "--border" });
        sheet.text(left - 8.0, y + FONT * 0.35, Anchor::End, "--muted", label);
    }
    for (at, label) in scene.time_ticks(span, if width < 500 { 4 } else { 7 }) {
        let x = x_of(at);
        let half = text_width(&label) / 2.0;
        sheet.line((x, base), (x, base + 4.0), "--control");
        if x - half > left - 8.0 && x + half < frame.width {
            sheet.text(x, base + 17.0, Anchor::Middle, "--muted", &label);
        }
    }
    let seconds = |at: DateTime<Utc>| at.timestamp_millis() as f64 / 1_000.0;
    let major = |amount: AmountMinor| amount as f64 / unit as f64;
    let before = (seconds(span.0), major(curve.opening_minor));
    let last = steps.last().map_or(curve.opening_minor, |step| step.after);
    let line = std::iter::once(before)
        .chain(steps.iter().map(|step| (seconds(step.at), major(step.after))))
        .chain([(seconds(span.1), major(last))]);
    let line: Vec<(f64, f64)> = line.collect();
    let marks = step_line(frame, &line, "--sea", (line[0].0, seconds(span.1)), (major(bottom), major(top)))?;
    for mark in &marks {
        sheet.shape(&mark.shape, mark.token);
    }
    let stops = stops(steps, span);
    for (index, stop) in stops.iter().enumerate() {
        let x = x_of(stop.at);
        let middle = |other: Option<&Step>, edge: f32| other.map_or(edge, |other| (x_of(other.at) + x) / 2.0);
        let start = middle(index.checked_sub(1).and_then(|before| stops.get(before)), left);
        let end = middle(stops.get(index + 1), right);
        let stamp = scene.stamp(stop.at);
        let tip = [scene.language.date_time(stamp), scene.language.money(stop.after, curve.currency)].join(" · ");
        sheet.link(&scene.account_href(account, stamp), &tip, |sheet| {
            sheet.target((start, 10.0, (end - start).max(1.0), frame.plot_height()));
            sheet.dot(x, y_of(stop.after), "--sea");
        });
    }
    Ok(sheet.finish("balance", title, finding))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::heatmap::assert_ours;
    use super::super::request::tests::scene;
    use super::*;
    use crate::language::Language;
    use chrono::{Duration, TimeZone};
    use domain::Currency;

    fn curve(count: i64) -> (BalanceCurve, DateTime<Utc>) {
        let start = Utc.with_ymd_and_hms(2026, 3, 1, 9, 0, 0).unwrap();
        let points = (0..count).map(|index| (start + Duration::hours(7 * index), 100_000 - index * 1_234)).collect();
        (BalanceCurve { opening_minor: 100_000, points, currency: Currency::EUR }, start + Duration::hours(7 * count))
    }

    #[test]
    fn the_line_is_drawn_in_steps_and_says_exact_amounts() {
        let account = "C100".parse().unwrap();
        let (curve, end) = curve(200);
        let figure = figure(&scene(Language::Fr), &account, &curve, (None, end), &[360, 720]);
        for plot in &figure.plots {
            assert_ours(&plot.svg);
            assert!(plot.svg.matches("<a href").count() <= STOPS_MAX + 1);
            assert!(plot.svg.contains(r#"fill="none" stroke="var(--sea)""#), "{}", plot.svg);
            assert!(!plot.svg.contains("NaN"));
        }
        assert!(figure.finding.contains("1\u{202f}000,00\u{a0}€"), "{}", figure.finding);
        assert_eq!(figure.table.rows.len(), 200);
        assert_eq!(figure.table.rows[0].plain[1], "-1455.66");
    }

    #[test]
    fn a_single_change_and_none_are_figures_too() {
        let account: AccountNumber = "C100".parse().unwrap();
        let (one, end) = curve(1);
        assert_eq!(figure(&scene(Language::En), &account, &one, (None, end), &[360]).plots.len(), 1);
        let (none, end) = curve(0);
        assert!(figure(&scene(Language::En), &account, &none, (None, end), &[360]).plots.is_empty());
    }
}
