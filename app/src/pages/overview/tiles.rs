//! The figures at the top of the overview: what waits for somebody first.

use crate::language::Language;
use crate::ports::OverviewTotals;
use crate::text::{Texts, fill};
use leptos::prelude::*;

#[component]
pub fn Tiles(totals: OverviewTotals, language: Language) -> impl IntoView {
    let text = &Texts::of(language).overview;
    let decided = (totals.posted + totals.refused).max(1);
    let share = u64::try_from(totals.refused * 1_000 / decided).unwrap_or(0);
    let volume = totals
        .volume
        .iter()
        .map(|(currency, amount)| view! { <span class="amount">{language.money(*amount, *currency)}</span> })
        .collect_view();
    let nothing = totals.volume.is_empty().then(|| view! { <span class="amount">"–"</span> });
    let refused = fill(text.refused_share, &[("share", &language.percent(share))]);
    view! {
        <dl class="tiles" data-part="figure" aria-label=text.figures_now>
            <div class="tile" data-tone=(totals.held > 0).then_some("wait")>
                <dt>{text.held}</dt>
                <dd>
                    <a href="/explore?state=held">{language.number(totals.held)}</a>
                </dd>
            </div>
            <div class="tile">
                <dt>{text.tile_posted}</dt>
                <dd>
                    <a href="/explore?state=posted">{language.number(totals.posted)}</a>
                </dd>
            </div>
            <div class="tile">
                <dt>{text.tile_refused}</dt>
                <dd>
                    <a href="/explore?state=refused">{language.number(totals.refused)}</a>
                    <small>{refused}</small>
                </dd>
            </div>
            <div class="tile">
                <dt>{text.tile_volume}</dt>
                <dd>{volume} {nothing}</dd>
            </div>
            <div class="tile">
                <dt>{text.tile_accounts}</dt>
                <dd>{language.number(totals.accounts)}</dd>
            </div>
        </dl>
    }
}
