//! What open sockets ask: whose sessions still stand, which accounts are theirs, how far the partitions are, and how
//! much a viewer missed.

use super::Store;
use super::identity::{IDLE, LONGEST, PersonRow};
use super::transactions::push_sight;
use super::views::{Sight, unavailable};
use app::ports::{Person, PortError};
use domain::AccountNumber;
use domain::view::ResumeToken;
use sha2::{Digest as _, Sha256};
use sqlx::{FromRow as _, QueryBuilder, Row as _};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// A session by the sha256 of its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionKey([u8; 32]);

impl SessionKey {
    pub fn of(secret: &str) -> Self {
        SessionKey(Sha256::digest(secret.as_bytes()).into())
    }
}

impl Store {
    /// The people of those sessions that still stand. Looking is no sign of a person.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when the database does not answer.
    pub async fn sessions_people(&self, sessions: &[SessionKey]) -> Result<HashMap<SessionKey, Person>, PortError> {
        let read = async {
            let query = sqlx::query(
                "select s.secret_sha256, p.id, p.username, p.display_name, p.role
                 from session s join person p on p.id = s.person_id
                 where s.secret_sha256 = any($1) and p.disabled_at is null
                   and s.seen_at > now() - $2::interval and s.created_at > now() - $3::interval",
            );
            let secrets: Vec<&[u8]> = sessions.iter().map(|session| session.0.as_slice()).collect();
            let rows = query.bind(secrets).bind(IDLE).bind(LONGEST).fetch_all(self.pool()).await?;
            let mut people = HashMap::with_capacity(rows.len());
            for row in rows {
                let secret: Vec<u8> = row.try_get(0)?;
                let key = SessionKey(secret.try_into().map_err(|_| sqlx::Error::Decode("not a sha256".into()))?);
                people.insert(key, PersonRow::from_row(&row)?.person());
            }
            Ok(people)
        };
        read.await.map_err(unavailable)
    }

    /// The accounts linked to each of these people.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when the database does not answer.
    pub async fn links_of(&self, people: &[Uuid]) -> Result<HashMap<Uuid, BTreeSet<AccountNumber>>, PortError> {
        let query = sqlx::query_as(
            "select l.person_id, a.number from account_link l join account a on a.id = l.account_id
             where l.person_id = any($1)",
        );
        let rows: Vec<(Uuid, String)> = query.bind(people).fetch_all(self.pool()).await.map_err(unavailable)?;
        let mut links: HashMap<Uuid, BTreeSet<AccountNumber>> = HashMap::new();
        for (person, number) in rows {
            links.entry(person).or_default().extend(number.parse::<AccountNumber>());
        }
        Ok(links)
    }

    /// How far each partition is decided.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when the database does not answer.
    pub async fn fences(&self) -> Result<ResumeToken, PortError> {
        self.moment().await.map(|(_, fences)| fences).map_err(unavailable)
    }

    /// How many transactions that the person may see as a customer were decided from one token to another.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when the database does not answer.
    pub async fn transactions_between(
        &self,
        person: &Person,
        from: &ResumeToken,
        to: &ResumeToken,
    ) -> Result<u64, PortError> {
        let read = async {
            let (mut db, _) = self.moment().await?;
            let own: Vec<i32> = sqlx::query_scalar("select account_id from account_link where person_id = $1")
                .bind(person.id)
                .fetch_all(&mut *db)
                .await?;
            let spans = to.0.iter().map(|(partition, until)| {
                (i16::try_from(*partition).unwrap_or(-1), from.0.get(partition).copied().unwrap_or(0), *until)
            });
            let (mut partitions, mut firsts, mut untils) = (Vec::new(), Vec::new(), Vec::new());
            for (partition, first, until) in spans {
                partitions.push(partition);
                firsts.push(first);
                untils.push(until);
            }
            let mut query = QueryBuilder::new("select count(*) from transaction t where ");
            push_sight(&mut query, &Sight::Own(own));
            query.push(" and exists (select from unnest(").push_bind(partitions).push(", ").push_bind(firsts);
            query.push(", ").push_bind(untils).push(") as span (partition, first, until) where t.partition = ");
            query.push("span.partition and t.command_offset >= span.first and t.command_offset < span.until)");
            let count: i64 = query.build_query_scalar().fetch_one(&mut *db).await?;
            Ok(u64::try_from(count).unwrap_or(0))
        };
        read.await.map_err(unavailable)
    }
}
