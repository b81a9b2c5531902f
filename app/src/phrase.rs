//! The few words the browser itself must say in both languages: states, kinds, the live chip. All other text stays on
//! the server and reaches islands as finished sentences.

use crate::language::Language;
use domain::{TransactionKind, TransactionState};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phrase {
    Received,
    UnderReview,
    Posted,
    Refused,
    Expired,
    Deposit,
    Withdrawal,
    Transfer,
    TransferIn,
    TransferOut,
    Live,
    Reconnecting,
    Paused,
    Pause,
    Resume,
    LastUpdate,
    AsOf,
    OneNew,
    ManyNew,
    Missed,
    Gap,
}

impl Phrase {
    pub const ALL: [Phrase; 21] = [
        Phrase::Received,
        Phrase::UnderReview,
        Phrase::Posted,
        Phrase::Refused,
        Phrase::Expired,
        Phrase::Deposit,
        Phrase::Withdrawal,
        Phrase::Transfer,
        Phrase::TransferIn,
        Phrase::TransferOut,
        Phrase::Live,
        Phrase::Reconnecting,
        Phrase::Paused,
        Phrase::Pause,
        Phrase::Resume,
        Phrase::LastUpdate,
        Phrase::AsOf,
        Phrase::OneNew,
        Phrase::ManyNew,
        Phrase::Missed,
        Phrase::Gap,
    ];

    pub fn text(self, language: Language) -> &'static str {
        let (en, fr) = match self {
            Phrase::Received => ("Received", "Reçu"),
            Phrase::UnderReview => ("Under review", "En vérification"),
            Phrase::Posted => ("Posted", "Effectué"),
            Phrase::Refused => ("Refused", "Refusé"),
            Phrase::Expired => ("Expired", "Expiré"),
            Phrase::Deposit => ("Deposit", "Dépôt"),
            Phrase::Withdrawal => ("Withdrawal", "Retrait"),
            Phrase::Transfer => ("Transfer", "Virement"),
            Phrase::TransferIn => ("Transfer in", "Virement reçu"),
            Phrase::TransferOut => ("Transfer out", "Virement émis"),
            Phrase::Live => ("Live", "En direct"),
            Phrase::Reconnecting => ("Reconnecting", "Reconnexion"),
            Phrase::Paused => ("Paused", "En pause"),
            Phrase::Pause => ("Pause updates", "Suspendre les mises à jour"),
            Phrase::Resume => ("Resume updates", "Reprendre les mises à jour"),
            Phrase::LastUpdate => ("Last update {time}", "Dernière mise à jour {time}"),
            Phrase::AsOf => ("As of {time}", "À {time}"),
            Phrase::OneNew => ("{count} new", "{count} nouvelle"),
            Phrase::ManyNew => ("{count} new", "{count} nouvelles"),
            Phrase::Missed => {
                ("{count} changes were not shown one by one.", "{count} changements n’ont pas été affichés un par un.")
            }
            Phrase::Gap => (
                "{count} movements are missing from this list. Reload to see them.",
                "{count} mouvements manquent dans cette liste. Rechargez pour les voir.",
            ),
        };
        match language {
            Language::En => en,
            Language::Fr => fr,
        }
    }

    /// With its `{count}` or `{time}` filled.
    pub fn with(self, language: Language, value: &str) -> String {
        let text = self.text(language);
        match (text.find('{'), text.find('}')) {
            (Some(open), Some(close)) => [&text[..open], value, &text[close + 1..]].concat(),
            _ => text.to_owned(),
        }
    }

    /// `12 new`, `12 nouvelles`.
    pub fn new_rows(language: Language, count: u64) -> String {
        let phrase = language.plural(count, Phrase::OneNew, Phrase::ManyNew);
        phrase.with(language, &language.number(i64::try_from(count).unwrap_or(i64::MAX)))
    }
}

impl From<TransactionState> for Phrase {
    fn from(state: TransactionState) -> Self {
        match state {
            TransactionState::Posted => Phrase::Posted,
            TransactionState::Held => Phrase::UnderReview,
            TransactionState::Refused => Phrase::Refused,
            TransactionState::Expired => Phrase::Expired,
        }
    }
}

impl From<TransactionKind> for Phrase {
    fn from(kind: TransactionKind) -> Self {
        match kind {
            TransactionKind::Deposit => Phrase::Deposit,
            TransactionKind::Withdrawal => Phrase::Withdrawal,
            TransactionKind::Transfer => Phrase::Transfer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_is_said_in_both_languages() {
        for phrase in Phrase::ALL {
            for language in Language::ALL {
                assert!(!phrase.text(language).is_empty(), "{phrase:?}");
            }
            assert_ne!(phrase.text(Language::En), phrase.text(Language::Fr), "{phrase:?}");
        }
    }

    #[test]
    fn counts_and_times_are_put_in_their_place() {
        assert_eq!(Phrase::new_rows(Language::En, 12), "12 new");
        assert_eq!(Phrase::new_rows(Language::Fr, 1), "1 nouvelle");
        assert_eq!(Phrase::new_rows(Language::Fr, 2), "2 nouvelles");
        assert_eq!(Phrase::LastUpdate.with(Language::Fr, "14:32:07"), "Dernière mise à jour 14:32:07");
    }
}
