//! What the pages asked for, from what the other rooms provide: the store reads, the gateway acts.

use crate::explanation;
use crate::gateway::Gateway;
use crate::kafka::command_log::{CommandLog, LogEnd};
use crate::store::Store;
use crate::store::policy::{NO_MODEL, Versions};
use app::language::Language;
use app::ports::alerts::{AlertDetail, AlertPage, AlertQuery, Labelled, Settle, Settled};
use app::ports::{
    AccountTypeTotal, BalanceCurve, DateRange, DeadLetterView, MinuteTotal, NewestQuery, Opened, OverviewTotals,
    PartitionView, PayingRight, Payment, Person, PortError, Role, StatementPage, StatementQuery, Submission, Window,
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use detection::counterfactual::Counterfactual;
use detection::evidence::Evidence;
use domain::command::FraudLabel;
use domain::fact::RiskVerdict;
use domain::view::{AccountView, ResumeToken, TransactionView};
use domain::{AccountNumber, Currency};
use uuid::Uuid;

/// Reads from the store, acts through the gateway.
#[derive(Clone)]
pub struct Bank {
    pub store: Store,
    pub gateway: Gateway,
}

impl Bank {
    /// By the policy and the model that decided; none where they cannot be read any more.
    async fn counterfactual(&self, evidence: Evidence, detail: &AlertDetail) -> Option<Counterfactual> {
        let versions = Versions { policy: detail.policy_version?, model: detail.model_version.unwrap_or(NO_MODEL) };
        let decided_by = self.store.policy_and_model(versions).await;
        let (policy, model) =
            decided_by.inspect_err(|error| tracing::warn!(%error, "an alert cannot be scored again")).ok()?;
        // Hundreds of amounts may be tried.
        tokio::task::spawn_blocking(move || evidence.counterfactual(&policy, model.as_deref())).await.ok().flatten()
    }
}

#[async_trait]
impl app::ports::Accounts for Bank {
    async fn list(&self, person: &Person, limit: i64) -> Result<(Vec<AccountView>, ResumeToken), PortError> {
        self.store.account_list(person, limit).await
    }

    async fn one(&self, person: &Person, account: &AccountNumber) -> Result<(AccountView, ResumeToken), PortError> {
        self.store.account(person, account).await
    }

    async fn paying_right(&self, person: &Person, account: &AccountNumber) -> Result<Option<PayingRight>, PortError> {
        self.store.paying_right(person, account).await
    }

    async fn statement(&self, person: &Person, query: &StatementQuery) -> Result<StatementPage, PortError> {
        self.store.statement(person, query).await
    }

    async fn balance_curve(
        &self,
        person: &Person,
        account: &AccountNumber,
        range: DateRange,
        points: usize,
    ) -> Result<BalanceCurve, PortError> {
        self.store.balance_curve(person, account, range, points).await
    }

    async fn open(&self, person: &Person, command_id: Uuid, currency: Currency) -> Result<Opened, PortError> {
        self.gateway.open(person, command_id, currency).await
    }
}

#[async_trait]
impl app::ports::Transactions for Bank {
    async fn submit(&self, right: &PayingRight, payment: &Payment) -> Result<Submission, PortError> {
        self.gateway.submit(right, payment).await
    }

    async fn status(&self, person: &Person, id: Uuid) -> Result<(TransactionView, ResumeToken), PortError> {
        self.store.transaction(person, id).await
    }

    async fn settled_at(&self, person: &Person, id: Uuid) -> Result<Option<DateTime<Utc>>, PortError> {
        self.store.settled_at(person, id).await
    }

    async fn newest(
        &self,
        person: &Person,
        query: &NewestQuery,
    ) -> Result<(Vec<TransactionView>, ResumeToken), PortError> {
        self.store.newest(person, query).await
    }
}

#[async_trait]
impl app::ports::alerts::Alerts for Bank {
    async fn list(&self, person: &Person, query: &AlertQuery) -> Result<AlertPage, PortError> {
        self.store.alerts(person, query).await
    }

    async fn one(&self, person: &Person, id: Uuid, language: Language) -> Result<AlertDetail, PortError> {
        let (detail, evidence) = self.store.alert(person, id).await?;
        let evidence = Evidence::from_json(&evidence)
            .inspect_err(|error| tracing::warn!(%error, %id, "an alert's evidence cannot be read"));
        let Ok(evidence) = evidence else { return Ok(detail) };
        let counterfactual = self.counterfactual(evidence.clone(), &detail).await;
        let explanation = Some(explanation::of(&detail.alert, &evidence, counterfactual, language));
        Ok(AlertDetail { explanation, ..detail })
    }

    async fn open_count(&self, person: &Person) -> Result<i64, PortError> {
        self.store.open_alerts(person).await
    }

    fn verdict(&self, verdict: RiskVerdict, language: Language) -> &'static str {
        explanation::verdict(verdict, language)
    }

    async fn settle(&self, person: &Person, id: Uuid, how: Settle) -> Result<Settled, PortError> {
        self.gateway.settle(person, id, how).await
    }

    async fn label(&self, person: &Person, id: Uuid, label: FraudLabel) -> Result<Labelled, PortError> {
        self.gateway.label(person, id, label).await
    }
}

#[async_trait]
impl app::ports::Overview for Store {
    async fn per_minute(&self, person: &Person, minutes: i64) -> Result<Vec<MinuteTotal>, PortError> {
        Store::per_minute(self, person, minutes).await
    }

    async fn by_account_and_type(&self, person: &Person, window: Window) -> Result<Vec<AccountTypeTotal>, PortError> {
        Store::by_account_and_type(self, person, window).await
    }

    async fn totals(&self, person: &Person, window: Window) -> Result<OverviewTotals, PortError> {
        Store::totals(self, person, window).await
    }
}

/// The machine room: the store's fences beside the log's ends.
pub struct MachineRoom {
    pub store: Store,
    pub log: CommandLog,
}

#[async_trait]
impl app::ports::Operations for MachineRoom {
    async fn partitions(&self, person: &Person) -> Result<Vec<PartitionView>, PortError> {
        if person.role == Role::Customer {
            return Err(PortError::Forbidden);
        }
        let rows = self.store.partitions().await.map_err(|_| PortError::Unavailable)?;
        let of_commands = rows.iter().filter(|row| row.partition >= 0);
        let applied = of_commands.map(|row| (i32::from(row.partition), row.next_offset)).collect();
        let ends = self.log.ends(applied).await;
        let now = Utc::now().timestamp_millis();
        let view = |row: crate::store::operations::PartitionRow| {
            let partition = i32::from(row.partition);
            let end = ends.get(&partition);
            let waits_since = |log: &LogEnd| log.first_undecided_ms.filter(|_| log.end > row.next_offset);
            let lag_seconds =
                end.map(|log| waits_since(log).map_or(0.0, |since| (now - since).max(0) as f64 / 1_000.0));
            PartitionView {
                partition,
                epoch: row.epoch,
                applied: row.next_offset,
                end: end.map(|log| log.end),
                lag_seconds,
                halted: row.halted,
                unannounced: row.unannounced,
            }
        };
        // bank.control is shown only when it needs somebody.
        Ok(rows.into_iter().filter(|row| row.partition >= 0 || row.halted.is_some()).map(view).collect())
    }

    async fn dead_letters(
        &self,
        person: &Person,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<DeadLetterView>, PortError> {
        self.store.dead_letters(person, before, limit).await
    }

    async fn dead_letter(&self, person: &Person, partition: i32, offset: i64) -> Result<DeadLetterView, PortError> {
        self.store.dead_letter(person, partition, offset).await
    }
}

/// The machine's clock and the bank's time zone.
pub struct SystemClock(pub chrono_tz::Tz);

impl app::ports::Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn time_zone(&self) -> chrono_tz::Tz {
        self.0
    }
}
