//! People, credentials and sessions as rows. The rules of signing in stand in [`crate::identity`].
//!
//! A session is found by the sha256 of its secret, so a stolen table opens nothing. It ends after half an hour
//! without a request, after twelve hours, when its person signs out, is disabled or changes the password elsewhere.

use super::Store;
use super::row::row;
use super::views::unavailable;
use app::ports::{Person, PortError, Role, SessionView};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub const IDLE: TimeDelta = TimeDelta::minutes(30);
pub const LONGEST: TimeDelta = TimeDelta::hours(12);

/// Whether looking a session up counts as its person doing something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// A page or form was asked for.
    Yes,
    /// A figure renewed itself, an open socket was checked.
    No,
}

#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    #[error("there is already somebody named {0}")]
    Taken(String),
    #[error("a name is 1 to 63 of a-z, 0-9, dot, dash and underscore, beginning with a letter or digit")]
    Form,
    #[error("nobody is named {0}")]
    Unknown(String),
    #[error("the database cannot be used: {0}")]
    Database(sqlx::Error),
}

impl PersonError {
    fn of(username: &str, error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|error| error.constraint()) {
            Some("person_username_key") => PersonError::Taken(username.to_owned()),
            Some("person_username_form") => PersonError::Form,
            _ => PersonError::Database(error),
        }
    }
}

/// What signing in needs to know of a person.
#[derive(Clone)]
pub struct Credentials {
    pub person: Person,
    pub password_hash: String,
    pub demo: bool,
    pub disabled: bool,
}

row! {
    pub(super) struct PersonRow {
        id: Uuid,
        username: String,
        display_name: String,
        role: String,
    }
}

impl PersonRow {
    pub fn person(self) -> Person {
        let role = match self.role.as_str() {
            "operator" => Role::Operator,
            "analyst" => Role::Analyst,
            // The schema knows three; what is not more is the least.
            _ => Role::Customer,
        };
        Person { id: self.id, username: self.username, display_name: self.display_name, role }
    }
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Customer => "customer",
        Role::Analyst => "analyst",
        Role::Operator => "operator",
    }
}

fn secret_hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// People.
impl Store {
    /// Adds a person with a data key of their own.
    ///
    /// # Errors
    /// When the name is taken or malformed.
    pub async fn add_person(
        &self,
        username: &str,
        display_name: &str,
        role: Role,
        password_hash: &str,
        demo: bool,
    ) -> Result<Person, PersonError> {
        let person =
            Person { id: Uuid::now_v7(), username: username.to_owned(), display_name: display_name.to_owned(), role };
        let data_key: [u8; 32] = rand::random();
        let query = sqlx::query(
            "insert into person (id, username, display_name, role, password_hash, data_key, demo) values ($1, $2, $3, $4, $5, $6, $7)",
        );
        let query = query.bind(person.id).bind(username).bind(display_name).bind(role_word(role)).bind(password_hash);
        let done = query.bind(data_key.as_slice()).bind(demo).execute(self.pool()).await;
        done.map(|_| person).map_err(|error| PersonError::of(username, error))
    }

    /// # Errors
    /// [`PersonError::Unknown`].
    pub async fn person_named(&self, username: &str) -> Result<Person, PersonError> {
        let query = sqlx::query_as("select id, username, display_name, role from person where username = $1");
        let row: Option<PersonRow> =
            query.bind(username).fetch_optional(self.pool()).await.map_err(PersonError::Database)?;
        row.map(PersonRow::person).ok_or_else(|| PersonError::Unknown(username.to_owned()))
    }

    /// The demo people, by role and name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn demo_people(&self) -> sqlx::Result<Vec<Person>> {
        let query = sqlx::query_as(
            "select id, username, display_name, role from person where demo and disabled_at is null order by role, username",
        );
        let rows: Vec<PersonRow> = query.fetch_all(self.pool()).await?;
        Ok(rows.into_iter().map(PersonRow::person).collect())
    }

    /// # Errors
    /// [`PersonError::Unknown`].
    pub async fn set_role(&self, username: &str, role: Role) -> Result<(), PersonError> {
        let query = sqlx::query("update person set role = $2 where username = $1").bind(username).bind(role_word(role));
        self.one_person(username, query).await
    }

    /// Disables a person and ends their sessions, or enables them again.
    ///
    /// # Errors
    /// [`PersonError::Unknown`].
    pub async fn set_disabled(&self, username: &str, disabled: bool) -> Result<(), PersonError> {
        let query = sqlx::query(
            "with changed as (
                update person set disabled_at = case when $2 then coalesce(disabled_at, now()) end where username = $1 returning id),
             ended as (delete from session where $2 and person_id in (select id from changed))
             select from changed",
        );
        self.one_person(username, query.bind(username).bind(disabled)).await
    }

    /// Sets a password by the operator's hand and ends all of the person's sessions.
    ///
    /// # Errors
    /// [`PersonError::Unknown`].
    pub async fn reset_password(&self, username: &str, password_hash: &str) -> Result<(), PersonError> {
        let query = sqlx::query(
            "with changed as (update person set password_hash = $2 where username = $1 returning id),
             ended as (delete from session where person_id in (select id from changed))
             select from changed",
        );
        self.one_person(username, query.bind(username).bind(password_hash)).await
    }

    async fn one_person(
        &self,
        username: &str,
        query: sqlx::query::Query<'_, sqlx::Postgres, sqlx::postgres::PgArguments>,
    ) -> Result<(), PersonError> {
        let done = query.execute(self.pool()).await.map_err(PersonError::Database)?;
        if done.rows_affected() == 0 { Err(PersonError::Unknown(username.to_owned())) } else { Ok(()) }
    }
}

/// Signing in and out.
impl Store {
    pub(crate) async fn credentials(&self, username: &str) -> Result<Option<Credentials>, PortError> {
        let query = sqlx::query_as(
            "select id, username, display_name, role, password_hash, demo, disabled_at is not null from person where username = $1",
        );
        type Row = (Uuid, String, String, String, String, bool, bool);
        let row: Option<Row> = query.bind(username).fetch_optional(self.pool()).await.map_err(unavailable)?;
        Ok(row.map(|(id, username, display_name, role, password_hash, demo, disabled)| Credentials {
            person: PersonRow { id, username, display_name, role }.person(),
            password_hash,
            demo,
            disabled,
        }))
    }

    pub(crate) async fn begin_session(&self, person: Uuid, secret: &str) -> Result<(), PortError> {
        let query = sqlx::query("insert into session (secret_sha256, person_id) values ($1, $2)");
        query.bind(secret_hash(secret)).bind(person).execute(self.pool()).await.map_err(unavailable)?;
        Ok(())
    }

    /// Who a session's secret belongs to: none if it is unknown or over, or its person disabled.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when the database does not answer.
    pub async fn session_person(&self, secret: &str, touch: Touch) -> Result<Option<Person>, PortError> {
        let query = sqlx::query_as(
            "with live as (
                select s.secret_sha256, s.seen_at, p.id, p.username, p.display_name, p.role
                from session s join person p on p.id = s.person_id
                where s.secret_sha256 = $1 and s.seen_at > now() - $2::interval and s.created_at > now() - $3::interval
                  and p.disabled_at is null),
             touched as (
                update session s set seen_at = now() from live
                where $4 and s.secret_sha256 = live.secret_sha256 and live.seen_at < now() - interval '1 minute')
             select id, username, display_name, role from live",
        );
        let query = query.bind(secret_hash(secret)).bind(IDLE).bind(LONGEST).bind(touch == Touch::Yes);
        let row: Option<PersonRow> = query.fetch_optional(self.pool()).await.map_err(unavailable)?;
        Ok(row.map(PersonRow::person))
    }

    pub(crate) async fn end_session(&self, secret: &str) -> Result<(), PortError> {
        let query = sqlx::query("delete from session where secret_sha256 = $1").bind(secret_hash(secret));
        query.execute(self.pool()).await.map(|_| ()).map_err(unavailable)
    }

    pub(crate) async fn end_sessions(&self, person: Uuid) -> Result<(), PortError> {
        let query = sqlx::query("delete from session where person_id = $1").bind(person);
        query.execute(self.pool()).await.map(|_| ()).map_err(unavailable)
    }

    /// Sets a new password and ends every session of the person but this one.
    pub(crate) async fn renew_password(
        &self,
        person: Uuid,
        session: &str,
        password_hash: &str,
    ) -> Result<(), PortError> {
        let query = sqlx::query(
            "with changed as (update person set password_hash = $3 where id = $1)
             delete from session where person_id = $1 and secret_sha256 <> $2",
        );
        let query = query.bind(person).bind(secret_hash(session)).bind(password_hash);
        query.execute(self.pool()).await.map(|_| ()).map_err(unavailable)
    }

    pub(crate) async fn sessions_of(&self, person: Uuid, session: &str) -> Result<Vec<SessionView>, PortError> {
        let query = sqlx::query_as(
            "select created_at, seen_at, secret_sha256 = $2 from session
             where person_id = $1 and seen_at > now() - $3::interval and created_at > now() - $4::interval
             order by seen_at desc",
        );
        let query = query.bind(person).bind(secret_hash(session)).bind(IDLE).bind(LONGEST);
        let rows: Vec<(DateTime<Utc>, DateTime<Utc>, bool)> =
            query.fetch_all(self.pool()).await.map_err(unavailable)?;
        Ok(rows
            .into_iter()
            .map(|(created_at, seen_at, current)| SessionView { created_at, seen_at, current })
            .collect())
    }
}

/// Throttling.
impl Store {
    /// How long the subject (a name or an address) must wait because of its failures in the last quarter of an hour,
    /// of which `free` cost nothing. If it need not wait, one more failure is written down in case this attempt fails
    /// too: attempts that run side by side see each other. [`Store::forget_attempts`] takes it back.
    pub(crate) async fn begin_attempt(&self, subject: &str, free: i64) -> Result<Option<u64>, PortError> {
        self.try_begin_attempt(subject, free).await.map_err(unavailable)
    }

    async fn try_begin_attempt(&self, subject: &str, free: i64) -> sqlx::Result<Option<u64>> {
        let mut db = self.begin().await?;
        // One attempt per subject at a time gets past this line.
        sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))").bind(subject).execute(&mut *db).await?;
        let query = sqlx::query_as(
            "select count(*), coalesce(extract(epoch from clock_timestamp() - max(failed_at)), 0)::bigint
             from sign_in_failure where subject = $1 and failed_at > now() - interval '15 minutes'",
        );
        let (failures, seconds_since_last): (i64, i64) = query.bind(subject).fetch_one(&mut *db).await?;
        if let Some(wait) = crate::identity::wait_seconds(failures - free, seconds_since_last) {
            return Ok(Some(wait));
        }
        let query = sqlx::query("insert into sign_in_failure (subject, failed_at) values ($1, clock_timestamp())");
        query.bind(subject).execute(&mut *db).await?;
        db.commit().await?;
        Ok(None)
    }

    /// The person proved who they are: their name's failures, and this attempt at the address, are forgotten.
    pub(crate) async fn forget_attempts(&self, name: &str, address: &str) -> Result<(), PortError> {
        let query = sqlx::query(
            "with newest as (select ctid from sign_in_failure where subject = $2 order by failed_at desc limit 1)
             delete from sign_in_failure where subject = $1 or ctid in (select ctid from newest)",
        );
        query.bind(name).bind(address).execute(self.pool()).await.map(|_| ()).map_err(unavailable)
    }
}
