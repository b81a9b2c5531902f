//! Explanations: sentences in English and French from a stored decision.
//!
//! Promises: one sentence for each fired rule, each rule that could not be answered and each of the model's
//! contributions; both languages say the same; a value that is missing shows as "?" rather than failing. Absent: names
//! of people: whoever asks brings a way to name a payee, and may leave it unnamed.

use crate::counterfactual::Counterfactual;
use crate::decision::{Contribution, Decision, Flag, Source, Verdict};
use crate::payment::Party;
use crate::rules::{Finding, Placeholder, RuleId, Text, Value, Values};
use domain::Currency;

mod facts;
mod feature;
mod format;
#[cfg(test)]
mod tests;

pub use facts::facts;
pub use feature::feature;
pub use format::Language;

/// In whose words.
pub struct Speech<'a> {
    pub language: Language,
    pub currency: Currency,
    /// The account number or name of a payee, if the reader may see it.
    pub name: &'a dyn Fn(Party) -> Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    pub source: Source,
    /// None: the rule could not be answered.
    pub points: Option<f64>,
    pub text: String,
}

impl Text {
    pub fn of(&self, language: Language) -> &'static str {
        match language {
            Language::En => self.en,
            Language::Fr => self.fr,
        }
    }
}

/// In the decision's order: rules, what could not be answered, the model.
pub fn explain(decision: &Decision, speech: &Speech) -> Vec<Sentence> {
    let rules = decision.contributions.iter().filter(|contribution| matches!(contribution.source, Source::Rule(_)));
    let model = decision.contributions.iter().filter(|contribution| !matches!(contribution.source, Source::Rule(_)));
    let unknown = decision.findings.iter().filter(|finding| finding.finding == Finding::Unknown).map(|finding| {
        let text = unanswered(finding.rule, speech.language);
        Sentence { source: Source::Rule(finding.rule), points: None, text }
    });
    rules
        .map(|contribution| said(decision, contribution, speech))
        .chain(unknown)
        .chain(model.map(|contribution| said(decision, contribution, speech)))
        .collect()
}

fn said(decision: &Decision, contribution: &Contribution, speech: &Speech) -> Sentence {
    let text = match &contribution.source {
        Source::Rule(id) => {
            let finding = decision.findings.iter().find(|finding| finding.rule == *id);
            match finding.map(|finding| &finding.finding) {
                Some(Finding::Fired { values }) => rule(*id, values, speech),
                _ => id.rule().title.of(speech.language).to_owned(),
            }
        }
        Source::ModelStart => feature::start(speech.language).to_owned(),
        Source::ModelFeature(name) => feature::sentence(name, contribution.points, speech.language),
    };
    Sentence { source: contribution.source.clone(), points: Some(contribution.points), text }
}

/// What a fired rule found.
pub fn rule(id: RuleId, values: &Values, speech: &Speech) -> String {
    capitalised(&fill(id.rule().sentence.of(speech.language), values, speech))
}

fn unanswered(id: RuleId, language: Language) -> String {
    let title = id.rule().title.of(language);
    match language {
        Language::En => format!("{title}: could not be checked"),
        Language::Fr => format!("{title} : vérification impossible"),
    }
}

pub fn verdict(verdict: Verdict, language: Language) -> &'static str {
    let text = match verdict {
        Verdict::Allow => Text { en: "Allowed", fr: "Accepté" },
        Verdict::Review => Text { en: "To be reviewed", fr: "À vérifier" },
        Verdict::Hold => Text { en: "Held", fr: "Suspendu" },
        Verdict::Refuse => Text { en: "Refused", fr: "Refusé" },
    };
    text.of(language)
}

pub fn flag(flag: Flag, language: Language) -> &'static str {
    let text = match flag {
        Flag::ModelMissing => Text { en: "Decided without the model", fr: "Décidé sans le modèle" },
        Flag::ModelUnusable => {
            Text { en: "The model's score was unusable", fr: "Le score du modèle était inutilisable" }
        }
        Flag::FactUnknown => Text { en: "A fact could not be read", fr: "Un fait n'a pas pu être lu" },
        Flag::FailedClosed => Text {
            en: "To be reviewed because something was not known",
            fr: "À vérifier parce qu'un élément était inconnu",
        },
        Flag::Capped => {
            Text { en: "More than 100 points, counted as 100", fr: "Plus de 100 points, comptés pour 100" }
        }
        Flag::Late => Text { en: "Arrived after later payments", fr: "Arrivé après des paiements plus récents" },
    };
    text.of(language)
}

/// "Would have been allowed below €412.00."
pub fn counterfactual(promise: &Counterfactual, speech: &Speech) -> String {
    let money = |minor| speech.language.money(minor, speech.currency);
    let below = money(promise.below_minor);
    if promise.from_minor <= 1 {
        return match speech.language {
            Language::En => format!("Would have been allowed below {below}"),
            Language::Fr => format!("Aurait été accepté en dessous de {below}"),
        };
    }
    let from = money(promise.from_minor);
    match speech.language {
        Language::En => format!("Would have been allowed from {from} to below {below}"),
        Language::Fr => format!("Aurait été accepté à partir de {from} et en dessous de {below}"),
    }
}

/// Puts values into a template. `{n}` is a value; `{n?one|other}` chooses by the number `n`.
fn fill(template: &str, values: &Values, speech: &Speech) -> String {
    let mut text = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((inside, behind)) = after.split_once('}') else {
            rest = after;
            break;
        };
        text.push_str(&filled(inside, values, speech));
        rest = behind;
    }
    text.push_str(rest);
    text
}

fn filled(inside: &str, values: &Values, speech: &Speech) -> String {
    let (name, forms) = inside.split_once('?').map_or((inside, None), |(name, forms)| (name, forms.split_once('|')));
    let value = Placeholder::named(name).and_then(|placeholder| values.get(&placeholder));
    match (value, forms) {
        (Some(Value::Count(count)), Some((one, other))) => {
            if speech.language.is_one(*count) { one } else { other }.to_owned()
        }
        (Some(value), _) => speech.value(value),
        (None, _) => "?".to_owned(),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
