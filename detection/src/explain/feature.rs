//! The model's features in words. A feature that is not in the table is shown by its own name, in either language.

use super::format::Language;
use crate::rules::Text;

/// By name, sorted, so that it can be searched.
const FEATURES: &[(&str, Text)] = &[
    ("CUSTOMER_ID_AVG_AMOUNT_1DAY_WINDOW", words("own mean amount in 24 h", "montant moyen du client en 24 h")),
    ("CUSTOMER_ID_AVG_AMOUNT_30DAY_WINDOW", words("own mean amount in 30 days", "montant moyen du client en 30 jours")),
    ("CUSTOMER_ID_AVG_AMOUNT_7DAY_WINDOW", words("own mean amount in 7 days", "montant moyen du client en 7 jours")),
    ("CUSTOMER_ID_NB_TX_1DAY_WINDOW", words("own payments in 24 h", "paiements du client en 24 h")),
    ("CUSTOMER_ID_NB_TX_30DAY_WINDOW", words("own payments in 30 days", "paiements du client en 30 jours")),
    ("CUSTOMER_ID_NB_TX_7DAY_WINDOW", words("own payments in 7 days", "paiements du client en 7 jours")),
    (
        "TERMINAL_ID_NB_TX_1DAY_WINDOW",
        words("the payee's labelled payments of one day", "paiements étiquetés du bénéficiaire sur un jour"),
    ),
    (
        "TERMINAL_ID_NB_TX_30DAY_WINDOW",
        words("the payee's labelled payments of 30 days", "paiements étiquetés du bénéficiaire sur 30 jours"),
    ),
    (
        "TERMINAL_ID_NB_TX_7DAY_WINDOW",
        words("the payee's labelled payments of 7 days", "paiements étiquetés du bénéficiaire sur 7 jours"),
    ),
    (
        "TERMINAL_ID_RISK_1DAY_WINDOW",
        words("the payee's share of fraud over one day", "part de fraude du bénéficiaire sur un jour"),
    ),
    (
        "TERMINAL_ID_RISK_30DAY_WINDOW",
        words("the payee's share of fraud over 30 days", "part de fraude du bénéficiaire sur 30 jours"),
    ),
    (
        "TERMINAL_ID_RISK_7DAY_WINDOW",
        words("the payee's share of fraud over 7 days", "part de fraude du bénéficiaire sur 7 jours"),
    ),
    ("TX_AMOUNT", words("the amount", "montant")),
    ("TX_DURING_NIGHT", words("night or day", "nuit ou jour")),
    ("TX_DURING_WEEKEND", words("weekend or working day", "week-end ou jour ouvré")),
    ("account_age_days", words("age of the account", "âge du compte")),
    ("amount_trailing_zeros", words("roundness of the amount", "montant rond")),
    (
        "contact_change_age_hours",
        words("time since contact details changed", "temps depuis la modification des coordonnées"),
    ),
    ("device_age_hours", words("time since the device's first use", "temps depuis le premier usage de l'appareil")),
    (
        "device_other_accounts_7d",
        words("other accounts on the device in 7 days", "autres comptes sur l'appareil en 7 jours"),
    ),
    ("hour", words("hour of the day", "heure de la journée")),
    ("own_amount_deviations_30d", words("distance from the own usual amount", "écart au montant habituel du client")),
    ("own_amount_over_largest", words("amount against the own largest", "montant comparé au plus grand du client")),
    ("own_amount_over_last", words("amount against the own last", "montant comparé au dernier du client")),
    (
        "own_amount_over_mean_30d",
        words("amount against the own mean of 30 days", "montant comparé à la moyenne du client sur 30 jours"),
    ),
    (
        "own_amount_over_mean_7d",
        words("amount against the own mean of 7 days", "montant comparé à la moyenne du client sur 7 jours"),
    ),
    (
        "own_amount_over_mean_earlier",
        words("amount against the own earlier habit", "montant comparé à l'habitude ancienne du client"),
    ),
    ("own_amount_over_median", words("amount against the own median", "montant comparé à la médiane du client")),
    ("own_count_10min", words("own payments in 10 minutes", "paiements du client en 10 minutes")),
    ("own_count_1h", words("own payments in one hour", "paiements du client en une heure")),
    (
        "own_count_24h_over_usual",
        words("own payments in 24 h against the usual", "paiements du client en 24 h comparés à l'habitude"),
    ),
    (
        "own_count_7d_over_usual",
        words("own payments in 7 days against the usual", "paiements du client en 7 jours comparés à l'habitude"),
    ),
    ("own_counterparties_24h", words("own payees in 24 h", "bénéficiaires du client en 24 h")),
    ("own_firsts_24h", words("own new payees in 24 h", "nouveaux bénéficiaires du client en 24 h")),
    ("own_firsts_7d", words("own new payees in 7 days", "nouveaux bénéficiaires du client en 7 jours")),
    ("own_firsts_share_30d", words("share of new payees in 30 days", "part de nouveaux bénéficiaires en 30 jours")),
    (
        "own_fraud_newest_age_days",
        words("time since the own newest known fraud", "temps depuis la dernière fraude connue du client"),
    ),
    ("own_frauds_30d", words("own known frauds in 30 days", "fraudes connues du client en 30 jours")),
    (
        "own_frauds_of_last",
        words("known frauds among the own last payments", "fraudes connues parmi les derniers paiements du client"),
    ),
    ("own_hour_share", words("how usual this hour is for the customer", "habitude du client à cette heure")),
    ("own_large_14d", words("own large payments in 14 days", "gros paiements du client en 14 jours")),
    ("own_large_3d", words("own large payments in 3 days", "gros paiements du client en 3 jours")),
    ("own_last_age_hours", words("time since the own last payment", "temps depuis le dernier paiement du client")),
    (
        "own_near_equal_of_last",
        words("equal amounts among the own last", "montants égaux parmi les derniers du client"),
    ),
    ("own_refused_1h", words("own refused attempts in one hour", "refus du client en une heure")),
    ("own_small_24h", words("own tiny payments in 24 h", "paiements minimes du client en 24 h")),
    ("own_span_days", words("length of the own history", "durée de l'historique du client")),
    (
        "own_sum_24h_over_usual",
        words("own spending in 24 h against the usual", "dépenses du client en 24 h comparées à l'habitude"),
    ),
    (
        "own_sum_7d_over_usual",
        words("own spending in 7 days against the usual", "dépenses du client en 7 jours comparées à l'habitude"),
    ),
    ("own_sum_over_credits_24h", words("part of the day's credits that left", "part des crédits du jour repartie")),
    (
        "pair_amount_over_last",
        words("amount against the last to this payee", "montant comparé au dernier à ce bénéficiaire"),
    ),
    ("pair_count", words("earlier payments to this payee", "paiements antérieurs à ce bénéficiaire")),
    (
        "pair_last_age_hours",
        words("time since the last payment to this payee", "temps depuis le dernier paiement à ce bénéficiaire"),
    ),
    (
        "payee_amount_deviations_30d",
        words("distance from the payee's usual amount", "écart au montant habituel du bénéficiaire"),
    ),
    (
        "payee_amount_over_mean_30d",
        words("amount against the payee's mean", "montant comparé à la moyenne du bénéficiaire"),
    ),
    ("payee_count_1h", words("payments to the payee in one hour", "paiements au bénéficiaire en une heure")),
    (
        "payee_count_24h_over_usual",
        words(
            "payments to the payee in 24 h against the usual",
            "paiements au bénéficiaire en 24 h comparés à l'habitude",
        ),
    ),
    (
        "payee_count_7d_over_usual",
        words(
            "payments to the payee in 7 days against the usual",
            "paiements au bénéficiaire en 7 jours comparés à l'habitude",
        ),
    ),
    ("payee_firsts_24h", words("new payers of the payee in 24 h", "nouveaux payeurs du bénéficiaire en 24 h")),
    (
        "payee_firsts_share_30d",
        words("share of new payers of the payee in 30 days", "part de nouveaux payeurs du bénéficiaire en 30 jours"),
    ),
    (
        "payee_fraud_newest_age_days",
        words("time since the payee's newest known fraud", "temps depuis la dernière fraude connue du bénéficiaire"),
    ),
    (
        "payee_fraud_oldest_age_days",
        words("time since the payee's oldest known fraud", "temps depuis la première fraude connue du bénéficiaire"),
    ),
    ("payee_frauds_30d", words("the payee's known frauds in 30 days", "fraudes connues du bénéficiaire en 30 jours")),
    (
        "payee_frauds_of_last",
        words(
            "known frauds among the payee's last payments",
            "fraudes connues parmi les derniers paiements du bénéficiaire",
        ),
    ),
    ("payee_large_24h", words("large payments to the payee in 24 h", "gros paiements au bénéficiaire en 24 h")),
    ("payee_large_30d", words("large payments to the payee in 30 days", "gros paiements au bénéficiaire en 30 jours")),
    ("payee_large_7d", words("large payments to the payee in 7 days", "gros paiements au bénéficiaire en 7 jours")),
    (
        "payee_last_age_hours",
        words("time since the payee's last payment", "temps depuis le dernier paiement au bénéficiaire"),
    ),
    (
        "payee_mean_7d_over_mean_30d",
        words("the payee's recent mean against its usual", "moyenne récente du bénéficiaire comparée à l'habitude"),
    ),
    (
        "payee_near_equal_of_last",
        words("equal amounts among the payee's last", "montants égaux parmi les derniers du bénéficiaire"),
    ),
    ("payee_payers_1h", words("payers of the payee in one hour", "payeurs du bénéficiaire en une heure")),
    ("payee_reports_7d", words("reports of the payee in 7 days", "signalements du bénéficiaire en 7 jours")),
    ("payee_span_days", words("length of the payee's history", "durée de l'historique du bénéficiaire")),
];

const fn words(en: &'static str, fr: &'static str) -> Text {
    Text { en, fr }
}

pub fn feature(name: &str, language: Language) -> String {
    match FEATURES.binary_search_by(|(known, _)| (*known).cmp(name)) {
        Ok(index) => FEATURES[index].1.of(language).to_owned(),
        Err(_) => name.replace(['_', '-'], " "),
    }
}

#[cfg(test)]
pub(super) fn table() -> &'static [(&'static str, Text)] {
    FEATURES
}

pub(super) fn start(language: Language) -> &'static str {
    Text { en: "Model: where it starts for every payment", fr: "Modèle : point de départ de tout paiement" }
        .of(language)
}

pub(super) fn sentence(name: &str, points: f64, language: Language) -> String {
    let words = feature(name, language);
    match (language, points < 0.0) {
        (Language::En, false) => format!("Model: risk raised by {words}"),
        (Language::En, true) => format!("Model: risk lowered by {words}"),
        (Language::Fr, false) => format!("Modèle : risque accru, {words}"),
        (Language::Fr, true) => format!("Modèle : risque réduit, {words}"),
    }
}
