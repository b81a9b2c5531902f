//! How busy, and by whom? Counts by account and type in seven classes, the busiest accounts first.

use super::figure::{Figure, LegendEntry, Plot, ValueRow, ValueTable};
use super::geometry::{Frame, heat_cells};
use super::request::{Scene, TYPES, type_phrase};
use super::scale::{class_of, class_starts};
use super::sheet::{Anchor, FONT, Sheet, shorten, text_width};
use super::{ChartError, clean::Shape};
use crate::ports::AccountTypeTotal;
use crate::text::fill;

const ACCOUNTS_MAX: usize = 20;
const ROW: f32 = 24.0;
const TOP: f32 = 34.0;

/// One account's counts, by type.
struct Row {
    account: String,
    counts: [i64; 4],
}

impl Row {
    fn total(&self) -> i64 {
        self.counts.iter().sum()
    }
}

fn rows(totals: &[AccountTypeTotal]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for total in totals {
        let column = TYPES.iter().position(|sided| *sided == total.sided_type).unwrap_or(0);
        match rows.iter_mut().find(|row| row.account == total.account) {
            Some(row) => row.counts[column] += total.count,
            None => {
                let mut row = Row { account: total.account.clone(), counts: [0; 4] };
                row.counts[column] = total.count;
                rows.push(row);
            }
        }
    }
    rows.sort_by(|a, b| b.total().cmp(&a.total()).then_with(|| a.account.cmp(&b.account)));
    rows
}

/// Draws the figure; its table holds every account, the plot the first twenty.
pub fn figure(scene: &Scene, totals: &[AccountTypeTotal], widths: &[u32]) -> Figure {
    let text = &scene.texts().overview;
    let rows = rows(totals);
    let shown = &rows[..rows.len().min(ACCOUNTS_MAX)];
    let starts = class_starts(shown.iter().flat_map(|row| row.counts).max().unwrap_or(0));
    let finding = finding(scene, &rows);
    let draw = |width: &u32| {
        let svg = plot(scene, shown, &starts, *width, &finding).ok()?;
        Some(Plot { width: *width, svg })
    };
    let table_row = |row: &Row| {
        let number = |count: &i64| scene.language.number(*count);
        let cells = std::iter::once(row.account.clone()).chain(row.counts.iter().map(number));
        let plain = std::iter::once(row.account.clone()).chain(row.counts.iter().map(i64::to_string));
        ValueRow {
            href: Some(scene.rows_href(Some(&row.account), None)),
            cells: cells.collect(),
            plain: plain.collect(),
        }
    };
    let columns = TYPES.iter().map(|sided| type_phrase(*sided).text(scene.language).to_owned());
    Figure {
        name: "heatmap",
        title: text.heatmap_title.to_owned(),
        legend: legend(scene, &starts, shown),
        plots: if shown.is_empty() { vec![] } else { widths.iter().filter_map(draw).collect() },
        table: ValueTable {
            head: std::iter::once(scene.texts().common.account.to_owned()).chain(columns).collect(),
            rows: rows.iter().map(table_row).collect(),
        },
        finding,
    }
}

fn finding(scene: &Scene, rows: &[Row]) -> String {
    let text = &scene.texts().overview;
    let Some(first) = rows.first() else { return text.nothing_yet.to_owned() };
    let most = (0..4).max_by_key(|column| (first.counts[*column], 4 - column)).unwrap_or(0);
    fill(
        text.heatmap_finding,
        &[
            ("account", &first.account),
            ("count", &scene.language.number(first.total())),
            ("type", &type_phrase(TYPES[most]).text(scene.language).to_lowercase()),
        ],
    )
}

/// The classes that occur, by their bounds.
fn legend(scene: &Scene, starts: &[i64; 6], shown: &[Row]) -> Vec<LegendEntry> {
    const TOKENS: [&str; 7] = ["--heat-1", "--heat-2", "--heat-3", "--heat-4", "--heat-5", "--heat-6", "--heat-7"];
    let highest = shown.iter().flat_map(|row| row.counts).max().map_or(0, |max| class_of(max, starts));
    let number = |count: i64| scene.language.number(count);
    let label = |class: usize| match class {
        1 if starts[0] == 1 => "0".to_owned(),
        1 => format!("0–{}", number(starts[0] - 1)),
        7 => format!("≥ {}", number(starts[5])),
        _ if starts[class - 1] - starts[class - 2] == 1 => number(starts[class - 2]),
        _ => format!("{}–{}", number(starts[class - 2]), number(starts[class - 1] - 1)),
    };
    (1..=highest).map(|class| LegendEntry { token: TOKENS[class - 1], label: label(class) }).collect()
}

fn plot(scene: &Scene, rows: &[Row], starts: &[i64; 6], width: u32, finding: &str) -> Result<String, ChartError> {
    let text = &scene.texts().overview;
    let room = if width < 500 { 10 } else { 22 };
    let names: Vec<String> = rows.iter().map(|row| shorten(&row.account, room)).collect();
    let left = names.iter().map(|name| text_width(name)).fold(40.0, f32::max) + 8.0;
    let height = TOP + ROW * rows.len() as f32 + 2.0;
    let frame = Frame { width: width as f32, height, left, top: TOP, right: 1.0, bottom: 2.0 };
    let classes: Vec<usize> = rows.iter().flat_map(|row| row.counts).map(|count| class_of(count, starts)).collect();
    let marks = heat_cells(frame, 4, rows.len(), &classes)?;
    let mut sheet = Sheet::new(frame);
    let column = frame.plot_width() / 4.0;
    for (index, sided) in TYPES.iter().enumerate() {
        let x = left + column * (index as f32 + 0.5);
        column_head(&mut sheet, x, column, type_phrase(*sided).text(scene.language));
    }
    for (index, name) in names.iter().enumerate() {
        let y = TOP + ROW * (index as f32 + 0.5) + FONT * 0.35;
        sheet.text(left - 8.0, y, Anchor::End, "--text", name);
    }
    for mark in &marks {
        let (row, sided) = (&rows[mark.category / 4], TYPES[mark.category % 4]);
        let count = row.counts[mark.category % 4];
        let Shape::Rect { x, y, width, height } = mark.shape else { continue };
        let tip =
            [row.account.as_str(), type_phrase(sided).text(scene.language), &text_count(scene, count)].join(" · ");
        let ink = if class_of(count, starts) > 4 { "--on-tone" } else { "--text" };
        let label = scene.language.number(count);
        // A gap of one pixel between cells.
        let cell = (x, y, (width - 1.0).max(1.0), (height - 1.0).max(1.0));
        let draw = |sheet: &mut Sheet| {
            sheet.rect(cell, mark.token);
            if text_width(&label) < width {
                sheet.text(x + width / 2.0, y + height / 2.0 + FONT * 0.35, Anchor::Middle, ink, &label);
            }
        };
        sheet.link(&scene.rows_href(Some(&row.account), Some(sided)), &tip, draw);
    }
    Ok(sheet.finish("heatmap", text.heatmap_title, finding))
}

fn text_count(scene: &Scene, count: i64) -> String {
    let text = &scene.texts().overview;
    let word = scene.language.plural(count.unsigned_abs(), text.one_transaction, text.many_transactions);
    fill(word, &[("count", &scene.language.number(count))])
}

/// In two lines where the column is too narrow for one.
fn column_head(sheet: &mut Sheet, x: f32, room: f32, words: &str) {
    match words.split_once(' ') {
        Some((first, second)) if text_width(words) > room => {
            sheet.text(x, TOP - 22.0, Anchor::Middle, "--muted", first);
            sheet.text(x, TOP - 8.0, Anchor::Middle, "--muted", second);
        }
        _ => sheet.text(x, TOP - 8.0, Anchor::Middle, "--muted", words),
    }
}

/// For tests of other figures too: what a drawing may hold.
#[cfg(test)]
pub(super) fn assert_ours(svg: &str) {
    assert!(!svg.contains(" style="), "style attribute: {svg}");
    assert!(!svg.contains("<style"), "style element");
    assert!(!svg.contains('#'), "raw colour: {svg}");
    assert!(!svg.contains("Roboto") && !svg.contains("font-family"), "the library's font: {svg}");
    assert!(svg.contains(r#"role="group""#) && svg.contains("<title ") && svg.contains("<desc "), "no name: {svg}");
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::request::tests::scene;
    use super::*;
    use crate::language::Language;
    use crate::ports::SidedType;
    use domain::Currency;

    pub(crate) fn total(account: &str, sided_type: SidedType, count: i64, amount_minor: i64) -> AccountTypeTotal {
        AccountTypeTotal { account: account.into(), currency: Currency::EUR, sided_type, count, amount_minor }
    }

    #[test]
    fn every_cell_leads_to_its_rows_and_says_its_count() {
        let totals = [
            total("C100", SidedType::Deposit, 12, 0),
            total("C100", SidedType::TransferOut, 1_234, 0),
            total("C200", SidedType::Withdrawal, 3, 0),
        ];
        let figure = figure(&scene(Language::En), &totals, &[360, 720]);
        assert_eq!(figure.plots.len(), 2);
        for plot in &figure.plots {
            assert_ours(&plot.svg);
            assert_eq!(plot.svg.matches("<a href").count(), 8);
            assert_eq!(plot.svg.matches(r#"tabindex="-1""#).count(), 7);
            assert!(plot.svg.contains(">1,234</text>"), "{}", plot.svg);
            assert!(plot.svg.contains(r#"href="/explore?account=C100&amp;type=deposit"#), "{}", plot.svg);
        }
        assert!(figure.finding.contains("C100") && figure.finding.contains("1,246"), "{}", figure.finding);
        assert_eq!(figure.table.rows[0].plain, ["C100", "12", "0", "1234", "0"]);
        assert!(figure.csv().contains("C200,0,3,0,0\r\n"), "{}", figure.csv());
    }

    #[test]
    fn nothing_yet_is_said_and_not_drawn() {
        let figure = figure(&scene(Language::Fr), &[], &[360]);
        assert!(figure.plots.is_empty() && !figure.finding.is_empty());
    }

    #[test]
    fn a_thousand_accounts_are_twenty_rows_and_the_table_holds_all() {
        let totals: Vec<_> = (0..1_000)
            .map(|index| total(&format!("FR76300060000112345678901{index}"), SidedType::Deposit, index, 0))
            .collect();
        let figure = figure(&scene(Language::Fr), &totals, &[360]);
        assert_eq!(figure.plots[0].svg.matches("<a href").count(), 80);
        assert_eq!(figure.table.rows.len(), 1_000);
    }
}
