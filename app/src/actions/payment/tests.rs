//! What is typed into the payment form, and where each problem stands.

#![allow(clippy::unwrap_used)]

use super::*;

fn typed(kind: &str, account: &str, payee: &str, amount: &str) -> TypedPayment {
    TypedPayment {
        transaction_id: Uuid::now_v7().to_string(),
        kind: kind.into(),
        account: account.into(),
        payee: payee.into(),
        amount: amount.into(),
        reference: String::new(),
    }
}

#[test]
fn a_transfer_is_read_as_typed() {
    let payment = typed("transfer", "C100", " c 200 ", "1 234,50").read(Currency::EUR).unwrap();
    assert_eq!(payment.payee.unwrap().as_str(), "C200");
    assert_eq!(payment.amount_minor, 123_450);
}

#[test]
fn a_deposit_has_no_payee_whatever_was_left_in_the_field() {
    let payment = typed("deposit", "C100", "??", "12.34").read(Currency::EUR).unwrap();
    assert_eq!(payment.payee, None);
}

#[test]
fn every_problem_is_found_at_once() {
    let problems = typed("transfer", "", "", "1,234").read(Currency::EUR).unwrap_err();
    assert_eq!(problems, [("account", "account_missing"), ("payee", "payee_empty"), ("amount", "amount_ambiguous")]);
}

#[test]
fn the_same_account_stands_beside_the_payee() {
    let problems = typed("transfer", "C100", "c100", "1").read(Currency::EUR).unwrap_err();
    assert_eq!(problems, [("payee", "payee_same")]);
}

#[test]
fn a_long_reference_is_refused_by_its_characters() {
    let mut form = typed("deposit", "C100", "", "1");
    form.reference = "é".repeat(REFERENCE_MAX);
    assert!(form.read(Currency::EUR).is_ok());
    form.reference.push('é');
    assert_eq!(form.read(Currency::EUR).unwrap_err(), [("reference", "reference_too_long")]);
}

#[test]
fn every_refusal_stands_beside_a_field_the_form_has_and_has_a_sentence() {
    for reason in RefusalReason::ALL {
        for kind in [TransactionKind::Deposit, TransactionKind::Withdrawal, TransactionKind::Transfer] {
            let (field, code) = refusal_problem(kind, Some(reason));
            let fields: &[&str] = if kind == TransactionKind::Transfer {
                &["account", "payee", "amount"]
            } else {
                &["account", "amount"]
            };
            // Same account and the like cannot happen without a payee.
            if kind == TransactionKind::Transfer || reason != RefusalReason::SameAccount {
                assert!(fields.contains(&field), "{kind:?} {reason:?}: {field}");
            }
            assert!(crate::text::pay::Pay::ENTRIES.iter().any(|(key, _, _)| *key == code), "{code}");
        }
    }
}
