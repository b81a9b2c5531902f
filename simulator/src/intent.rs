//! Something that somebody means to do, before it is known whether the money is there.

use crate::event::{FraudType, transaction_id};
use crate::purse::Purses;
use crate::random::Chance;
use chrono::{DateTime, Utc};
use domain::command::{PaymentContext, SubmitTransaction};
use domain::{AccountNumber, AmountMinor, Currency, TransactionKind};

/// Below this a thief does not bother, where the amount follows from what is there.
const WORTH_MINOR: AmountMinor = 2_000;

#[derive(Debug, Clone, Copy)]
pub enum Amount {
    Exact(AmountMinor),
    /// Of what is available at that moment, per mille.
    Share(AmountMinor),
}

#[derive(Debug, Clone)]
pub struct Intent {
    pub at: DateTime<Utc>,
    pub kind: TransactionKind,
    pub debit: AccountNumber,
    pub credit: AccountNumber,
    pub amount: Amount,
    pub context: PaymentContext,
    pub fraud: Option<FraudType>,
}

impl Intent {
    /// The payment, if the money is there; it is moved then.
    pub fn settle(
        self,
        purses: &mut Purses,
        ids: &mut Chance,
        currency: Currency,
        history: bool,
    ) -> Option<(SubmitTransaction, Option<FraudType>)> {
        let amount_minor = match self.amount {
            Amount::Exact(amount_minor) => amount_minor,
            Amount::Share(per_mille) => {
                let share = purses.available_minor(&self.debit)? * per_mille / 1_000;
                (share >= WORTH_MINOR).then_some(share)?
            }
        };
        if amount_minor <= 0 || self.debit == self.credit || !purses.pay(&self.debit, &self.credit, amount_minor) {
            return None;
        }
        let command = SubmitTransaction {
            transaction_id: transaction_id(self.at, ids),
            kind: self.kind,
            debit: self.debit,
            credit: self.credit,
            amount_minor,
            currency,
            occurred_at: self.at,
            history,
            reference: None,
            context: Some(Box::new(self.context)),
        };
        Some((command, self.fraud))
    }
}
