//! Other workers' decisions, from bank.events to this worker's lanes. Where this worker owns every partition there is
//! nothing to hear.

use super::exchange::Exchange;
use super::observed::Observed;
use crate::config::Config;
use crate::kafka::others::{Others, Told};
use crate::worker::ownership::Ownership;
use detection::history::{Outcome, Received};
use detection::payment::{Party, Payment};
use domain::command::FraudLabel;
use domain::fact::{LabelFact, TransactionFact};
use domain::ledger::event_time;
use domain::{Fact, FactBody, TransactionKind, TransactionState};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PAUSE: Duration = Duration::from_millis(500);

/// Listens on a thread of its own until stopped.
///
/// # Errors
/// When the client or the thread cannot be made.
pub fn follow_others(
    config: &Config,
    ownership: &Arc<Ownership>,
    exchange: &Exchange,
    stop: &CancellationToken,
) -> anyhow::Result<std::thread::JoinHandle<()>> {
    let mut others = Others::new(config)?;
    let all: BTreeSet<i32> = (0..config.partitions).collect();
    let (on, ownership, exchange, stop) = (config.detection, Arc::clone(ownership), exchange.clone(), stop.clone());
    let listen = move || {
        let mut away = false;
        while on && !stop.is_cancelled() {
            let own: BTreeSet<i32> = ownership.all().into_keys().collect();
            // Before the first partition is taken there is nobody to tell.
            let foreign = if own.is_empty() { BTreeSet::new() } else { &all - &own };
            let turned = others.turn(&foreign, |told| match told {
                Told::Afresh => exchange.start_afresh(),
                Told::Facts(facts) => exchange.tell_all(facts.iter().flat_map(observed).collect()),
            });
            match turned {
                Ok(()) => away = false,
                Err(error) => {
                    if !std::mem::replace(&mut away, true) {
                        tracing::warn!(%error, "what other workers decide cannot be read; trying again");
                    }
                    std::thread::sleep(PAUSE);
                }
            }
        }
    };
    Ok(std::thread::Builder::new().name("vigie-others".to_owned()).spawn(listen)?)
}

/// What a fact tells of counterparties, devices and credits.
fn observed(fact: &Fact) -> Vec<Observed> {
    match &fact.body {
        FactBody::TransactionPosted(f) | FactBody::TransactionHeld(f) | FactBody::TransactionRefused(f) => {
            transaction(fact, f)
        }
        FactBody::TransactionLabelled(label) => vec![labelled(label)],
        _ => Vec::new(),
    }
}

/// A decision comes with its judgement, the end of a hold without. A refusal by the ledger looks like the latter: it is
/// told as both, of which one finds nothing to do.
fn transaction(fact: &Fact, said: &TransactionFact) -> Vec<Observed> {
    let at_ms = event_time(said.history, said.occurred_at, fact.recorded_at).timestamp_millis();
    let (own, other) = match said.kind {
        TransactionKind::Deposit => (&said.credit, &said.debit),
        TransactionKind::Withdrawal | TransactionKind::Transfer => (&said.debit, &said.credit),
    };
    let (payer, counterparty) = (Party::from(&own.account), Party::from(&other.account));
    let outcome = match said.state {
        TransactionState::Posted => Outcome::Posted,
        TransactionState::Held => Outcome::Held,
        TransactionState::Refused | TransactionState::Expired => Outcome::Refused,
    };
    let credited = said.kind == TransactionKind::Transfer && outcome == Outcome::Posted;
    let mut told = Vec::new();
    if said.judgement.is_none() {
        told.push(Observed::Settled {
            id: said.id,
            at_ms,
            payer,
            counterparty,
            outcome,
            credited_minor: credited.then_some(said.amount_minor),
        });
    }
    if said.judgement.is_some() || (outcome == Outcome::Refused && !own.unknown && own.after.is_none()) {
        let (first_of_pair, large) = said.judgement.map_or((false, false), |said| (said.first_of_pair, said.large));
        let payment = Payment {
            id: said.id,
            kind: said.kind,
            payer,
            counterparty,
            amount_minor: said.amount_minor,
            at_ms,
            local_offset_ms: 0,
            device: said.context.as_deref().and_then(|context| context.device.as_deref()).map(Party::of),
            place: None,
            channel: None,
            country: None,
            session_risk: None,
        };
        told.push(Observed::Decided {
            id: said.id,
            at_ms,
            amount_minor: said.amount_minor,
            payer,
            device: payment.device,
            received: (said.kind != TransactionKind::Deposit)
                .then(|| Received::of(&payment, outcome, first_of_pair, large)),
            counterparty,
            credited,
        });
    }
    told
}

fn labelled(label: &LabelFact) -> Observed {
    Observed::Labelled {
        id: label.transaction_id,
        at_ms: label.occurred_at.timestamp_millis(),
        known_at_ms: label.known_at.timestamp_millis(),
        payer: Party::from(&label.account),
        counterparty: Party::from(&label.counterparty),
        fraud: label.label == FraudLabel::Fraud,
    }
}
