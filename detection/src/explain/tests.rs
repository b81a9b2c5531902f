//! Sentences: both languages, whole, and with the numbers each writes.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::decision::tests::any_model;
use crate::decision::{ModelScore, decide};
use crate::payment::{DAY_MS, HOUR_MS, MINUTE_MS};
use crate::policy::Policy;
use crate::rules::fixture::quiet;
use crate::rules::tests::any_facts;
use proptest::prelude::*;

fn nobody(_: Party) -> Option<String> {
    None
}

fn speech(language: Language) -> Speech<'static> {
    Speech { language, currency: Currency::EUR, name: &nobody }
}

fn sentence(facts: &crate::facts::Facts, id: RuleId, language: Language) -> String {
    let decision = decide(facts, &Policy::default(), None);
    let sentences = explain(&decision, &speech(language));
    let found = sentences.into_iter().find(|sentence| sentence.source == Source::Rule(id));
    found.map(|sentence| sentence.text.replace(['\u{a0}', '\u{202f}'], " ")).unwrap_or_default()
}

fn both(facts: &crate::facts::Facts, id: RuleId) -> [String; 2] {
    Language::ALL.map(|language| sentence(facts, id, language))
}

#[test]
fn sentences_are_what_the_rule_book_says() {
    let facts = quiet("a burst").own(|own| own.recent_count = 5).facts;
    assert_eq!(
        both(&facts, RuleId::Velocity),
        ["6 payments in 10 minutes, usually fewer than 1", "6 paiements en 10 minutes, d'habitude moins de 1"]
    );
    let facts = quiet("drain").available(123_450).amount(123_450).facts;
    assert_eq!(
        both(&facts, RuleId::BalanceDrain),
        ["100% of the available €1,234.50 leaves", "100 % du disponible (1 234,50 €) part"]
    );
    let facts = quiet("reported").payee(|payee| payee.reports = 1).facts;
    assert_eq!(
        both(&facts, RuleId::PayeeReported),
        ["This payee: 1 report in 30 days", "Ce bénéficiaire : 1 signalement en 30 jours"]
    );
    let facts = quiet("reported twice").payee(|payee| payee.reports = 2).facts;
    assert_eq!(sentence(&facts, RuleId::PayeeReported, Language::En), "This payee: 2 reports in 30 days");
    let facts = quiet("outlier").amount(22_500).facts;
    assert_eq!(
        both(&facts, RuleId::AmountOutlier),
        ["€225.00 is 4.5 times the usual €50.00", "225,00 €, 4,5 fois l'habituel 50,00 €"]
    );
    let facts = quiet("on the list").country("KP").facts;
    assert_eq!(
        both(&facts, RuleId::ChannelRisk),
        ["The country KP is on the risk list", "Le pays KP figure sur la liste à risque"]
    );
}

#[test]
fn a_payee_is_named_only_by_whom_the_reader_may_see() {
    let name = |party: Party| (party == Party(7)).then(|| "FR76 1234".to_owned());
    let facts = quiet("first").amount(90_000).pair(|pair| pair.count = 0).facts;
    let decision = decide(&facts, &Policy::default(), None);
    let speech = Speech { language: Language::En, currency: Currency::EUR, name: &name };
    let texts: Vec<_> = explain(&decision, &speech).into_iter().map(|sentence| sentence.text).collect();
    assert!(texts.contains(&"First payment to FR76 1234: €900.00, usually €50.00".to_owned()), "{texts:?}");
}

#[test]
fn durations_numbers_and_money_are_written_as_the_language_does() {
    let plain = |text: String| text.replace(['\u{a0}', '\u{202f}'], " ");
    let duration = |language: Language, ms| plain(language.duration(ms));
    assert_eq!(duration(Language::En, 10 * MINUTE_MS), "10 minutes");
    assert_eq!(duration(Language::Fr, 72 * HOUR_MS), "3 jours");
    assert_eq!(duration(Language::En, 2 * HOUR_MS), "2 h");
    assert_eq!(duration(Language::En, DAY_MS), "24 h");
    assert_eq!(duration(Language::En, 0), "0 seconds");
    assert_eq!(duration(Language::Fr, 0), "0 seconde");
    assert_eq!(duration(Language::En, 1_000), "1 second");
    assert_eq!(Language::En.money(123_450, Currency::EUR), "€1,234.50");
    assert_eq!(Language::Fr.money(123_450, Currency::EUR), "1\u{202f}234,50\u{a0}€");
    assert_eq!(plain(Language::En.money(-123_450, Currency::CZK)), "\u{2212}CZK 1,234.50");
}

#[test]
fn the_counterfactual_is_said_in_both_languages() {
    let promise = Counterfactual { from_minor: 1, below_minor: 41_200 };
    assert_eq!(counterfactual(&promise, &speech(Language::En)), "Would have been allowed below €412.00");
    assert_eq!(counterfactual(&promise, &speech(Language::Fr)), "Aurait été accepté en dessous de 412,00\u{a0}€");
    let promise = Counterfactual { from_minor: 201, below_minor: 41_200 };
    assert_eq!(counterfactual(&promise, &speech(Language::En)), "Would have been allowed from €2.01 to below €412.00");
}

#[test]
fn what_could_not_be_checked_is_said_without_points() {
    let mut facts = quiet("no balance").facts;
    facts.balance = crate::facts::Reading::Unreadable;
    let decision = decide(&facts, &Policy::default(), None);
    let sentences = explain(&decision, &speech(Language::En));
    assert_eq!(sentences[0].text, "Balance drain: could not be checked");
    assert_eq!(sentences[0].points, None);
}

#[test]
fn the_model_is_explained_feature_by_feature() {
    let model = ModelScore {
        raw: 0.5,
        calibrated: 0.5,
        contributions: vec![("TX_AMOUNT".into(), 1.0), ("something_new".into(), -0.5)],
        id: "".into(),
    };
    let decision = decide(&quiet("any").facts, &Policy::default(), Some(&model));
    let texts = Language::ALL.map(|language| {
        explain(&decision, &speech(language)).into_iter().map(|sentence| sentence.text).collect::<Vec<_>>()
    });
    assert_eq!(texts[0][1..], ["Model: risk raised by the amount", "Model: risk lowered by something new"]);
    assert_eq!(texts[1][1..], ["Modèle : risque accru, montant", "Modèle : risque réduit, something new"]);
}

#[test]
fn the_table_of_features_is_sorted_and_whole() {
    assert!(feature::table().windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert!(feature::table().iter().all(|(_, text)| !text.en.is_empty() && !text.fr.is_empty()));
    for name in crate::features::NAMES {
        assert!(feature::table().iter().any(|(known, _)| *known == name), "{name} has no words");
    }
}

#[test]
fn no_text_of_a_rule_or_feature_is_the_other_languages() {
    for rule in &crate::rules::ALL {
        for text in [rule.title, rule.sentence] {
            assert!(!text.en.trim().is_empty() && !text.fr.trim().is_empty(), "{}", rule.id);
            assert_ne!(text.en, text.fr, "{}", rule.id);
        }
        let [en, fr] = Language::ALL.map(|language| unanswered(rule.id, language));
        assert_ne!(en, fr, "{}", rule.id);
    }
    for (name, text) in feature::table() {
        assert_ne!(text.en, text.fr, "{name}");
        for points in [1.0, -1.0] {
            let [en, fr] = Language::ALL.map(|language| feature::sentence(name, points, language));
            assert_ne!(en, fr, "{name}");
        }
    }
    assert_ne!(feature::start(Language::En), feature::start(Language::Fr));
}

#[test]
fn every_flag_and_verdict_has_both_texts() {
    let flags =
        [Flag::ModelMissing, Flag::ModelUnusable, Flag::FactUnknown, Flag::FailedClosed, Flag::Capped, Flag::Late];
    for it in flags {
        assert_ne!(flag(it, Language::En), flag(it, Language::Fr));
    }
    for it in [Verdict::Allow, Verdict::Review, Verdict::Hold, Verdict::Refuse] {
        assert_ne!(verdict(it, Language::En), verdict(it, Language::Fr));
    }
}

proptest! {
    #[test]
    fn no_sentence_is_left_with_a_hole(facts in any_facts()) {
        let decision = decide(&facts, &Policy::default(), None);
        for language in Language::ALL {
            for sentence in explain(&decision, &speech(language)) {
                prop_assert!(!sentence.text.contains(['{', '}', '?', '|']), "{}", sentence.text);
                prop_assert!(!sentence.text.is_empty());
            }
        }
    }

    #[test]
    fn both_languages_say_as_many_things_with_the_same_points(facts in any_facts(), model in any_model()) {
        let decision = decide(&facts, &Policy::default(), model.as_ref());
        let [en, fr] = Language::ALL.map(|language| explain(&decision, &speech(language)));
        prop_assert_eq!(en.len(), fr.len());
        for (en, fr) in en.iter().zip(&fr) {
            prop_assert_eq!((&en.source, en.points), (&fr.source, fr.points));
            prop_assert_ne!(&en.text, &fr.text);
        }
    }

    #[test]
    fn both_languages_tell_the_same_facts(told in any_facts()) {
        let [en, fr] = Language::ALL.map(|language| facts(&told, &speech(language)));
        prop_assert_eq!(en.len(), fr.len());
        prop_assert!(en.iter().chain(&fr).all(|(what, value)| !what.is_empty() && !value.is_empty()));
    }
}

#[test]
fn every_fact_is_told_in_both_languages_with_its_value() {
    let known = quiet("told").facts;
    let both = Language::ALL.map(|language| facts(&known, &speech(language)));
    assert_eq!(both[0].len(), both[1].len());
    assert!(both[0].len() > 20, "{:?}", both[0]);
    let value = |language: usize, what: &str| {
        let found = both[language].iter().find(|(label, _)| label == what);
        found.map(|(_, value)| value.replace(['\u{a0}', '\u{202f}'], " ")).unwrap_or_default()
    };
    assert_eq!(value(0, "Available before"), "€1,500.00");
    assert_eq!(value(0, "Account opened"), "900 days before");
    assert_eq!(value(1, "Compte ouvert"), "900 jours avant");
    assert_eq!(value(1, "Fraude connue sur ce compte"), "jamais");
    let unread = crate::facts::Facts { balance: crate::facts::Reading::Unreadable, ..known };
    assert!(
        facts(&unread, &speech(Language::En)).contains(&("The balance".to_owned(), "could not be read".to_owned()))
    );
}
