//! What a transaction turned out to be, said afterwards. An analyst outranks a customer, later outranks earlier; past
//! decisions never change.

use super::books::{Books, KnownLabel};
use super::{Decide, LabelRow, Record};
use crate::command::ReportFraud;
use crate::fact::{CommandAnswered, DeadLetterReason, FactBody, LabelFact, Repeat};

pub(super) fn apply(
    books: &mut Books,
    record: &Record,
    report: &ReportFraud,
    decide: &mut impl Decide,
    labels: &mut Vec<LabelRow>,
) -> Result<FactBody, (DeadLetterReason, &'static str)> {
    let id = report.transaction_id;
    let known = books.known(&id).filter(|known| known.body.account_at_risk() == &report.account).cloned();
    let mut known = known.ok_or((DeadLetterReason::NoSuchTransaction, "no such transaction of this account"))?;
    let said = KnownLabel { label: report.label, source: report.source };
    let repeat = match known.label {
        Some(earlier) if earlier == said => Some(Repeat::Duplicate),
        Some(earlier) if earlier.source > said.source => Some(Repeat::Conflict),
        _ => None,
    };
    if let Some(repeat) = repeat {
        let (state, reason) = (Some(known.state), known.reason);
        return Ok(FactBody::CommandAnswered(CommandAnswered { repeat, transaction_id: Some(id), state, reason }));
    }
    let fact = LabelFact {
        transaction_id: id,
        account: report.account.clone(),
        label: report.label,
        source: report.source,
        known_at: if report.history { report.known_at } else { record.recorded_at },
        person: report.person,
        counterparty: known.body.counterparty().clone(),
        occurred_at: known.event_time,
    };
    known.label = Some(said);
    books.add_known(id, known);
    decide.labelled(&fact);
    labels.push(LabelRow { label: fact.clone(), recorded_at: record.recorded_at });
    Ok(FactBody::TransactionLabelled(fact))
}
