//! The model's features in words. A feature that is not in the table is shown by its own name, in either language.

use super::format::Language;
use crate::rules::Text;

/// By name, sorted, so that it can be searched.
const FEATURES: &[(&str, Text)] = &[("amount", Text { en: "amount", fr: "montant" })];

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
