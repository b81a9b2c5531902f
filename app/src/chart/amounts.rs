//! How much, of what? Amounts by account and type as lying, stacked bars: the largest fifteen accounts, then the others.

use super::ChartError;
use super::clean::Shape;
use super::figure::{Figure, LegendEntry, Plot, ValueRow, ValueTable};
use super::geometry::{Frame, lying_bars};
use super::request::{Scene, TYPES, type_phrase};
use super::scale::ticks;
use super::sheet::{Anchor, FONT, Sheet, shorten, text_width};
use crate::ports::AccountTypeTotal;
use crate::text::fill;
use domain::{AmountMinor, Currency};

const ACCOUNTS_MAX: usize = 15;
const ROW: f32 = 26.0;
const BOTTOM: f32 = 26.0;
const TOP: f32 = 6.0;
const TOKENS: [&str; 4] = ["--category-1", "--category-2", "--category-3", "--category-4"];

struct Row {
    /// None: all the others together.
    account: Option<String>,
    label: String,
    amounts: [AmountMinor; 4],
}

impl Row {
    fn total(&self) -> AmountMinor {
        self.amounts.iter().fold(0, |sum, amount| sum.saturating_add(*amount))
    }
}

/// The currency drawn: the one asked for, else the one with the most transactions.
pub fn main_currency(totals: &[AccountTypeTotal], asked: Option<Currency>) -> Option<Currency> {
    let currencies = || totals.iter().map(|total| total.currency);
    let count = |currency: Currency| -> i64 {
        totals.iter().filter(|total| total.currency == currency).map(|total| total.count).sum()
    };
    asked
        .filter(|asked| currencies().any(|currency| currency == *asked))
        .or_else(|| currencies().max_by_key(|c| (count(*c), *c)))
}

fn rows(totals: &[AccountTypeTotal], currency: Currency) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for total in totals.iter().filter(|total| total.currency == currency) {
        let column = TYPES.iter().position(|sided| *sided == total.sided_type).unwrap_or(0);
        let at = rows.iter().position(|row| row.label == total.account).unwrap_or_else(|| {
            rows.push(Row { account: Some(total.account.clone()), label: total.account.clone(), amounts: [0; 4] });
            rows.len() - 1
        });
        rows[at].amounts[column] = rows[at].amounts[column].saturating_add(total.amount_minor);
    }
    rows.sort_by(|a, b| b.total().cmp(&a.total()).then_with(|| a.label.cmp(&b.label)));
    rows
}

/// Draws the figure; its table holds every account given.
pub fn figure(scene: &Scene, totals: &[AccountTypeTotal], currency: Option<Currency>, widths: &[u32]) -> Figure {
    let text = &scene.texts().overview;
    let currency = main_currency(totals, currency).unwrap_or(scene.currency);
    let all = rows(totals, currency);
    let shown = with_others(scene, &all);
    let finding = finding(scene, &all, currency);
    let draw = |width: &u32| Some(Plot { width: *width, svg: plot(scene, &shown, currency, *width, &finding).ok()? });
    let names = TYPES.map(|sided| type_phrase(sided).text(scene.language).to_owned());
    let legend = TOKENS.iter().zip(names.iter()).map(|(token, label)| LegendEntry { token, label: label.clone() });
    let row = |row: &Row| {
        let money = |amount: &i64| scene.language.money(*amount, currency);
        let plain = |amount: &i64| plain_amount(*amount, currency);
        ValueRow {
            href: Some(scene.rows_href(row.account.as_deref(), None)),
            cells: std::iter::once(row.label.clone()).chain(row.amounts.iter().map(money)).collect(),
            plain: std::iter::once(row.label.clone()).chain(row.amounts.iter().map(plain)).collect(),
        }
    };
    Figure {
        name: "amounts",
        title: fill(text.amounts_title, &[("currency", currency.as_str())]),
        legend: if shown.is_empty() { vec![] } else { legend.collect() },
        plots: if shown.is_empty() { vec![] } else { widths.iter().filter_map(draw).collect() },
        table: ValueTable {
            head: std::iter::once(scene.texts().common.account.to_owned()).chain(names).collect(),
            rows: all.iter().map(row).collect(),
        },
        finding,
    }
}

/// The first fifteen, and the rest as one row.
fn with_others(scene: &Scene, all: &[Row]) -> Vec<Row> {
    let copy = |row: &Row| Row { account: row.account.clone(), label: row.label.clone(), amounts: row.amounts };
    let mut shown: Vec<Row> = all.iter().take(ACCOUNTS_MAX).map(copy).collect();
    let others = &all[shown.len()..];
    if !others.is_empty() {
        let mut amounts: [AmountMinor; 4] = [0; 4];
        for row in others {
            for (sum, amount) in amounts.iter_mut().zip(row.amounts) {
                *sum = sum.saturating_add(amount);
            }
        }
        let count = scene.language.number(i64::try_from(others.len()).unwrap_or(i64::MAX));
        shown.push(Row { account: None, label: fill(scene.texts().overview.others, &[("count", &count)]), amounts });
    }
    shown
}

fn finding(scene: &Scene, all: &[Row], currency: Currency) -> String {
    let text = &scene.texts().overview;
    let total: i128 = all.iter().map(|row| i128::from(row.total())).sum();
    let Some(first) = all.first().filter(|_| total > 0) else { return text.nothing_yet.to_owned() };
    let share = u64::try_from(i128::from(first.total()) * 1_000 / total).unwrap_or(0);
    fill(
        text.amounts_finding,
        &[
            ("account", &first.label),
            ("amount", &scene.language.money(first.total(), currency)),
            ("share", &scene.language.percent(share)),
            ("count", &scene.language.number(i64::try_from(all.len()).unwrap_or(i64::MAX))),
        ],
    )
}

/// Major units for the library, whose numbers only place things.
fn major(amount: AmountMinor, currency: Currency) -> f64 {
    amount as f64 / 10_f64.powi(currency.exponent() as i32)
}

/// A point and no groups, for CSV.
pub fn plain_amount(amount: AmountMinor, currency: Currency) -> String {
    let exponent = currency.exponent() as usize;
    let sign = if amount < 0 { "-" } else { "" };
    let digits = format!("{:0width$}", amount.unsigned_abs(), width = exponent + 1);
    let (whole, fraction) = digits.split_at(digits.len() - exponent);
    if exponent == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

fn plot(scene: &Scene, rows: &[Row], currency: Currency, width: u32, finding: &str) -> Result<String, ChartError> {
    let text = &scene.texts().overview;
    let room = if width < 500 { 11 } else { 22 };
    let names: Vec<String> = rows.iter().map(|row| shorten(&row.label, room)).collect();
    let left = names.iter().map(|name| text_width(name)).fold(40.0, f32::max) + 8.0;
    // The others together would dwarf every account: theirs is a number, not a bar.
    let max = rows.iter().filter(|row| row.account.is_some()).map(Row::total).max().unwrap_or(0);
    let totals: Vec<String> = rows.iter().map(|row| scene.language.money_compact(row.total(), currency)).collect();
    let right = totals.iter().map(|total| text_width(total)).fold(0.0, f32::max) + 10.0;
    let marks_at = ticks(0, max, 10_i64.pow(currency.exponent()));
    let end = marks_at.last().copied().unwrap_or(1);
    let height = TOP + ROW * rows.len() as f32 + BOTTOM;
    let frame = Frame { width: width as f32, height, left, top: TOP, right, bottom: BOTTOM };
    let length = |row: &Row, column: usize| match row.account {
        Some(_) => major(row.amounts[column], currency),
        None => 0.0,
    };
    let values: Vec<Vec<f64>> = (0..4).map(|column| rows.iter().map(|row| length(row, column)).collect()).collect();
    let bars = lying_bars(frame, &values, &TOKENS, major(end, currency))?;

    let mut sheet = Sheet::new(frame);
    let base = height - BOTTOM;
    let every = if width < 500 { 2 } else { 1 };
    for (index, tick) in marks_at.iter().enumerate() {
        let x = left + frame.plot_width() * (*tick as f64 / end as f64) as f32;
        sheet.line((x, TOP), (x, base), "--border");
        if index % every == 0 {
            sheet.text(x, base + 17.0, Anchor::Middle, "--muted", &scene.language.money_compact(*tick, currency));
        }
    }
    for (index, row) in rows.iter().enumerate() {
        let y = TOP + ROW * (index as f32 + 0.5) + FONT * 0.35;
        sheet.text(left - 8.0, y, Anchor::End, "--text", &names[index]);
        if row.account.is_none() {
            let words = fill(text.others_sum, &[("amount", &scene.language.money(row.total(), currency))]);
            sheet.link(&scene.rows_href(None, None), &[row.label.as_str(), words.as_str()].join(" · "), |sheet| {
                sheet.text(left + 5.0, y, Anchor::Start, "--text", &words);
            });
            continue;
        }
        let x = left + frame.plot_width() * (row.total() as f64 / end as f64) as f32;
        sheet.text(x + 5.0, y, Anchor::Start, "--text", &totals[index]);
    }
    let has_bar = |row: &Row, series: usize| row.account.is_some() && row.amounts[series] > 0;
    for mark in bars.iter().filter(|mark| has_bar(&rows[mark.category], mark.series)) {
        let (row, sided) = (&rows[mark.category], TYPES[mark.series]);
        let amount = scene.language.money(row.amounts[mark.series], currency);
        let tip = [row.label.as_str(), type_phrase(sided).text(scene.language), &amount].join(" · ");
        let Shape::Rect { x, y, width, height } = mark.shape else { continue };
        // A gap of one pixel between neighbours.
        let shape = Shape::Rect { x, y, width: width - 1.0, height };
        let href = scene.rows_href(row.account.as_deref(), Some(sided));
        sheet.link(&href, &tip, |sheet| sheet.shape(&shape, mark.token));
    }
    Ok(sheet.finish("amounts", &fill(text.amounts_title, &[("currency", currency.as_str())]), finding))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::heatmap::assert_ours;
    use super::super::request::tests::scene;
    use super::*;
    use crate::language::Language;
    use crate::ports::SidedType;

    fn total(account: &str, sided_type: SidedType, amount_minor: i64) -> AccountTypeTotal {
        AccountTypeTotal { account: account.into(), currency: Currency::EUR, sided_type, count: 1, amount_minor }
    }

    #[test]
    fn amounts_are_exact_whatever_the_geometry_rounds() {
        let totals = [
            total("C100", SidedType::Deposit, 1_677_721_912_345_678),
            total("C200", SidedType::TransferOut, 1),
            total("C200", SidedType::Withdrawal, 12_345_678),
        ];
        let figure = figure(&scene(Language::En), &totals, None, &[360, 720]);
        for plot in &figure.plots {
            assert_ours(&plot.svg);
            assert!(plot.svg.contains("C100 · Deposit · €16,777,219,123,456.78"), "{}", plot.svg);
            assert!(plot.svg.contains("C200 · Transfer out · €0.01"), "{}", plot.svg);
        }
        assert_eq!(figure.table.rows[1].plain, ["C200", "0.00", "123456.78", "0.01", "0.00"]);
    }

    #[test]
    fn the_rest_is_one_row_and_the_sum_of_the_rows_is_the_total() {
        let totals: Vec<_> =
            (0..40).map(|index| total(&format!("C{index}"), SidedType::TransferIn, 100 + index)).collect();
        let all = rows(&totals, Currency::EUR);
        let shown = with_others(&scene(Language::Fr), &all);
        assert_eq!(shown.len(), 16);
        assert_eq!(
            shown.iter().map(Row::total).sum::<i64>(),
            totals.iter().map(|total| total.amount_minor).sum::<i64>()
        );
        assert!(shown[15].label.contains("25"), "{}", shown[15].label);
    }

    #[test]
    fn currencies_are_never_added_up() {
        let mut koruna = total("C9", SidedType::Deposit, 5_000);
        koruna.currency = Currency::CZK;
        let totals = [total("C1", SidedType::Deposit, 100), total("C2", SidedType::Deposit, 100), koruna];
        assert_eq!(main_currency(&totals, None), Some(Currency::EUR));
        assert_eq!(main_currency(&totals, Some(Currency::CZK)), Some(Currency::CZK));
        assert_eq!(figure(&scene(Language::En), &totals, Some(Currency::CZK), &[]).table.rows.len(), 1);
    }
}
