//! Accounts as somebody may see them: their list, one, and whether it is theirs.

use super::views::{AccountRow, SELECT_ACCOUNT, Sight, sight, unavailable};
use super::{Db, Store};
use app::ports::{PayingRight, Person, PortError, Role};
use domain::AccountNumber;
use domain::view::{AccountView, ResumeToken};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

impl Store {
    /// The person's own accounts, or for analysts and operators the first `limit` customer accounts by number.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when the database does not answer.
    pub async fn account_list(
        &self,
        person: &Person,
        limit: i64,
    ) -> Result<(Vec<AccountView>, ResumeToken), PortError> {
        let read = async {
            let (mut db, resume) = self.moment().await?;
            Ok((account_views(&mut db, person, limit).await?, resume))
        };
        read.await.map_err(unavailable)
    }

    /// # Errors
    /// [`PortError::NotFound`] for an unknown account and for somebody else's alike.
    pub async fn account(
        &self,
        person: &Person,
        account: &AccountNumber,
    ) -> Result<(AccountView, ResumeToken), PortError> {
        let read = async {
            let (mut db, resume) = self.moment().await?;
            let row = visible_account(&mut db, person, account).await?;
            Ok::<_, sqlx::Error>((row.map(|(row, _)| row.view()).transpose()?, resume))
        };
        let (view, resume) = read.await.map_err(unavailable)?;
        Ok((view.ok_or(PortError::NotFound)?, resume))
    }

    /// The right to pay from an account: it is linked to the person. None for any other; analysts' wider sight gives no
    /// such right.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when the database does not answer.
    pub async fn paying_right(
        &self,
        person: &Person,
        account: &AccountNumber,
    ) -> Result<Option<PayingRight>, PortError> {
        let query = sqlx::query_scalar(
            "select a.currency from account_link l join account a on a.id = l.account_id
             where l.person_id = $1 and a.number = $2",
        );
        let row: Option<String> =
            query.bind(person.id).bind(account.as_str()).fetch_optional(self.pool()).await.map_err(unavailable)?;
        let currency = row.and_then(|currency| currency.parse().ok());
        Ok(currency.map(|currency| PayingRight { person: person.id, account: account.clone(), currency }))
    }

    /// The numbers of the accounts linked to a person, for open sockets. By number.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when the database does not answer.
    pub async fn accounts_of(&self, person: Uuid) -> Result<Vec<AccountNumber>, PortError> {
        let query = sqlx::query_scalar(
            "select a.number from account_link l join account a on a.id = l.account_id where l.person_id = $1 order by 1",
        );
        let numbers: Vec<String> = query.bind(person).fetch_all(self.pool()).await.map_err(unavailable)?;
        Ok(numbers.iter().filter_map(|number| number.parse().ok()).collect())
    }
}

pub(super) async fn account_views(db: &mut Db, person: &Person, limit: i64) -> sqlx::Result<Vec<AccountView>> {
    let condition = match person.role {
        Role::Customer => {
            "where exists (select from account_link l where l.account_id = a.id and l.person_id = $2) order by a.number limit $1"
        }
        Role::Analyst | Role::Operator => "where a.kind = 1 and $2 is not null order by a.number limit $1",
    };
    let sql = AssertSqlSafe(format!("{SELECT_ACCOUNT}{condition}"));
    let rows: Vec<AccountRow> = sqlx::query_as(sql).bind(limit).bind(person.id).fetch_all(&mut **db).await?;
    rows.into_iter().map(AccountRow::view).collect()
}

/// The account, if the person may see it, and what else they may see.
pub(super) async fn visible_account(
    db: &mut Db,
    person: &Person,
    account: &AccountNumber,
) -> sqlx::Result<Option<(AccountRow, Sight)>> {
    let sight = sight(db, person).await?;
    let sql = AssertSqlSafe(format!("{SELECT_ACCOUNT}where a.number = $1"));
    let row: Option<AccountRow> = sqlx::query_as(sql).bind(account.as_str()).fetch_optional(&mut **db).await?;
    Ok(row.filter(|row| sight.covers(row.id)).map(|row| (row, sight)))
}
