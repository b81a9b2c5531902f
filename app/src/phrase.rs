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
}

impl Phrase {
    pub const ALL: [Phrase; 10] = [
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
        };
        match language {
            Language::En => en,
            Language::Fr => fr,
        }
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
}
