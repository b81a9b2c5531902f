//! What became of a decision, as a code in the address of the alert's page, and its sentence there.

use crate::components::Tone;
use crate::pages::transaction::reason_sentence;
use crate::ports::PortError;
use crate::ports::alerts::{AlertRow, Labelled, Settled};
use crate::text::{Texts, fill};
use domain::command::FraudLabel;
use domain::{RefusalReason, TransactionState};
use http::StatusCode;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Released,
    Refused,
    /// Could not be released: the money went back.
    Returned,
    AlreadyReleased,
    AlreadyRefused,
    AlreadyExpired,
    Processing,
    NotTaken,
    Failed,
    Labelled,
    LabelledAlready,
    StillHeld,
}

const CODES: [(&str, Answer); 12] = [
    ("released", Answer::Released),
    ("refused", Answer::Refused),
    ("returned", Answer::Returned),
    ("already-released", Answer::AlreadyReleased),
    ("already-refused", Answer::AlreadyRefused),
    ("already-expired", Answer::AlreadyExpired),
    ("processing", Answer::Processing),
    ("not-taken", Answer::NotTaken),
    ("failed", Answer::Failed),
    ("labelled", Answer::Labelled),
    ("labelled-already", Answer::LabelledAlready),
    ("still-held", Answer::StillHeld),
];

/// The alert's page, with what became of a decision.
pub fn address(id: Uuid, answer: Option<Answer>) -> String {
    let code = answer.and_then(|answer| CODES.iter().find(|(_, known)| *known == answer));
    code.map_or_else(|| format!("/alerts/{id}"), |(code, _)| format!("/alerts/{id}?answer={code}"))
}

pub const LABELS: [(&str, FraudLabel); 3] =
    [("fraud", FraudLabel::Fraud), ("genuine", FraudLabel::Genuine), ("inconclusive", FraudLabel::Inconclusive)];

pub fn label_named(name: &str) -> Option<FraudLabel> {
    LABELS.into_iter().find(|(known, _)| *known == name).map(|(_, label)| label)
}

pub fn label_word(texts: &Texts, label: FraudLabel) -> &'static str {
    match label {
        FraudLabel::Fraud => texts.alerts.label_fraud,
        FraudLabel::Genuine => texts.alerts.label_genuine,
        FraudLabel::Inconclusive => texts.alerts.label_inconclusive,
    }
}

impl Answer {
    pub fn named(code: &str) -> Option<Self> {
        CODES.into_iter().find(|(known, _)| *known == code).map(|(_, answer)| answer)
    }

    /// # Errors
    /// The status, where the person may not decide or there is nothing to decide.
    pub fn of_settling(settled: Result<Settled, PortError>) -> Result<Self, StatusCode> {
        Ok(match settled {
            Ok(Settled::Done { state: TransactionState::Posted, .. }) => Answer::Released,
            Ok(Settled::Done { reason: Some(RefusalReason::NotApproved) | None, .. }) => Answer::Refused,
            Ok(Settled::Done { .. }) => Answer::Returned,
            Ok(Settled::Already { state: TransactionState::Posted }) => Answer::AlreadyReleased,
            Ok(Settled::Already { state: TransactionState::Expired }) => Answer::AlreadyExpired,
            Ok(Settled::Already { state: TransactionState::Refused }) => Answer::AlreadyRefused,
            Ok(Settled::Already { state: TransactionState::Held } | Settled::StillProcessing) => Answer::Processing,
            Err(error) => return failed(error),
        })
    }

    /// # Errors
    /// As [`Answer::of_settling`].
    pub fn of_labelling(labelled: Result<Labelled, PortError>) -> Result<Self, StatusCode> {
        Ok(match labelled {
            Ok(Labelled::Done) => Answer::Labelled,
            Ok(Labelled::Already) => Answer::LabelledAlready,
            Ok(Labelled::StillHeld) => Answer::StillHeld,
            Ok(Labelled::StillProcessing) => Answer::Processing,
            Err(error) => return failed(error),
        })
    }

    /// What to say of it now, if anything: once the page shows the outcome, nothing is processing any more.
    pub fn sentence(self, texts: &Texts, alert: &AlertRow, reason: Option<RefusalReason>) -> Option<(Tone, String)> {
        let text = &texts.alerts;
        let held = alert.state == TransactionState::Held;
        let (tone, sentence) = match self {
            Answer::Released => (Tone::Ok, text.done_released),
            Answer::Refused => (Tone::Ok, text.done_refused),
            Answer::Returned => {
                let reason = reason.map(|reason| reason_sentence(&texts.transaction, reason)).unwrap_or_default();
                return (!held).then(|| (Tone::Wait, fill(text.done_returned, &[("reason", reason)])));
            }
            Answer::AlreadyReleased => (Tone::Wait, text.already_released),
            Answer::AlreadyRefused => (Tone::Wait, text.already_refused),
            Answer::AlreadyExpired => (Tone::Wait, text.already_expired),
            Answer::Processing if held || alert.label.is_none() && alert.open => (Tone::Info, text.processing),
            Answer::Processing => return None,
            Answer::NotTaken => (Tone::Wait, text.not_taken),
            Answer::Failed => (Tone::Bad, text.failed),
            Answer::Labelled => (Tone::Ok, text.labelled),
            Answer::LabelledAlready => (Tone::Info, text.labelled_already),
            Answer::StillHeld => (Tone::Wait, text.still_held),
        };
        // An address may say anything; that a hold has ended is said only where it has.
        let of_an_end = matches!(
            self,
            Answer::Released
                | Answer::Refused
                | Answer::AlreadyReleased
                | Answer::AlreadyRefused
                | Answer::AlreadyExpired
        );
        (!(of_an_end && held)).then(|| (tone, sentence.to_owned()))
    }
}

fn failed(error: PortError) -> Result<Answer, StatusCode> {
    match error {
        PortError::NotTaken => Ok(Answer::NotTaken),
        PortError::Unavailable => Ok(Answer::Failed),
        PortError::Forbidden => Err(StatusCode::FORBIDDEN),
        PortError::NotFound => Err(StatusCode::NOT_FOUND),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use chrono::DateTime;
    use domain::fact::RiskVerdict;
    use domain::{Currency, TransactionKind};

    fn alert(state: TransactionState) -> AlertRow {
        AlertRow {
            id: Uuid::nil(),
            raised_at: DateTime::UNIX_EPOCH,
            account: "C1".to_owned(),
            counterparty: "C2".to_owned(),
            kind: TransactionKind::Transfer,
            amount_minor: 1,
            currency: Currency::EUR,
            score_e9: 0,
            verdict: RiskVerdict::Hold,
            state,
            open: state == TransactionState::Held,
            held_until: None,
            label: None,
        }
    }

    #[test]
    fn every_answer_comes_back_from_the_address_and_has_its_sentence_in_both_languages() {
        for (code, answer) in CODES {
            assert_eq!(Answer::named(code), Some(answer));
            assert!(address(Uuid::nil(), Some(answer)).ends_with(&format!("?answer={code}")));
            let state = match answer {
                Answer::Processing | Answer::StillHeld => TransactionState::Held,
                _ => TransactionState::Posted,
            };
            let said = Language::ALL.map(|language| answer.sentence(Texts::of(language), &alert(state), None));
            assert!(said.iter().all(Option::is_some) && said[0] != said[1], "{code}");
        }
    }

    #[test]
    fn an_address_cannot_make_the_page_say_that_a_hold_has_ended() {
        for answer in [Answer::Released, Answer::Refused, Answer::Returned, Answer::AlreadyExpired] {
            assert_eq!(answer.sentence(Texts::of(Language::En), &alert(TransactionState::Held), None), None);
        }
        let posted = alert(TransactionState::Posted);
        assert_eq!(Answer::Processing.sentence(Texts::of(Language::En), &posted, None), None);
    }

    #[test]
    fn two_who_decide_are_told_apart() {
        let posted = TransactionState::Posted;
        let won = Answer::of_settling(Ok(Settled::Done { state: posted, reason: None }));
        assert_eq!(won, Ok(Answer::Released));
        assert_eq!(Answer::of_settling(Ok(Settled::Already { state: posted })), Ok(Answer::AlreadyReleased));
        let state = TransactionState::Refused;
        let returned = Settled::Done { state, reason: Some(RefusalReason::CreditAccountClosed) };
        assert_eq!(Answer::of_settling(Ok(returned)), Ok(Answer::Returned));
        assert_eq!(Answer::of_settling(Err(PortError::NotTaken)), Ok(Answer::NotTaken));
        assert_eq!(Answer::of_settling(Err(PortError::Forbidden)), Err(StatusCode::FORBIDDEN));
    }
}
