//! That nothing leaves that may not, on examples and on random facts.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::feed::sample::{account, answered, side, transaction, with_position};
use domain::command::{FraudLabel, LabelSource, PaymentContext};
use domain::fact::{AccountAfter, CommandRefused, DeadLetterFact, DeadLetterReason, Judgement, RiskVerdict};
use domain::{Currency, HoldTerms, OnExpiry, RefusalReason};
use proptest::prelude::*;

fn person(role: Role) -> Person {
    Person { id: Uuid::from_u128(42), username: "p".to_owned(), display_name: "P".to_owned(), role }
}

fn own(accounts: &[&str]) -> Own {
    Arc::new(accounts.iter().map(|account| account.parse().unwrap()).collect())
}

fn customer(accounts: &[&str]) -> Viewer {
    Viewer::new(&person(Role::Customer), true, &own(accounts), chrono_tz::Europe::Paris)
}

fn analyst() -> Viewer {
    Viewer::new(&person(Role::Analyst), true, &own(&[]), chrono_tz::Europe::Paris)
}

fn fact(body: FactBody) -> Fact {
    with_position(body, 0, 17, 0, true)
}

fn transfer(state: TransactionState) -> Fact {
    let after = state == TransactionState::Posted;
    let sides = (side("C1", after.then_some((3, 100))), side("C2", after.then_some((8, 900))));
    fact(transaction(TransactionKind::Transfer, state, sides.0, sides.1))
}

fn view(viewer: &Viewer, fact: &Fact) -> Option<TransactionView> {
    match viewer.change(fact) {
        Some(Change::Transaction(view)) => Some(view),
        _ => None,
    }
}

#[test]
fn each_side_of_a_transfer_sees_itself_and_the_others_number() {
    let fact = transfer(TransactionState::Posted);
    let payer = view(&customer(&["C1"]), &fact).unwrap();
    assert_eq!((payer.debit.after.unwrap().version, payer.credit.after), (3, None));
    assert_eq!(payer.credit.account, "C2");
    let payee = view(&customer(&["C2"]), &fact).unwrap();
    assert_eq!((payee.debit.after, payee.credit.after.unwrap().booked_minor), (None, 900));
    assert_eq!(view(&customer(&["C3"]), &fact), None);
}

#[test]
fn an_analyst_sees_both_sides_and_a_customer_cannot_ask_for_all() {
    let view = view(&analyst(), &transfer(TransactionState::Posted)).unwrap();
    assert!(view.debit.after.is_some() && view.credit.after.is_some());
    assert!(analyst().sees_all());
    assert!(!customer(&["C1"]).sees_all());
}

#[test]
fn an_analyst_who_asks_for_own_accounts_gets_those() {
    let viewer = Viewer::new(&person(Role::Analyst), false, &own(&["C2"]), chrono_tz::UTC);
    assert!(view(&viewer, &transfer(TransactionState::Posted)).unwrap().debit.after.is_none());
}

#[test]
fn that_somebody_tried_to_pay_them_is_not_a_customers_to_know() {
    for state in [TransactionState::Held, TransactionState::Refused, TransactionState::Expired] {
        assert!(view(&customer(&["C1"]), &transfer(state)).is_some());
        assert!(view(&customer(&["C2"]), &transfer(state)).is_none());
    }
}

#[test]
fn what_was_refused_before_an_account_existed_is_not_its_owners() {
    let (debit, credit) = (SideFact { unknown: true, ..side("C1", None) }, side("C2", None));
    let fact = fact(transaction(TransactionKind::Transfer, TransactionState::Refused, debit, credit));
    assert!(view(&customer(&["C1"]), &fact).is_none());
    assert!(view(&analyst(), &fact).is_some());
}

#[test]
fn a_refused_deposit_is_the_credited_customers_own() {
    let sides = (side("CASH-EUR", None), side("C1", None));
    let fact = fact(transaction(TransactionKind::Deposit, TransactionState::Refused, sides.0, sides.1));
    assert!(view(&customer(&["C1"]), &fact).is_some());
}

#[test]
fn an_external_side_never_carries_a_balance() {
    let sides = (side("CASH-EUR", Some((77, -5))), side("C1", Some((1, 5))));
    let fact = fact(transaction(TransactionKind::Deposit, TransactionState::Posted, sides.0, sides.1));
    assert_eq!(view(&analyst(), &fact).unwrap().debit.after, None);
    let desk = fact_of_account(AccountKind::External);
    assert_eq!(analyst().change(&desk), None);
}

fn fact_of_account(kind: AccountKind) -> Fact {
    fact(FactBody::AccountChanged(account("C1", kind, None)))
}

#[test]
fn a_changed_account_reaches_its_owner_and_analysts_whole() {
    let change = customer(&["C1"]).change(&fact_of_account(AccountKind::Customer));
    let Some(Change::Account(view)) = change else { panic!("{change:?}") };
    assert_eq!((view.version, view.held_minor, view.available_minor), (1, 2_000, 8_500));
    assert_eq!(customer(&["C2"]).change(&fact_of_account(AccountKind::Customer)), None);
}

#[test]
fn a_stamp_shows_the_banks_clock() {
    let view = view(&analyst(), &transfer(TransactionState::Posted)).unwrap();
    assert_eq!((view.occurred_at.ms, view.occurred_at.offset_min), (1_752_580_800_000, 120));
}

#[test]
fn a_right_that_is_given_or_taken_is_noticed_by_its_person_alone() {
    let link = |person| LinkFact { account: "C9".parse().unwrap(), person: Uuid::from_u128(person) };
    let viewer = customer(&["C1"]);
    for (body, ours) in [
        (FactBody::AccountLinked(link(42)), true),
        (FactBody::AccountUnlinked(link(42)), true),
        (FactBody::AccountLinked(link(43)), false),
        (FactBody::AccountOpened(account("C9", AccountKind::Customer, Some(Uuid::from_u128(42)))), true),
        (FactBody::AccountOpened(account("C9", AccountKind::Customer, None)), false),
    ] {
        let fact = fact(body);
        assert_eq!((viewer.is_regranted_by(&fact), viewer.wants(&fact)), (ours, ours));
        assert_eq!(viewer.change(&fact), None, "a new account is shown once the right to it has been read");
    }
}

#[test]
fn answers_and_dead_letters_reach_nobody() {
    let reason = DeadLetterReason::AbsurdAmount;
    let (detail, sha256) = (String::new(), String::new());
    for body in [
        answered(),
        FactBody::CommandRefused(CommandRefused { account: Some("C1".parse().unwrap()), transaction_id: None, reason }),
        FactBody::RecordDeadLettered(DeadLetterFact { reason, detail, length: 1, sha256 }),
    ] {
        let fact = fact(body);
        for viewer in [analyst(), customer(&["C1"])] {
            assert!(!viewer.wants(&fact) && viewer.change(&fact).is_none());
        }
    }
}

#[test]
fn that_there_is_an_alert_reaches_staff_who_look_at_all_accounts_and_nobody_else() {
    let transaction_id = Uuid::from_u128(7);
    let account: AccountNumber = "C1".parse().unwrap();
    let (verdict, score_e9, policy_version) = (RiskVerdict::Hold, 1, 1);
    let judgement =
        Judgement { verdict, score_e9, policy_version, model_version: None, first_of_pair: false, large: false };
    let at = "2025-07-15T12:00:00Z".parse().unwrap();
    let raised = AlertFact { transaction_id, account: account.clone(), judgement, evidence: "secret".to_owned() };
    let labelled = LabelFact {
        transaction_id,
        account,
        label: FraudLabel::Fraud,
        source: LabelSource::Analyst,
        known_at: at,
        person: None,
        counterparty: "C2".parse().unwrap(),
        occurred_at: at,
    };
    let own_only = Viewer::new(&person(Role::Analyst), false, &own(&["C1"]), chrono_tz::UTC);
    for (body, open) in [(FactBody::AlertRaised(raised), true), (FactBody::TransactionLabelled(labelled), false)] {
        let fact = fact(body);
        assert!(analyst().wants(&fact));
        assert_eq!(analyst().change(&fact), Some(Change::Alert(AlertView { id: transaction_id, open })));
        for viewer in [customer(&["C1"]), customer(&["C2"]), own_only.clone()] {
            assert!(!viewer.wants(&fact) && viewer.change(&fact).is_none());
        }
    }
}

#[test]
fn to_a_customer_an_expired_hold_was_not_approved() {
    let expired = transfer(TransactionState::Expired);
    let theirs = view(&customer(&["C1"]), &expired).unwrap();
    assert_eq!((theirs.state, theirs.reason), (TransactionState::Refused, Some(RefusalReason::NotApproved)));
    let staffs = view(&analyst(), &expired).unwrap();
    assert_eq!((staffs.state, staffs.reason), (TransactionState::Expired, None));
}

/// The other side's figures, each a number that stands nowhere else in the fact.
const OTHER: AccountAfter = AccountAfter {
    version: 918_273_645_001,
    booked_minor: 918_273_645_002,
    held_minor: 918_273_645_003,
    overdraft_minor: 918_273_645_004,
};

prop_compose! {
    fn any_transaction()(
        kind in prop::sample::select(vec![TransactionKind::Deposit, TransactionKind::Withdrawal, TransactionKind::Transfer]),
        state in prop::sample::select(vec![
            TransactionState::Posted, TransactionState::Held, TransactionState::Refused, TransactionState::Expired,
        ]),
        own_debited in any::<bool>(),
        own_after in prop::option::of((1..1_000_i64, -9_999..9_999_i64, 0..999_i64, 0..999_i64)),
        amount_minor in 1..1_000_000_i64,
        history in any::<bool>(),
        reason in prop::option::of(prop::sample::select(RefusalReason::ALL.to_vec())),
        reference in prop::option::of("v1:secret[0-9]{3}"),
    ) -> TransactionFact {
        let after = own_after.map(|(version, booked_minor, held_minor, overdraft_minor)| {
            AccountAfter { version, booked_minor, held_minor, overdraft_minor }
        });
        let ours = SideFact { account: "C1".parse().unwrap(), unknown: false, after };
        let theirs = SideFact { account: "C2".parse().unwrap(), unknown: false, after: Some(OTHER) };
        let (debit, credit) = if own_debited { (ours, theirs) } else { (theirs, ours) };
        let occurred_at = "2025-07-15T12:00:00Z".parse().unwrap();
        let id = Uuid::from_u128(7);
        let currency = Currency::EUR;
        let hold = Some(HoldTerms { until: occurred_at, on_expiry: OnExpiry::Release });
        let context = Some(Box::new(PaymentContext { device: Some("secret-device".to_owned()), ..Default::default() }));
        let judgement = Some(Judgement {
            verdict: RiskVerdict::Review,
            score_e9: 31_415_926_535,
            policy_version: 271_828,
            model_version: Some(161_803),
            first_of_pair: true,
            large: true,
        });
        TransactionFact {
            id, kind, state, amount_minor, currency, debit, credit, occurred_at, history, reason, reference, hold,
            context, judgement,
        }
    }
}

proptest! {
    #[test]
    fn a_customers_frame_never_contains_the_other_side(transaction in any_transaction()) {
        let external_own = match transaction.kind {
            TransactionKind::Deposit => transaction.debit.account.as_str() == "C1",
            TransactionKind::Withdrawal => transaction.credit.account.as_str() == "C1",
            TransactionKind::Transfer => false,
        };
        let own_after = if transaction.debit.account.as_str() == "C1" { transaction.debit.after } else { transaction.credit.after };
        let fact = fact(FactBody::TransactionPosted(transaction));
        let viewer = customer(&["C1"]);
        let change = viewer.change(&fact);
        prop_assert_eq!(change.is_some(), viewer.wants(&fact));
        let wire = serde_json::to_string(&change).unwrap();
        prop_assert!(!wire.contains("918273645"), "{}", wire);
        for kept_from_customers in ["secret", "review", "31415926535", "271828", "161803", "score", "policy"] {
            prop_assert!(!wire.contains(kept_from_customers), "{}", wire);
        }
        prop_assert!(!wire.contains(&fact.command_id.unwrap().to_string()), "{}", wire);
        if let Some(Change::Transaction(view)) = change {
            let ours = if view.debit.account == "C1" { view.debit.after } else { view.credit.after };
            prop_assert_eq!(ours.map(|after| after.version), own_after.filter(|_| !external_own).map(|after| after.version));
        }
    }

    #[test]
    fn a_stranger_gets_nothing(transaction in any_transaction()) {
        let fact = fact(FactBody::TransactionPosted(transaction));
        prop_assert!(customer(&["C3", "CASH-EUR"]).change(&fact).is_none());
    }
}
