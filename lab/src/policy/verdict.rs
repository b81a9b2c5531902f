//! What the tables and the facts say of the run, and what is wrong with it.

use super::LIVE_WITHIN_MS;
use super::changes::{Change, FIRST_REVIEW, WRONG_FIELD, What};
use super::group::Owners;
use crate::bank::Bank;
use crate::crash::check::Events;
use crate::db;
use crate::report;
use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

#[cfg(test)]
mod tests;

/// One decided payment.
#[derive(Debug, Clone)]
struct Decided {
    id: Uuid,
    partition: i32,
    /// Which of the two.
    worker: usize,
    offset: i64,
    policy: Option<i64>,
    model: Option<i64>,
    /// As the tables number it, and points × 10⁻⁹.
    verdict: Option<i16>,
    score_e9: Option<i64>,
    /// The database transaction it was booked in.
    batch: i64,
    appended: DateTime<Utc>,
    committed: DateTime<Utc>,
}

/// A version and when it came into force.
#[derive(Debug, Clone, Copy)]
struct Version {
    number: i64,
    appended: DateTime<Utc>,
    committed: DateTime<Utc>,
}

/// What the tables hold.
pub struct Found {
    /// By partition and offset.
    decided: Vec<Decided>,
    policies: Vec<Version>,
    models: Vec<Version>,
}

impl Found {
    pub async fn read(bank: &Bank, owners: &Owners) -> anyhow::Result<Self> {
        let mut connection = db::connect(&bank.database_url).await?;
        let rows = sqlx::query(
            "select id, partition::int as partition, command_offset, policy_version, model_version, verdict, score_e9,
                 xmin::text::bigint as batch, recorded_at, pg_xact_commit_timestamp(xmin) as committed
             from transaction order by partition, command_offset",
        );
        let rows = rows.fetch_all(&mut connection).await?;
        let decided = rows.iter().map(|row| decided(row, owners)).collect::<anyhow::Result<_>>()?;
        let policies = versions(&mut connection, "policy").await?;
        let models = versions(&mut connection, "model").await?;
        Ok(Found { decided, policies, models })
    }
}

fn decided(row: &PgRow, owners: &Owners) -> anyhow::Result<Decided> {
    let partition: i32 = row.try_get("partition")?;
    let worker = owners.values().position(|mine| mine.contains(&partition));
    Ok(Decided {
        id: row.try_get("id")?,
        partition,
        worker: worker.with_context(|| format!("nobody has partition {partition}"))?,
        offset: row.try_get("command_offset")?,
        policy: row.try_get("policy_version")?,
        model: row.try_get("model_version")?,
        verdict: row.try_get("verdict")?,
        score_e9: row.try_get("score_e9")?,
        batch: row.try_get("batch")?,
        appended: row.try_get("recorded_at")?,
        committed: row.try_get("committed")?,
    })
}

async fn versions(connection: &mut PgConnection, table: &str) -> anyhow::Result<Vec<Version>> {
    let sql = format!(
        "select version, recorded_at, pg_xact_commit_timestamp(xmin) as committed from {table} order by version"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(connection).await?;
    let version = |row: &PgRow| -> anyhow::Result<Version> {
        Ok(Version { number: row.try_get(0)?, appended: row.try_get(1)?, committed: row.try_get(2)? })
    };
    rows.iter().map(version).collect()
}

/// One change under load. Milliseconds from the log's append of it.
#[derive(Debug, Serialize)]
pub struct Live {
    pub what: String,
    pub committed_ms: f64,
    /// Until the command line came back.
    pub told_ms: f64,
    pub first_new_ms: f64,
    /// By worker; 0 where nothing was decided without it any more.
    pub last_old_ms: Vec<f64>,
    /// By partition.
    pub last_old_by_partition_ms: BTreeMap<i32, f64>,
    /// Payments appended more than a second after it and decided without it.
    pub late: usize,
}

#[derive(Debug, Default, Serialize)]
pub struct Verdict {
    pub changes: Vec<Live>,
    pub refused: Vec<String>,
    pub decided_by: Vec<u64>,
    pub alerts: usize,
    pub batches: usize,
    pub append_to_commit_ms: Value,
    pub slowest_ms: f64,
    faults: BTreeMap<&'static str, usize>,
    pub examples: Vec<String>,
}

impl Verdict {
    pub fn of(changes: &[Change], sent: &[Uuid], found: &Found, told: &Events) -> Self {
        let mut verdict = Verdict { decided_by: vec![0; 2], ..Verdict::default() };
        let waited: Vec<f64> = found.decided.iter().map(|one| ms(one.committed - one.appended)).collect();
        verdict.append_to_commit_ms = report::summary(&waited);
        for one in &found.decided {
            verdict.decided_by[one.worker] += 1;
        }
        verdict.alerts = found.decided.iter().filter(|one| one.verdict != Some(1)).count();
        let idle = verdict.decided_by.iter().filter(|count| **count == 0).count();
        verdict.fault("workers that decided nothing", idle, String::new);
        verdict.timing(changes, found);
        verdict.once(sent, found, told);
        verdict.versions(found);
        verdict.refusals(changes, found, told);
        verdict
    }

    pub fn faults(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.faults.iter().map(|(name, count)| (*name, *count))
    }

    pub fn holds(&self) -> bool {
        self.slowest_ms <= LIVE_WITHIN_MS && self.faults.values().all(|count| *count == 0)
    }

    /// Counts, so that what was looked for and not found is told, too.
    fn fault(&mut self, name: &'static str, count: usize, example: impl FnOnce() -> String) {
        *self.faults.entry(name).or_default() += count;
        if count > 0 {
            self.examples.push(format!("{name}: {}", example()));
        }
    }

    fn timing(&mut self, changes: &[Change], found: &Found) {
        let mut unknown = 0;
        for change in changes {
            let (name, versions) = match change.what {
                What::Policy(_) => ("policy", &found.policies),
                What::Model => ("model", &found.models),
                What::Bad | What::BadOnTheLog => continue,
            };
            let version = versions.iter().find(|version| Some(version.number) == change.version);
            let Some(version) = version else {
                unknown += 1;
                continue;
            };
            let by_model = change.what == What::Model;
            let names = |one: &Decided| if by_model { one.model.unwrap_or(0) } else { one.policy.unwrap_or(0) };
            self.changes.push(live(name, *version, change.answered, found, &names));
        }
        self.fault("changes not in force", unknown, || format!("{changes:?}"));
        self.slowest_ms =
            self.changes.iter().flat_map(|change| &change.last_old_ms).fold(0.0, |most, ms| most.max(*ms));
        let late = self.changes.iter().map(|change| change.late).sum();
        self.fault("decided by the old a second later", late, String::new);
    }

    fn once(&mut self, sent: &[Uuid], found: &Found, told: &Events) {
        let rows: HashMap<Uuid, &Decided> = found.decided.iter().map(|one| (one.id, one)).collect();
        let undecided = sent.iter().filter(|id| !rows.contains_key(id)).count();
        self.fault("payments without a row", undecided, String::new);
        let mut outcomes: HashMap<Uuid, usize> = HashMap::new();
        let mut otherwise = Vec::new();
        for fact in told.facts.iter().filter(|fact| fact.is_outcome()) {
            let Some(id) = fact.id else { continue };
            *outcomes.entry(id).or_default() += 1;
            let said = fact.judgement.map(|said| {
                (Some(said.policy_version), said.model_version, Some(said.verdict.number()), Some(said.score_e9))
            });
            let stands = rows.get(&id).map(|row| (row.policy, row.model, row.verdict, row.score_e9));
            let place = rows.get(&id).map(|row| (row.partition, row.offset));
            if said != stands || place != Some((fact.position.partition, fact.position.offset)) {
                otherwise.push(format!("{id}: {said:?}, in the table {stands:?}"));
            }
        }
        let doubled = outcomes.values().filter(|count| **count > 1).count();
        self.fault("payments decided twice", doubled, String::new);
        self.fault("payments without a fact", sent.iter().filter(|id| !outcomes.contains_key(id)).count(), String::new);
        self.fault("facts that say another thing", otherwise.len(), || otherwise.concat());
        self.fault("faults of the feed", told.faults.len(), || told.faults.join("; "));
    }

    fn versions(&mut self, found: &Found) {
        let mut batches: HashMap<i64, BTreeSet<_>> = HashMap::new();
        for one in &found.decided {
            batches.entry(one.batch).or_default().insert((one.policy, one.model));
        }
        self.batches = batches.len();
        let mixed: Vec<_> = batches.iter().filter(|(_, versions)| versions.len() > 1).collect();
        self.fault("batches of mixed versions", mixed.len(), || format!("{:?}", mixed.first()));
        let back = found.decided.windows(2).filter(|pair| {
            let (before, after) = (&pair[0], &pair[1]);
            let falls = after.policy < before.policy || after.model < before.model;
            before.partition == after.partition && falls
        });
        self.fault("versions that went back", back.count(), String::new);
        let promoted = found.models.first().map(|model| model.committed + TimeDelta::seconds(1));
        let nameless = found.decided.iter().filter(|one| {
            let modelled = promoted.is_some_and(|promoted| one.committed > promoted);
            one.policy.is_none() || one.verdict.is_none() || one.score_e9.is_none() || (modelled && one.model.is_none())
        });
        self.fault("decisions that do not name their versions", nameless.count(), String::new);
        let by_another: Vec<&Decided> = found.decided.iter().filter(|one| !fits(one)).collect();
        self.fault("verdicts that their policy does not give", by_another.len(), || {
            format!("{:?}", by_another.first())
        });
    }

    fn refusals(&mut self, changes: &[Change], found: &Found, told: &Events) {
        let asked = |what: What| changes.iter().filter(|change| change.what == what).count();
        let said = changes.iter().filter(|change| change.what == What::Bad).map(|change| change.said.clone());
        self.refused.extend(said.filter(|said| said.contains(WRONG_FIELD)));
        let missing = asked(What::Bad).saturating_sub(self.refused.len());
        self.fault("wrong policies the command line took", missing, String::new);
        let refused = told.facts.iter().filter(|fact| fact.fact == "change_refused");
        let by_workers: Vec<_> = refused.filter_map(|fact| fact.field.clone().zip(fact.said.clone())).collect();
        let right = by_workers.iter().filter(|(field, _)| field == WRONG_FIELD).count();
        self.fault("wrong policies the workers took", asked(What::BadOnTheLog).abs_diff(right), String::new);
        self.refused.extend(by_workers.into_iter().map(|(field, said)| format!("bank.control: {field}: {said}")));
        // One stood before the load began.
        let good = 1 + changes.iter().filter(|change| matches!(change.what, What::Policy(_))).count();
        self.fault("policies nobody asked for", good.abs_diff(found.policies.len()), String::new);
    }
}

fn live(name: &str, version: Version, answered: DateTime<Utc>, found: &Found, names: &dyn Fn(&Decided) -> i64) -> Live {
    let since = |moment: DateTime<Utc>| ms(moment - version.appended);
    let mut last_old_ms = vec![0.0_f64; 2];
    let mut by_partition: BTreeMap<i32, f64> = BTreeMap::new();
    let (mut first_new, mut late) = (None::<DateTime<Utc>>, 0);
    for one in &found.decided {
        if names(one) >= version.number {
            first_new = Some(first_new.map_or(one.committed, |first| first.min(one.committed)));
            continue;
        }
        let last = since(one.committed).max(0.0);
        last_old_ms[one.worker] = last_old_ms[one.worker].max(last);
        let of_partition = by_partition.entry(one.partition).or_default();
        *of_partition = of_partition.max(last);
        late += usize::from(since(one.appended) > LIVE_WITHIN_MS);
    }
    Live {
        what: format!("{name} {}", version.number),
        committed_ms: since(version.committed),
        told_ms: since(answered),
        first_new_ms: first_new.map_or(f64::NAN, since),
        last_old_ms,
        last_old_by_partition_ms: by_partition,
        late,
    }
}

/// Whether the verdict is the one that the policy named gives for the score: version 2 was the lab's first.
fn fits(one: &Decided) -> bool {
    let (Some(policy), Some(verdict), Some(score_e9)) = (one.policy, one.verdict, one.score_e9) else { return true };
    let review = i64::from(FIRST_REVIEW) + 5 * (policy - 2);
    verdict == if score_e9 >= review * 1_000_000_000 { 2 } else { 1 }
}

fn ms(span: TimeDelta) -> f64 {
    span.num_microseconds().unwrap_or(i64::MAX) as f64 / 1_000.0
}
