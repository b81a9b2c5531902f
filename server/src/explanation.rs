//! Why a transaction was alerted, in the reader's words: stored evidence in, finished sentences out.
//!
//! Pure. Promises: the reasons are those that were stored, never computed again, and the counterfactual is what the
//! policy and the model of that decision say; an account is named by its number
//! where it is one of the transaction's own two, and not at all otherwise.

use app::language::Language;
use app::ports::alerts::{AlertRow, Explanation, Reason, Thresholds};
use detection::counterfactual::Counterfactual;
use detection::decision::Verdict;
use detection::evidence::Evidence;
use detection::explain::{self, Speech};
use detection::payment::Party;
use domain::fact::RiskVerdict;

const E9: f64 = 1e9;

pub fn of(
    alert: &AlertRow,
    evidence: &Evidence,
    counterfactual: Option<Counterfactual>,
    language: Language,
) -> Explanation {
    let Evidence { facts, decision, .. } = evidence;
    let language = words_of(language);
    let name = |party: Party| {
        let own = [&alert.counterparty, &alert.account];
        own.into_iter().find(|number| Party::of(number) == party).cloned()
    };
    let speech = Speech { language, currency: alert.currency, name: &name };
    let sentences = explain::explain(decision, &speech).into_iter();
    let reasons = sentences.map(|said| Reason { text: said.text, points_e9: said.points.map(e9) });
    Explanation {
        score_e9: e9(decision.score),
        thresholds: Thresholds {
            review: decision.thresholds.review,
            hold: decision.thresholds.hold,
            refuse: decision.thresholds.refuse,
        },
        reasons: reasons.collect(),
        flags: decision.flags.iter().map(|flag| explain::flag(*flag, language)).collect(),
        counterfactual: counterfactual.map(|promise| explain::counterfactual(&promise, &speech)),
        facts: explain::facts(facts, &speech),
    }
}

pub fn verdict(verdict: RiskVerdict, language: Language) -> &'static str {
    let verdict = match verdict {
        RiskVerdict::Allow => Verdict::Allow,
        RiskVerdict::Review => Verdict::Review,
        RiskVerdict::Hold => Verdict::Hold,
        RiskVerdict::Refuse => Verdict::Refuse,
    };
    explain::verdict(verdict, words_of(language))
}

fn words_of(language: Language) -> explain::Language {
    match language {
        Language::En => explain::Language::En,
        Language::Fr => explain::Language::Fr,
    }
}

fn e9(points: f64) -> i64 {
    (points * E9).round() as i64
}
