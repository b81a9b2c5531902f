//! Carries rows through the bank: opens what accounts are missing, sends what is not there yet, waits for the worker,
//! and says what became of each.

use super::file::Reading;
use crate::bulk::{Bulk, BulkError, desk};
use crate::kafka::command_producer::Source;
use domain::account::history_desk;
use domain::command::{OpenAccount, ReportFraud, SubmitTransaction};
use domain::{AccountKind, AccountNumber, Command, TransactionState};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap, HashSet};
use tokio::sync::watch;
use uuid::Uuid;

/// How many ids are asked for in one statement.
const ASKED_AT_ONCE: usize = 10_000;

/// What is to be carried through: accounts first, then transactions in order.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    pub accounts: Vec<OpenAccount>,
    pub transactions: Vec<SubmitTransaction>,
    /// What became known later, each with the number of transactions that come before it; in that order.
    pub labels: Vec<(usize, ReportFraud)>,
    /// Lines of the file that are not taken, for the report.
    pub bad: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    #[default]
    Checking,
    OpeningAccounts,
    Sending,
    Deciding,
    Done,
}

/// How far an import came; at the end, its result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    pub phase: Phase,
    /// Good rows of the file.
    pub total: u64,
    /// Rows the log has taken, those already there included.
    pub sent: u64,
    /// Rows whose outcome stands, those already there included.
    pub decided: u64,
    pub added: u64,
    pub already_there: u64,
    pub refused: u64,
    pub bad: u64,
    /// Customer accounts that some row left below zero: it happened, so history may.
    pub overdrawn_accounts: u64,
}

impl Plan {
    /// The plan of a file. Customer accounts that are missing are opened without owner.
    pub fn of_reading(reading: &Reading) -> Plan {
        let currency = reading.currency;
        let numbers: BTreeSet<&AccountNumber> = reading.rows.iter().map(|row| &row.account).collect();
        let customers = numbers.into_iter().map(|account| OpenAccount {
            account: account.clone(),
            kind: AccountKind::Customer,
            currency,
            overdraft_minor: 0,
            owner: None,
        });
        Plan {
            accounts: std::iter::once(desk(history_desk(currency), currency)).chain(customers).collect(),
            transactions: reading.rows.iter().map(|row| row.command(currency)).collect(),
            labels: Vec::new(),
            bad: reading.bad,
        }
    }

    /// What is missing, in order; each attempt has a command id of its own: the transaction id is what makes it
    /// harmless.
    fn commands(
        &self,
        there: impl Fn(&Uuid) -> bool,
        labelled: &HashSet<Uuid>,
    ) -> impl Iterator<Item = (Uuid, Command)> {
        let mut labels = self.labels.iter().peekable();
        let mut told = move |before: usize| {
            let mut due = Vec::new();
            while let Some((_, report)) = labels.next_if(|(after, _)| *after <= before) {
                if !labelled.contains(&report.transaction_id) {
                    due.push(Command::ReportFraud(report.clone()));
                }
            }
            due
        };
        (0..=self.transactions.len()).flat_map(move |index| {
            let next = self.transactions.get(index).filter(|next| !there(&next.transaction_id));
            let next = next.map(|next| Command::SubmitTransaction(next.clone()));
            told(index).into_iter().chain(next).map(|command| (Uuid::now_v7(), command)).collect::<Vec<_>>()
        })
    }
}

/// Carries the plan through. Safe to break off and start again: only what is missing is sent.
///
/// # Errors
/// When the log, the database or the worker cannot go on; what was sent stays sent.
pub async fn run(
    bulk: &Bulk,
    source: Source,
    plan: &Plan,
    told: &watch::Sender<Progress>,
) -> Result<Progress, BulkError> {
    let mut progress = Progress { total: plan.transactions.len() as u64, bad: plan.bad, ..Progress::default() };
    told.send_replace(progress);
    let ids: Vec<Uuid> = plan.transactions.iter().map(|transaction| transaction.transaction_id).collect();
    let before = outcomes(bulk, &ids).await?;
    progress.already_there = before.len() as u64;
    progress.sent = progress.already_there;
    progress.decided = progress.already_there;
    progress.phase = Phase::OpeningAccounts;
    told.send_replace(progress);
    if !plan.transactions.is_empty() {
        bulk.open_accounts(source, &plan.accounts).await?;
    }
    progress.phase = Phase::Sending;
    told.send_replace(progress);
    let missing: Vec<&Uuid> = ids.iter().filter(|id| !before.contains_key(id)).collect();
    let told_of: Vec<Uuid> = plan.labels.iter().map(|(_, report)| report.transaction_id).collect();
    let labelled = bulk.store().labelled(&told_of).await?;
    let commands: Vec<(Uuid, Command)> = plan.commands(|id| before.contains_key(id), &labelled).collect();
    // Labels travel among the rows and are not counted.
    let counted = |count: u64| progress.total.min(progress.already_there + count);
    let sent = bulk
        .send(source, commands, |count| {
            told.send_replace(Progress { sent: counted(count), ..progress });
        })
        .await?;
    progress.sent = progress.total;
    progress.phase = Phase::Deciding;
    bulk.wait_until_decided(&sent, |count| {
        told.send_replace(Progress { decided: counted(count), ..progress });
    })
    .await?;
    progress.decided = progress.total;
    let after = outcomes(bulk, &ids).await?;
    let booked = |id: &Uuid| after.get(id).is_some_and(|(state, _)| *state != TransactionState::Refused);
    progress.added = missing.iter().filter(|id| booked(id)).count() as u64;
    // What is decided and has no row went to the dead letters.
    progress.refused = missing.len() as u64 - progress.added;
    progress.overdrawn_accounts =
        after.values().filter_map(|(_, overdrawn)| *overdrawn).collect::<BTreeSet<_>>().len() as u64;
    progress.phase = Phase::Done;
    told.send_replace(progress);
    Ok(progress)
}

/// State, and the account left below zero, of those that were decided.
async fn outcomes(bulk: &Bulk, ids: &[Uuid]) -> Result<HashMap<Uuid, (TransactionState, Option<i32>)>, BulkError> {
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(ASKED_AT_ONCE) {
        let decided = bulk.store().decided(chunk).await?;
        found.extend(decided.into_iter().map(|decided| (decided.id, (decided.state, decided.overdrawn))));
    }
    Ok(found)
}
