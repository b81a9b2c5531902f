//! Every sentence the server says, in English and French side by side, by subject.
//!
//! A text that exists in one language only does not compile. Placeholders are `{name}`, filled by [`fill`]; a test
//! checks that both languages name the same ones. Server only: islands receive finished sentences.

use crate::language::Language;

pub mod account;
pub mod alerts;
pub mod common;
pub mod home;
pub mod imports;
pub mod nav;
pub mod operator;
pub mod overview;
pub mod pay;
pub mod profile;
pub mod sign_in;
pub mod transaction;

/// Declares a catalogue of one subject: a struct of sentences and its two languages.
macro_rules! catalogue {
    ($(#[$doc:meta])* $name:ident { $($key:ident: $en:literal, $fr:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name { $(pub $key: &'static str,)* }
        impl $name {
            pub const EN: $name = $name { $($key: $en,)* };
            pub const FR: $name = $name { $($key: $fr,)* };
            /// (key, English, French) of every sentence.
            pub const ENTRIES: &[(&'static str, &'static str, &'static str)] = &[$((stringify!($key), $en, $fr),)*];

            /// The sentence of that name, for codes that come from outside.
            pub fn sentence(&self, key: &str) -> Option<&'static str> {
                match key {
                    $(stringify!($key) => Some(self.$key),)*
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use catalogue;

/// All catalogues in one language.
macro_rules! catalogues {
    ($($subject:ident: $catalogue:ty,)*) => {
        #[derive(Debug)]
        pub struct Texts { $(pub $subject: $catalogue,)* }
        static EN: Texts = Texts { $($subject: <$catalogue>::EN,)* };
        static FR: Texts = Texts { $($subject: <$catalogue>::FR,)* };
        #[cfg(test)]
        const ALL: &[(&str, &[(&str, &str, &str)])] = &[$((stringify!($subject), <$catalogue>::ENTRIES),)*];
    };
}

catalogues! {
    common: common::Common,
    nav: nav::Nav,
    sign_in: sign_in::SignIn,
    home: home::Home,
    account: account::Account,
    pay: pay::Pay,
    transaction: transaction::Transaction,
    profile: profile::Profile,
    overview: overview::Overview,
    operator: operator::Operator,
    imports: imports::Imports,
    alerts: alerts::Alerts,
}

impl Texts {
    pub fn of(language: Language) -> &'static Texts {
        match language {
            Language::En => &EN,
            Language::Fr => &FR,
        }
    }
}

/// Puts values into a sentence's `{placeholders}`.
pub fn fill(sentence: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(sentence.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn placeholders(sentence: &str) -> BTreeSet<&str> {
        sentence.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn both_languages_say_everything_with_the_same_placeholders() {
        for (subject, entries) in ALL {
            for (key, en, fr) in *entries {
                assert!(!en.trim().is_empty() && !fr.trim().is_empty(), "{subject}.{key} is empty");
                assert_eq!(placeholders(en), placeholders(fr), "{subject}.{key}");
            }
        }
    }

    #[test]
    fn longer_sentences_are_translated() {
        for (subject, entries) in ALL {
            for (key, en, fr) in *entries {
                assert!(en.split_whitespace().count() < 3 || en != fr, "{subject}.{key} is the same in both languages");
            }
        }
    }

    #[test]
    fn values_are_put_into_the_sentence() {
        assert_eq!(fill("{count} of {total}", &[("count", "3"), ("total", "9")]), "3 of 9");
    }
}
