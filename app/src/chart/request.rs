//! From a request to a figure: which chart, over which range, for whom; and the answer to `GET /charts/NAME`.
//!
//! `/charts/NAME?window=…` answers with the figure as HTML (what the page holds, drawn afresh), `/charts/NAME.csv` with
//! its values; `/charts/totals` with the tiles. Whoever asks needs the same right as for the page: the ports refuse.

use super::figure::{Figure, FigureView};
use super::{WIDTHS, WIDTHS_ALL, amounts, balance, heatmap, volume};
use crate::format::{local, machine_date};
use crate::language::Language;
use crate::pages::overview::Tiles;
use crate::phrase::Phrase;
use crate::ports::{DateRange, Person, PortError, Ports, RequestContext, SidedType, Window};
use crate::text::Texts;
use crate::visit::{Choices, encode};
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Datelike, Days, Duration, Months, NaiveDate, NaiveTime, Offset, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use domain::view::Stamp;
use domain::{AccountNumber, Currency};
use leptos::prelude::*;
use std::collections::HashMap;

/// Changes of a balance that a curve holds at most.
const POINTS_MAX: usize = 400;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartName {
    Volume,
    Heatmap,
    Amounts,
    Balance,
}

impl ChartName {
    pub fn name(self) -> &'static str {
        match self {
            ChartName::Volume => "volume",
            ChartName::Heatmap => "heatmap",
            ChartName::Amounts => "amounts",
            ChartName::Balance => "balance",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Volume, Self::Heatmap, Self::Amounts, Self::Balance].into_iter().find(|chart| chart.name() == name)
    }
}

/// What a chart is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartQuery {
    pub window: Window,
    /// For the balance.
    pub account: Option<AccountNumber>,
    /// For the balance, instead of the window.
    pub range: Option<DateRange>,
    pub currency: Option<Currency>,
    /// One width; none: those the page needs.
    pub width: Option<u32>,
}

impl ChartQuery {
    /// Reads the parameters of an address; what is absent or strange takes its default.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let date = |name: &str| get(name).and_then(|text| text.parse::<NaiveDate>().ok());
        let range = DateRange { from: date("from"), to: date("to") };
        ChartQuery {
            window: get("window").and_then(|name| window_named(&name)).unwrap_or(Window::Day),
            account: get("account").and_then(|number| number.parse().ok()),
            range: (range != DateRange::default()).then_some(range),
            currency: get("currency").and_then(|code| code.parse().ok()),
            width: get("width").and_then(|text| text.parse().ok()).filter(|width| WIDTHS_ALL.contains(width)),
        }
    }

    /// The same as an address.
    pub fn href(&self, chart: ChartName) -> String {
        let mut parts = vec![format!("window={}", window_name(self.window))];
        parts.extend(self.account.as_ref().map(|account| format!("account={account}")));
        parts.extend(self.currency.map(|currency| format!("currency={currency}")));
        let range = self.range.unwrap_or_default();
        parts.extend(range.from.map(|date| format!("from={}", machine_date(date))));
        parts.extend(range.to.map(|date| format!("to={}", machine_date(date))));
        format!("/charts/{}?{}", chart.name(), parts.join("&"))
    }
}

pub fn window_name(window: Window) -> &'static str {
    match window {
        Window::Hour => "hour",
        Window::Day => "day",
        Window::Week => "week",
        Window::All => "all",
    }
}

pub fn window_named(name: &str) -> Option<Window> {
    [Window::Hour, Window::Day, Window::Week, Window::All].into_iter().find(|window| window_name(*window) == name)
}

/// The order of types everywhere: their colour follows it.
pub const TYPES: [SidedType; 4] =
    [SidedType::Deposit, SidedType::Withdrawal, SidedType::TransferOut, SidedType::TransferIn];

pub fn type_phrase(sided: SidedType) -> Phrase {
    match sided {
        SidedType::Deposit => Phrase::Deposit,
        SidedType::Withdrawal => Phrase::Withdrawal,
        SidedType::TransferOut => Phrase::TransferOut,
        SidedType::TransferIn => Phrase::TransferIn,
    }
}

/// What drawing needs to know of the reader.
#[derive(Debug, Clone)]
pub struct Scene {
    pub language: Language,
    pub zone: Tz,
    pub now: DateTime<Utc>,
    pub window: Window,
    pub currency: Currency,
}

impl Scene {
    pub fn texts(&self) -> &'static Texts {
        Texts::of(self.language)
    }

    pub fn stamp(&self, moment: DateTime<Utc>) -> Stamp {
        let offset = self.zone.offset_from_utc_datetime(&moment.naive_utc()).fix();
        Stamp { ms: moment.timestamp_millis(), offset_min: offset.local_minus_utc() / 60 }
    }

    /// The time today, else with its day.
    pub fn moment(&self, stamp: Stamp) -> String {
        let today = local(self.stamp(self.now)).date();
        if local(stamp).date() == today { self.language.hour_minute(stamp) } else { self.language.date_time(stamp) }
    }

    fn first_day(&self) -> Option<NaiveDate> {
        let today = local(self.stamp(self.now)).date();
        match self.window {
            Window::Hour | Window::Day => today.checked_sub_days(Days::new(1)),
            Window::Week => today.checked_sub_days(Days::new(7)),
            Window::All => None,
        }
    }

    /// The rows behind a mark.
    pub fn rows_href(&self, account: Option<&str>, sided: Option<SidedType>) -> String {
        let kind = sided.map(|sided| match sided {
            SidedType::Deposit => "deposit",
            SidedType::Withdrawal => "withdrawal",
            SidedType::TransferOut | SidedType::TransferIn => "transfer",
        });
        let parts = [
            account.map(|account| format!("account={}", encode(account))),
            kind.map(|kind| format!("type={kind}")),
            self.first_day().map(|date| format!("from={}", machine_date(date))),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { "/explore".to_owned() } else { format!("/explore?{}", parts.join("&")) }
    }

    pub fn day_href(&self, stamp: Stamp) -> String {
        let day = machine_date(local(stamp).date());
        format!("/explore?from={day}&to={day}")
    }

    pub fn account_href(&self, account: &AccountNumber, stamp: Stamp) -> String {
        let day = machine_date(local(stamp).date());
        format!("/accounts/{account}?from={day}&to={day}")
    }

    /// Under a bar of the volume: the time, where it is round enough for this many bars.
    pub fn time_label(&self, start: Stamp, bars: usize) -> Option<String> {
        let at = local(start);
        let round = if bars > 60 || !at.minute().is_multiple_of(30) {
            at.minute().is_multiple_of(10) && bars > 50
        } else {
            at.minute() == 0
        };
        round.then(|| self.language.hour_minute(start))
    }

    /// At most `count` round moments within a span, with their labels.
    pub fn time_ticks(&self, (from, to): (DateTime<Utc>, DateTime<Utc>), count: i64) -> Vec<(DateTime<Utc>, String)> {
        let span = to - from;
        let hours = [1, 2, 3, 6, 12].into_iter().find(|step| span <= Duration::hours(step * count));
        if let Some(step) = hours {
            return self.hour_ticks(from, to, step);
        }
        let days = [1, 2, 7, 14].into_iter().find(|step| span <= Duration::days(step * count));
        let (first, last) = (local(self.stamp(from)).date(), local(self.stamp(to)).date());
        if let Some(step) = days {
            let dates = first.iter_days().take_while(|date| *date <= last);
            let dates = dates.filter(|date| i64::from(date.num_days_from_ce()) % step == 0);
            let ticks = dates.filter_map(|date| Some((self.midnight(date)?, self.day_label(date))));
            return ticks.filter(|(at, _)| *at >= from).collect();
        }
        let months = [1, 2, 3, 6, 12, 24, 60, 120].into_iter().find(|step| span <= Duration::days(31 * step * count));
        let step = u32::try_from(months.unwrap_or(240)).unwrap_or(12);
        let mut date = first.with_day(1).unwrap_or(first);
        let mut ticks = Vec::new();
        while date <= last {
            let index = u32::try_from(date.year()).unwrap_or(0) * 12 + date.month0();
            if index.is_multiple_of(step)
                && let Some(at) = self.midnight(date).filter(|at| *at >= from)
            {
                ticks.push((at, self.month_label(date)));
            }
            let Some(next) = date.checked_add_months(Months::new(1)) else { break };
            date = next;
        }
        ticks
    }

    fn hour_ticks(&self, from: DateTime<Utc>, to: DateTime<Utc>, step: i64) -> Vec<(DateTime<Utc>, String)> {
        let seconds = 3_600;
        let first = from.timestamp().div_euclid(seconds) + 1;
        let hours = (first..).map(|hour| hour * seconds).take_while(|at| *at <= to.timestamp());
        let moments = hours.filter_map(|at| DateTime::from_timestamp(at, 0)).map(|at| (at, self.stamp(at)));
        let round = moments.filter(|(_, stamp)| i64::from(local(*stamp).hour()) % step == 0);
        round.map(|(at, stamp)| (at, self.hour_label(stamp))).collect()
    }

    fn hour_label(&self, stamp: Stamp) -> String {
        let at = local(stamp);
        if at.time() == NaiveTime::MIN { self.day_label(at.date()) } else { self.language.hour_minute(stamp) }
    }

    fn day_label(&self, date: NaiveDate) -> String {
        format!("{} {}", date.day(), self.language.month_short(date.month0()))
    }

    fn month_label(&self, date: NaiveDate) -> String {
        if date.month() == 1 { date.year().to_string() } else { self.language.month_short(date.month0()).to_owned() }
    }

    fn midnight(&self, date: NaiveDate) -> Option<DateTime<Utc>> {
        Some(self.zone.from_local_datetime(&date.and_time(NaiveTime::MIN)).earliest()?.with_timezone(&Utc))
    }
}

/// Reads what the chart shows and draws it.
///
/// # Errors
/// As the ports answer; [`PortError::NotFound`] for a balance without an account.
pub async fn load(
    ports: &Ports,
    person: &Person,
    language: Language,
    currency: Currency,
    chart: ChartName,
    query: &ChartQuery,
) -> Result<Figure, PortError> {
    let scene =
        Scene { language, zone: ports.clock.time_zone(), now: ports.clock.now(), window: query.window, currency };
    let widths = query.width.map_or(WIDTHS.to_vec(), |width| vec![width]);
    match chart {
        ChartName::Volume => {
            let minutes = ports.overview.per_minute(person, volume::grain(query.window).0).await?;
            Ok(volume::figure(&scene, &minutes, query.window, &widths))
        }
        ChartName::Heatmap => {
            let totals = ports.overview.by_account_and_type(person, query.window).await?;
            Ok(heatmap::figure(&scene, &totals, &widths))
        }
        ChartName::Amounts => {
            let totals = ports.overview.by_account_and_type(person, query.window).await?;
            Ok(amounts::figure(&scene, &totals, query.currency, &widths))
        }
        ChartName::Balance => {
            let account = query.account.clone().ok_or(PortError::NotFound)?;
            let range = query.range.unwrap_or(DateRange { from: scene.first_day(), to: None });
            let curve = ports.accounts.balance_curve(person, &account, range, POINTS_MAX).await?;
            let from = range.from.and_then(|date| scene.midnight(date));
            let after = |date: NaiveDate| scene.midnight(date.checked_add_days(Days::new(1))?);
            let to = range.to.and_then(after).map_or(scene.now, |end| end.min(scene.now));
            Ok(balance::figure(&scene, &account, &curve, (from, to), &widths))
        }
    }
}

/// Answers `GET /charts/NAME` and `GET /charts/NAME.csv`. The request's context is an extension, the ports are state.
pub async fn answer(
    State(ports): State<Ports>,
    Extension(request): Extension<RequestContext>,
    Path(name): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let (name, csv) = name.strip_suffix(".csv").map_or((name.as_str(), false), |name| (name, true));
    let Some(person) = request.person.as_ref() else { return StatusCode::UNAUTHORIZED.into_response() };
    let query = ChartQuery::read(|name| query.get(name).cloned());
    let language = Choices::of(&request).language;
    if name == "totals" {
        return match ports.overview.totals(person, query.window).await {
            Ok(totals) => page_part(move || view! { <Tiles totals language /> }.to_html()),
            Err(error) => refusal(&error),
        };
    }
    let Some(chart) = ChartName::parse(name) else { return StatusCode::NOT_FOUND.into_response() };
    match load(&ports, person, language, request.currency, chart, &query).await {
        Ok(figure) if csv => {
            let disposition = format!("attachment; filename=\"{}.csv\"", figure.name);
            let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, &disposition)];
            (headers, [(CACHE_CONTROL, "private, no-store")], figure.csv()).into_response()
        }
        Ok(figure) => page_part(move || {
            let texts = Texts::of(language);
            view! { <FigureView figure texts /> }.to_html()
        }),
        Err(error) => refusal(&error),
    }
}

fn page_part(render: impl FnOnce() -> String) -> Response {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "private, no-store")];
    (headers, Owner::new().with(render)).into_response()
}

fn refusal(error: &PortError) -> Response {
    match error {
        PortError::NotFound => StatusCode::NOT_FOUND,
        PortError::Forbidden => StatusCode::FORBIDDEN,
        PortError::NotTaken | PortError::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
    .into_response()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use super::*;

    pub fn scene(language: Language) -> Scene {
        Scene {
            language,
            zone: chrono_tz::Europe::Paris,
            now: Utc.with_ymd_and_hms(2026, 11, 21, 11, 0, 0).unwrap(),
            window: Window::Day,
            currency: Currency::EUR,
        }
    }

    #[test]
    fn a_query_is_read_back_as_it_was_written_and_strange_values_take_their_default() {
        let given = [("window", "week"), ("account", "C100"), ("currency", "CZK"), ("from", "2026-03-01")];
        let get = |name: &str| given.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let query = ChartQuery::read(get);
        assert_eq!(
            query.href(ChartName::Balance),
            "/charts/balance?window=week&account=C100&currency=CZK&from=2026-03-01"
        );
        let strange = ChartQuery::read(|_| Some("<script>".to_owned()));
        assert_eq!((strange.window, strange.account, strange.width), (Window::Day, None, None));
    }

    #[test]
    fn ticks_of_time_are_round_on_the_banks_clock() {
        let scene = scene(Language::En);
        let labels = |from: DateTime<Utc>, to: DateTime<Utc>| {
            scene.time_ticks((from, to), 7).into_iter().map(|(_, label)| label).collect::<Vec<_>>()
        };
        let noon = Utc.with_ymd_and_hms(2026, 11, 20, 11, 0, 0).unwrap();
        assert_eq!(labels(noon, noon + Duration::hours(24)), ["12:00", "18:00", "21 Nov", "06:00", "12:00"][1..]);
        assert_eq!(labels(noon, noon + Duration::days(5)).len(), 5);
        let year = labels(noon - Duration::days(365), noon);
        assert!(year.contains(&"2026".to_owned()) && year.len() <= 8, "{year:?}");
    }
}
