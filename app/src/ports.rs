//! What the pages need from outside, as small traits, one per subject. `server` provides them; domain types only.
//!
//! They travel in the Leptos context as one [`Ports`]. Every call that reads or acts for somebody takes the
//! [`Person`], and the implementation refuses what that person may not do: a page cannot forget to ask.

pub mod alerts;

use alerts::Alerts;
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use domain::money::AmountMinor;
use domain::view::{AccountView, ResumeToken, TransactionView};
use domain::{AccountNumber, Currency, RefusalReason, TransactionKind, TransactionState};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// Everything a page can ask for.
#[derive(Clone)]
pub struct Ports {
    pub accounts: Arc<dyn Accounts>,
    pub transactions: Arc<dyn Transactions>,
    pub overview: Arc<dyn Overview>,
    pub alerts: Arc<dyn Alerts>,
    pub imports: Arc<dyn Imports>,
    pub identity: Arc<dyn Identity>,
    pub operations: Arc<dyn Operations>,
    pub drafts: Arc<dyn Drafts>,
    pub clock: Arc<dyn Clock>,
}

/// What went wrong outside. Pages show a sentence and, where it exists, a reference; never the cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    #[error("not found")]
    NotFound,
    #[error("forbidden")]
    Forbidden,
    /// Not known to be taken; sending the same id again is safe.
    #[error("the broker did not acknowledge in time")]
    NotTaken,
    #[error("unavailable")]
    Unavailable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Customer,
    Analyst,
    Operator,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: Uuid,
    pub username: String,
    pub display_name: String,
    pub role: Role,
}

/// One request, as pages and server functions see it. In the Leptos context beside [`Ports`].
#[derive(Debug, Clone)]
pub struct RequestContext {
    pub person: Option<Person>,
    /// Who is signed in cannot be told now: the database does not answer. Nobody is taken for signed out by that.
    pub unavailable: bool,
    /// The session's secret, as the cookie brought it; present only if the session is valid.
    pub session: Option<String>,
    /// The peer's network address, for throttling.
    pub address: String,
    /// `Cookie` header values by name, our session cookie left out (language, theme …).
    pub cookies: Vec<(String, String)>,
    pub accept_language: Option<String>,
    /// `__Host-session` where cookies are `Secure`, else `session`.
    pub cookie_name: &'static str,
    /// Cookies carry `Secure`: everywhere but on loopback.
    pub secure: bool,
    /// One-click sign-in for the demo people is offered.
    pub demo: bool,
    /// The currency offered first.
    pub currency: Currency,
}

impl RequestContext {
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whose drafts these are: the person's, or a visitor's.
    pub fn draft_owner(&self) -> String {
        self.person.as_ref().map_or_else(|| "visitor".to_owned(), |person| person.id.to_string())
    }

    /// `Set-Cookie` for a new session. It ends with the browser, and on the server after 30 idle minutes or 12 hours.
    pub fn session_cookie(&self, secret: &str) -> String {
        self.set_cookie(self.cookie_name, secret, "; HttpOnly")
    }

    /// `Set-Cookie` that takes the session cookie away.
    pub fn no_session_cookie(&self) -> String {
        self.set_cookie(self.cookie_name, "", "; HttpOnly; Max-Age=0")
    }

    /// `Set-Cookie` for a choice such as language or theme, kept for a year.
    pub fn choice_cookie(&self, name: &str, value: &str) -> String {
        self.set_cookie(name, value, "; Max-Age=31536000")
    }

    fn set_cookie(&self, name: &str, value: &str, more: &str) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; SameSite=Lax{more}{secure}")
    }
}

/// Time, so that pages never read the machine's clock themselves.
pub trait Clock: Send + Sync {
    fn now(&self) -> DateTime<Utc>;
    /// The bank's time zone, an IANA name such as `Europe/Paris`.
    fn time_zone(&self) -> chrono_tz::Tz;
}

#[async_trait]
pub trait Accounts: Send + Sync {
    /// The person's own accounts, or for analysts and operators the first `limit` customer accounts by number, with
    /// the token from which a socket continues exactly.
    async fn list(&self, person: &Person, limit: i64) -> Result<(Vec<AccountView>, ResumeToken), PortError>;
    async fn one(&self, person: &Person, account: &AccountNumber) -> Result<(AccountView, ResumeToken), PortError>;
    /// The right to pay from an account of one's own; none for any other, whatever else one may see.
    async fn paying_right(&self, person: &Person, account: &AccountNumber) -> Result<Option<PayingRight>, PortError>;
    /// Statement rows by account version, newest first; see [`StatementQuery`].
    async fn statement(&self, person: &Person, query: &StatementQuery) -> Result<StatementPage, PortError>;
    /// The account's balance over time in the range: the balance before it, then each change, thinned to `points`.
    async fn balance_curve(
        &self,
        person: &Person,
        account: &AccountNumber,
        range: DateRange,
        points: usize,
    ) -> Result<BalanceCurve, PortError>;
    /// Opens an account of that currency for the person (a new number is minted) and waits for the fact.
    async fn open(&self, person: &Person, command_id: Uuid, currency: Currency) -> Result<Opened, PortError>;
}

/// Days in the bank's time zone, both inclusive; none is unbounded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateRange {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementQuery {
    pub account: AccountNumber,
    pub range: DateRange,
    /// Only rows with a version below this (keyset paging).
    pub before: Option<i64>,
    /// Only rows with a version above this, for paging back.
    pub after: Option<i64>,
    pub limit: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementPage {
    pub account: AccountView,
    /// Held and refused ones of the range, newest first: outside the running balance. Only on the first page.
    pub unbooked: Vec<TransactionView>,
    /// Posted rows, newest first.
    pub rows: Vec<TransactionView>,
    pub older: Option<i64>,
    pub newer: Option<i64>,
    /// Posted rows in the range, all pages.
    pub total: i64,
    pub resume: ResumeToken,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceCurve {
    pub opening_minor: AmountMinor,
    /// (when it occurred, balance after), ascending.
    pub points: Vec<(DateTime<Utc>, AmountMinor)>,
    pub currency: Currency,
}

/// What became of an account opening within the wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    Opened(AccountNumber),
    StillProcessing(AccountNumber),
}

/// That a person may pay from an account, as the database said for this request. Never kept for another: the link may
/// be taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayingRight {
    pub person: Uuid,
    pub account: AccountNumber,
    pub currency: Currency,
}

/// A payment as the form gives it, already parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    pub transaction_id: Uuid,
    pub kind: TransactionKind,
    /// The person's own account: credited by a deposit, debited otherwise.
    pub own: AccountNumber,
    /// Transfers only.
    pub payee: Option<AccountNumber>,
    pub amount_minor: AmountMinor,
    pub currency: Currency,
    /// Free text, at most 140 characters; sealed before it leaves the node.
    pub reference: Option<String>,
}

/// What is known of a submission within the bounded wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submission {
    /// Decided now, or earlier by an equal attempt.
    Decided { state: TransactionState, reason: Option<RefusalReason> },
    /// The id was used before with another body: the page shows the original.
    Conflict,
    /// Acknowledged by the log, not decided yet: follow the status page.
    StillProcessing,
}

#[async_trait]
pub trait Transactions: Send + Sync {
    /// Produces the command, waits up to 4 s for the log and then up to 2 s for the fact.
    ///
    /// # Errors
    /// [`PortError::NotTaken`] when the log did not acknowledge; [`PortError::Forbidden`] when the right is to another
    /// account.
    async fn submit(&self, right: &PayingRight, payment: &Payment) -> Result<Submission, PortError>;
    /// A transaction the person may see. [`PortError::NotFound`] for an unknown id and for somebody else's alike.
    async fn status(&self, person: &Person, id: Uuid) -> Result<(TransactionView, ResumeToken), PortError>;
    /// When the hold of a transaction that they may see ended; none if it was never held or still is.
    async fn settled_at(&self, person: &Person, id: Uuid) -> Result<Option<DateTime<Utc>>, PortError>;
    /// The newest transactions the person may see (all, for analysts), newest first.
    async fn newest(
        &self,
        person: &Person,
        query: &NewestQuery,
    ) -> Result<(Vec<TransactionView>, ResumeToken), PortError>;
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewestQuery {
    pub account: Option<AccountNumber>,
    pub kind: Option<TransactionKind>,
    pub state: Option<TransactionState>,
    pub range: DateRange,
    /// Keyset: rows recorded before this (milliseconds UTC, id).
    pub before: Option<(i64, Uuid)>,
    pub limit: i64,
}

/// Aggregates for the analysts' dashboard. Analysts and operators only.
#[async_trait]
pub trait Overview: Send + Sync {
    /// Posted and refused per minute over the last `minutes`, oldest first; every minute is present.
    async fn per_minute(&self, person: &Person, minutes: i64) -> Result<Vec<MinuteTotal>, PortError>;
    /// Count and amount by account and type over the range of recorded time, accounts with the largest total first.
    async fn by_account_and_type(&self, person: &Person, window: Window) -> Result<Vec<AccountTypeTotal>, PortError>;
    /// Figures for the tiles.
    async fn totals(&self, person: &Person, window: Window) -> Result<OverviewTotals, PortError>;
}

/// The dashboard's one time range, by recorded time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Window {
    Hour,
    Day,
    Week,
    All,
}

/// A type as one account sees it: a transfer is out for one and in for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SidedType {
    Deposit,
    Withdrawal,
    TransferOut,
    TransferIn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinuteTotal {
    pub minute: DateTime<Utc>,
    pub posted: i64,
    pub refused: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountTypeTotal {
    pub account: String,
    pub currency: Currency,
    pub sided_type: SidedType,
    pub count: i64,
    pub amount_minor: AmountMinor,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverviewTotals {
    pub transactions: i64,
    pub posted: i64,
    pub refused: i64,
    pub held: i64,
    pub accounts: i64,
    /// Posted amount per currency.
    pub volume: Vec<(Currency, AmountMinor)>,
}

/// CSV import. Operators only.
#[async_trait]
pub trait Imports: Send + Sync {
    /// Keeps an uploaded file for a day and returns its id.
    async fn upload(&self, person: &Person, name: &str, bytes: Vec<u8>) -> Result<Uuid, PortError>;
    /// What the file would become with this mapping: the columns, the first rows, the problems found so far.
    async fn preview(
        &self,
        person: &Person,
        upload: Uuid,
        mapping: Option<&ImportMapping>,
    ) -> Result<ImportPreview, PortError>;
    /// Starts (or joins) the import of that file in the background.
    async fn start(&self, person: &Person, upload: Uuid, mapping: &ImportMapping) -> Result<(), PortError>;
    async fn progress(&self, person: &Person, upload: Uuid) -> Result<ImportProgress, PortError>;
    /// The latest imports, newest first.
    async fn latest(&self, person: &Person) -> Result<Vec<ImportProgress>, PortError>;
}

/// How a file's columns become transactions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportMapping {
    pub preset: ImportPreset,
    /// Separates this bank's accounts and ids from another's; part of the id of every row.
    pub bank: String,
    pub currency: String,
    /// The rest is read for [`ImportPreset::Columns`] only: zero-based columns.
    pub delimiter: char,
    pub date_column: usize,
    /// None: nothing said yet, and the file does not decide it by itself (no day exceeds 12).
    pub date_order: Option<DateOrder>,
    pub account_column: usize,
    pub amount_column: usize,
    pub balance_column: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportPreset {
    /// `transaction_date;account;transaction_value;balance`, dd/mm/yyyy, signed amounts.
    StudentBank,
    /// The PKDD'99 "Berka" transactions: Czech codes, YYMMDD, CRLF, quoted.
    Berka,
    Columns,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    DayMonthYear,
    MonthDayYear,
    YearMonthDay,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportPreview {
    pub upload: Uuid,
    pub file_name: String,
    /// What was guessed or given; the form starts from it.
    pub mapping: ImportMapping,
    pub headers: Vec<String>,
    /// The first lines as they are, split.
    pub sample: Vec<Vec<String>>,
    /// The first rows as they would be booked.
    pub rows: Vec<ImportRow>,
    pub good: u64,
    pub bad: u64,
    pub accounts: u64,
    pub problems: Vec<ImportProblem>,
    /// The date order must be asked for before starting.
    pub date_order_unclear: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    pub line: u64,
    pub account: String,
    pub date: NaiveDate,
    pub kind: TransactionKind,
    pub amount_minor: AmountMinor,
}

/// A line that was not taken, or was taken with a warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportProblem {
    pub line: u64,
    pub code: ImportProblemCode,
    /// The offending text, shortened.
    pub text: String,
    pub warning: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportProblemCode {
    BadDate,
    BadAmount,
    ZeroAmount,
    BadAccount,
    MissingColumn,
    Unreadable,
    /// The file's running balance disagrees with the sum of its rows. A warning, never a rejection.
    BalanceDiffers,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportProgress {
    pub upload: Uuid,
    pub file_name: String,
    pub state: ImportState,
    pub total: u64,
    pub sent: u64,
    pub added: u64,
    pub already_there: u64,
    pub refused: u64,
    pub bad: u64,
    pub overdrawn_accounts: u64,
    pub problems: Vec<ImportProblem>,
    pub started_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    Uploaded,
    Running,
    Done,
    Failed,
}

/// People, credentials, sessions.
#[async_trait]
pub trait Identity: Send + Sync {
    /// Checks name and password, throttled per name and address; a new session's secret on success.
    async fn sign_in(&self, username: &str, password: &str, address: &str) -> Result<SignIn, PortError>;
    /// Signs a demo person in by name; only in demo mode.
    async fn sign_in_demo(&self, username: &str) -> Result<SignIn, PortError>;
    /// The demo people, empty outside demo mode.
    async fn demo_people(&self) -> Vec<Person>;
    async fn sign_out(&self, session: &str) -> Result<(), PortError>;
    async fn sign_out_everywhere(&self, person: &Person) -> Result<(), PortError>;
    /// False if the current password is wrong. All other sessions end.
    async fn change_password(
        &self,
        person: &Person,
        session: &str,
        current: &str,
        new: &str,
    ) -> Result<bool, PortError>;
    async fn sessions(&self, person: &Person, session: &str) -> Result<Vec<SessionView>, PortError>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// The secret for the session cookie.
    Welcome { session: String, person: Person },
    /// One answer for an unknown name, a wrong password, a disabled person.
    Wrong,
    /// Too many failures: wait this long.
    Throttled { seconds: u64 },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    pub created_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub current: bool,
}

/// The operator's view of the machine room. Operators only (analysts may read lag).
#[async_trait]
pub trait Operations: Send + Sync {
    async fn partitions(&self, person: &Person) -> Result<Vec<PartitionView>, PortError>;
    async fn dead_letters(
        &self,
        person: &Person,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<DeadLetterView>, PortError>;
    async fn dead_letter(&self, person: &Person, partition: i32, offset: i64) -> Result<DeadLetterView, PortError>;
}

#[derive(Debug, Clone, PartialEq)]
pub struct PartitionView {
    pub partition: i32,
    pub epoch: i64,
    /// The next command offset to decide.
    pub applied: i64,
    /// The log's end; none when the broker does not answer.
    pub end: Option<i64>,
    /// Seconds since the append time of the first undecided command; 0 when none.
    pub lag_seconds: Option<f64>,
    pub halted: Option<String>,
    pub unannounced: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterView {
    /// Order of arrival, for paging.
    pub seq: i64,
    pub partition: i32,
    pub offset: i64,
    pub recorded_at: DateTime<Utc>,
    pub reason: domain::fact::DeadLetterReason,
    pub detail: String,
    pub length: i64,
    pub sha256: String,
    /// First bytes of the value, at most 64 KB; empty in lists.
    pub head: Vec<u8>,
}

/// Unfinished work: what was typed into a form that was not accepted. Deleted after a day; no rule reads it.
#[async_trait]
pub trait Drafts: Send + Sync {
    /// Keeps values (never passwords) and the problems found; returns the form id for `?form=ID`.
    async fn keep(&self, owner: &str, draft: &Draft) -> Result<Uuid, PortError>;
    /// Only for the owner that kept it.
    async fn take(&self, owner: &str, id: Uuid) -> Result<Option<Draft>, PortError>;
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub values: Vec<(String, String)>,
    /// (field, code); the sentence stands in the translations.
    pub problems: Vec<(String, String)>,
}
