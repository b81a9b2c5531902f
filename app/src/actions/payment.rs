//! A payment as typed: read, judged field by field, and given back with what is wrong.
//!
//! What only the ledger can know (funds, the payee's existence) is not asked here: its refusal comes back as a fact
//! and is mapped to the field it concerns.

use super::form::{Form, with_form};
use crate::ports::{PayingRight, Payment, Person};
use domain::money::{ParseAmountError, parse_amount};
use domain::{AccountNumber, Currency, RefusalReason, TransactionKind};
use uuid::Uuid;

/// The longest free text of a payment, in characters.
pub const REFERENCE_MAX: usize = 140;

/// The fields of the payment form, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedPayment {
    pub transaction_id: String,
    /// `deposit`, `withdrawal` or `transfer`.
    pub kind: String,
    pub account: String,
    pub payee: String,
    pub amount: String,
    pub reference: String,
}

/// (field, code).
pub type Problem = (&'static str, &'static str);

impl TypedPayment {
    pub fn values(&self) -> [(&str, &str); 6] {
        [
            ("transaction_id", &self.transaction_id),
            ("kind", &self.kind),
            ("account", &self.account),
            ("payee", &self.payee),
            ("amount", &self.amount),
            ("reference", &self.reference),
        ]
    }

    /// The form's page for this kind.
    pub fn page(&self) -> String {
        format!("/pay?type={}", kind_name(self.kind()))
    }

    pub fn kind(&self) -> TransactionKind {
        kind_named(&self.kind)
    }

    /// Reads the payment with the currency of the account it moves.
    ///
    /// # Errors
    /// Every problem at once, at most one per field.
    pub fn read(&self, currency: Currency) -> Result<Payment, Vec<Problem>> {
        let mut problems = Vec::new();
        let own =
            AccountNumber::from_typed(&self.account).inspect_err(|_| problems.push(("account", "account_missing")));
        let payee = match self.kind() {
            TransactionKind::Transfer => self.read_payee().inspect_err(|code| problems.push(("payee", code))).map(Some),
            TransactionKind::Deposit | TransactionKind::Withdrawal => Ok(None),
        };
        if let (Ok(own), Ok(Some(payee))) = (&own, &payee)
            && own == payee
        {
            problems.push(("payee", "payee_same"));
        }
        let amount =
            parse_amount(&self.amount, currency).inspect_err(|error| problems.push(("amount", amount_code(*error))));
        let reference = self.reference.trim();
        if reference.chars().count() > REFERENCE_MAX {
            problems.push(("reference", "reference_too_long"));
        }
        match (own, payee, amount) {
            (Ok(own), Ok(payee), Ok(amount_minor)) if problems.is_empty() => Ok(Payment {
                transaction_id: self.transaction_id.parse().unwrap_or_else(|_| Uuid::now_v7()),
                kind: self.kind(),
                own,
                payee,
                amount_minor,
                currency,
                reference: (!reference.is_empty()).then(|| reference.to_owned()),
            }),
            _ => Err(problems),
        }
    }

    fn read_payee(&self) -> Result<AccountNumber, &'static str> {
        if self.payee.trim().is_empty() {
            return Err("payee_empty");
        }
        AccountNumber::from_typed(&self.payee).map_err(|_| "payee_malformed")
    }
}

/// What was typed, read, and the right to pay so.
///
/// # Errors
/// Every problem at once. An account that is not theirs is one; what was typed is then read in the bank's currency.
pub async fn read(form: &Form, person: &Person, typed: &TypedPayment) -> Result<(Payment, PayingRight), Vec<Problem>> {
    let right = match AccountNumber::from_typed(&typed.account) {
        Ok(number) => form.visit.ports.accounts.paying_right(person, &number).await,
        Err(_) => Ok(None),
    };
    let currency = right.as_ref().ok().and_then(Option::as_ref).map(|right| right.currency);
    let payment = typed.read(currency.unwrap_or(form.visit.request.currency))?;
    match right {
        Ok(Some(right)) => Ok((payment, right)),
        Ok(None) => Err(vec![("account", "account_missing")]),
        Err(_) => Err(vec![("form", "broker_down")]),
    }
}

/// The form again, with its problems.
pub async fn give_back(form: &Form, typed: &TypedPayment, problems: &[Problem]) {
    form.give_back(&typed.page(), &typed.values(), problems).await;
}

/// Where the check of this form is shown.
pub fn check_address(form: Option<Uuid>) -> String {
    with_form("/pay/check", form)
}

pub fn kind_name(kind: TransactionKind) -> &'static str {
    match kind {
        TransactionKind::Deposit => "deposit",
        TransactionKind::Withdrawal => "withdrawal",
        TransactionKind::Transfer => "transfer",
    }
}

/// A transfer unless it says otherwise.
pub fn kind_named(name: &str) -> TransactionKind {
    match name {
        "deposit" => TransactionKind::Deposit,
        "withdrawal" => TransactionKind::Withdrawal,
        _ => TransactionKind::Transfer,
    }
}

fn amount_code(error: ParseAmountError) -> &'static str {
    match error {
        ParseAmountError::Empty => "amount_empty",
        ParseAmountError::NotANumber => "amount_not_a_number",
        ParseAmountError::Ambiguous => "amount_ambiguous",
        ParseAmountError::TooManyDecimals => "amount_too_many_decimals",
        ParseAmountError::NotPositive => "amount_not_positive",
        ParseAmountError::TooLarge => "amount_too_large",
    }
}

/// The field a refusal concerns, seen from the form of this kind.
pub fn refusal_problem(kind: TransactionKind, reason: Option<RefusalReason>) -> Problem {
    use RefusalReason as R;
    let deposit = kind == TransactionKind::Deposit;
    let Some(reason) = reason else { return ("amount", "not_approved") };
    match reason {
        R::InsufficientFunds => ("amount", "insufficient"),
        R::AmountOutOfBounds | R::BalanceOverflow => ("amount", "amount_too_large"),
        R::SameAccount => ("payee", "payee_same"),
        R::NotApproved => ("amount", "not_approved"),
        R::UnknownDebitAccount if !deposit => ("account", "account_missing"),
        R::UnknownCreditAccount if deposit => ("account", "account_missing"),
        R::DebitAccountFrozen | R::DebitAccountClosed if !deposit => ("account", "own_cannot_move"),
        R::CreditAccountFrozen | R::CreditAccountClosed if deposit => ("account", "own_cannot_move"),
        // What remains concerns the other side, which only a transfer names.
        _ if kind != TransactionKind::Transfer => ("account", "own_cannot_move"),
        R::UnknownCreditAccount | R::WrongAccountKind => ("payee", "payee_unknown"),
        R::CurrencyMismatch => ("payee", "payee_currency"),
        _ => ("payee", "payee_cannot_take"),
    }
}

#[cfg(test)]
mod tests;
