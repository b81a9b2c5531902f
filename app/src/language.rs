//! The languages of the interface and the French and English rule for "one".

use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    Fr,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::En, Language::Fr];

    /// BCP 47 code, as in `lang`.
    pub fn code(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Fr => "fr",
        }
    }

    /// Its own name, for the switch.
    pub fn name(self) -> &'static str {
        match self {
            Language::En => "English",
            Language::Fr => "Français",
        }
    }

    pub fn other(self) -> Self {
        match self {
            Language::En => Language::Fr,
            Language::Fr => Language::En,
        }
    }

    /// The first language of an `Accept-Language` header that we speak; English otherwise. Weights are taken as sorted,
    /// which is how browsers send them.
    pub fn accepted(header: Option<&str>) -> Self {
        header
            .unwrap_or_default()
            .split(',')
            .filter_map(|entry| entry.split([';', '-']).next()?.trim().parse().ok())
            .next()
            .unwrap_or_default()
    }

    /// French counts 0 and 1 as one, English only 1.
    pub fn plural<T>(self, count: u64, one: T, many: T) -> T {
        let is_one = match self {
            Language::En => count == 1,
            Language::Fr => count < 2,
        };
        if is_one { one } else { many }
    }
}

/// Neither `en` nor `fr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a language is en or fr")]
pub struct ParseLanguageError;

impl FromStr for Language {
    type Err = ParseLanguageError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Language::ALL.into_iter().find(|language| language.code() == text).ok_or(ParseLanguageError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_we_speak_is_taken() {
        assert_eq!(Language::accepted(Some("fr-CH, fr;q=0.9, en;q=0.8")), Language::Fr);
        assert_eq!(Language::accepted(Some("de, en;q=0.8, fr;q=0.7")), Language::En);
        assert_eq!(Language::accepted(Some("de")), Language::En);
        assert_eq!(Language::accepted(None), Language::En);
    }

    #[test]
    fn french_counts_zero_as_one() {
        assert_eq!(Language::Fr.plural(0, "compte", "comptes"), "compte");
        assert_eq!(Language::En.plural(0, "account", "accounts"), "accounts");
    }
}
