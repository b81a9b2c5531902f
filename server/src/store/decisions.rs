//! What was decided of one transaction, for the decision API.

use super::Store;
use super::codes::Code as _;
use super::views::unavailable;
use app::ports::PortError;
use domain::fact::RiskVerdict;
use domain::{AccountNumber, RefusalReason, TransactionState};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow {
    pub state: TransactionState,
    pub reason: Option<RefusalReason>,
    /// Verdict and score in points × 10⁻⁹; none where detection was not asked.
    pub judged: Option<(RiskVerdict, i64)>,
    pub account_at_risk: AccountNumber,
}

type Row = (i16, Option<i16>, Option<i16>, Option<i64>, Option<String>);

fn decision((state, reason, verdict, score_e9, number): Row) -> sqlx::Result<Option<DecisionRow>> {
    let Some(Ok(account_at_risk)) = number.map(|number| number.parse()) else { return Ok(None) };
    Ok(Some(DecisionRow {
        state: TransactionState::from_code(state)?,
        reason: reason.map(RefusalReason::from_code).transpose()?,
        judged: verdict.map(RiskVerdict::from_code).transpose()?.zip(score_e9),
        account_at_risk,
    }))
}

impl Store {
    /// None while there is no transaction of this id. Who may see it is the caller's to check.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when the database does not answer.
    pub async fn decision(&self, id: Uuid) -> Result<Option<DecisionRow>, PortError> {
        let query = sqlx::query_as(
            "select t.state, t.reason, t.verdict, t.score_e9,
               case when t.kind = 1 then coalesce(c.number, t.credit_unknown) else coalesce(d.number, t.debit_unknown) end
             from transaction t left join account d on d.id = t.debit_account
               left join account c on c.id = t.credit_account where t.id = $1",
        );
        let row: Option<Row> = query.bind(id).fetch_optional(self.pool()).await.map_err(unavailable)?;
        Ok(row.map(decision).transpose().map_err(unavailable)?.flatten())
    }
}
