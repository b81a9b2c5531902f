//! Policies and models changed at run time: through the log, by several workers at once, across crashes and a rebuild.

use crate::policies::model_bytes;
use crate::support::{TestBank, config_like};
use crate::worker::{RunningWorker, WorkerBank, until};
use detection::policy::Policy;
use domain::control::CONTROL_PARTITION;
use domain::fact::{Fact, FactBody};
use server::control::{Answer, Control};
use server::kafka::command_producer::Source;
use server::kafka::tail::Tail;
use server::store::policy::{Versions, current_versions, load_model, load_policy};
use std::collections::BTreeSet;
use std::time::Instant;
use uuid::Uuid;

/// A desk with its feed, and two workers.
async fn desk(bank: &WorkerBank) -> (Control, Tail, [RunningWorker; 2]) {
    let (control, tail) = Control::alone(&bank.bank.config, bank.bank.store.clone()).await.unwrap();
    (control, tail, [bank.start_worker(), bank.start_worker()])
}

fn policy(cap: u32) -> String {
    serde_json::to_string(&Policy { model_cap: cap, ..Policy::default() }).unwrap()
}

/// The control log's facts, each position once, in the order they appeared first.
async fn control_facts(bank: &WorkerBank) -> Vec<Fact> {
    let mut seen = BTreeSet::new();
    let facts = bank.facts().await.into_iter();
    facts.filter(|fact| fact.position.partition == CONTROL_PARTITION && seen.insert(fact.position)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_apply_each_change_once_and_in_order_and_whoever_waits_is_told() {
    let bank = WorkerBank::new().await;
    let (control, _tail, workers) = desk(&bank).await;
    for cap in 50..60 {
        let begun = Instant::now();
        let answer = control.change_policy(policy(cap), "a test", None).await.unwrap();
        assert_eq!(answer, Answer::InForce(i64::from(cap) - 48), "after {:?}", begun.elapsed());
    }
    let pool = bank.bank.store.pool();
    for (version, cap) in (2..12).zip(50..60) {
        let stored = load_policy(pool, version).await.unwrap();
        assert_eq!((stored.version, stored.model_cap), (version.unsigned_abs(), cap));
    }
    assert_eq!(current_versions(pool).await.unwrap(), Versions { policy: 11, model: 0 });
    for worker in workers {
        worker.stop().await;
    }
    let offsets: Vec<i64> = control_facts(&bank).await.iter().map(|fact| fact.position.offset).collect();
    assert_eq!(offsets, (0..10).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_in_force_is_refused_by_its_field_and_the_old_stays() {
    let bank = WorkerBank::new().await;
    let (control, _tail, workers) = desk(&bank).await;
    let refused = |field: &str, said: &str| Answer::Refused { field: field.to_owned(), said: said.to_owned() };
    let mut wrong: serde_json::Value = serde_json::from_str(&policy(50)).unwrap();
    wrong["rules"]["velocity"]["parameters"]["count"] = 1.into();
    let answer = control.change_policy(wrong.to_string(), "a test", None).await.unwrap();
    assert_eq!(answer, refused("rules.velocity.parameters.count", "must be 2 to 50"));
    let answer = control.change_policy(policy(50), "  ", None).await.unwrap();
    assert_eq!(answer, refused("reason", "must be 1 to 500 characters"));
    let answer = control.promote_model(&model_bytes(150), "a test", None).await.unwrap();
    assert_eq!(answer, Answer::InForce(1));
    control.promote_model(b"{}", "a test", None).await.unwrap_err();
    // Damaged between the check and the command, or put there by another version.
    let pool = bank.bank.store.pool();
    sqlx::raw_sql("insert into model_file (sha256, bytes) values (sha256('{}'), '{}')").execute(pool).await.unwrap();
    let producer = server::kafka::control_log::ControlProducer::new(&bank.bank.config).unwrap();
    let broken = domain::control::PromoteModel {
        sha256: Some("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a".to_owned()),
        reason: "a test".to_owned(),
        person: None,
    };
    let broken = domain::control::ControlCommand::PromoteModel(broken);
    let offset = producer.send(Uuid::now_v7(), Source::Operator, &broken).await.unwrap();
    until("it is refused", || async {
        control_facts(&bank).await.iter().any(|fact| {
            fact.position.offset == offset && matches!(&fact.body, FactBody::ChangeRefused(no) if no.field == "file")
        })
    })
    .await;
    assert_eq!(current_versions(pool).await.unwrap(), Versions { policy: 1, model: 1 });
    assert!(load_model(pool, 1).await.unwrap().is_some());
    assert_eq!(control.retire_model("a test", None).await.unwrap(), Answer::InForce(2));
    assert!(load_model(pool, 2).await.unwrap().is_none());
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_the_control_log_is_a_dead_letter_and_stops_nothing() {
    let bank = WorkerBank::new().await;
    let mut strange = bank.bank.config.clone();
    strange.command_secret = "another secret of more than 32 characters".into();
    let forger = server::kafka::control_log::ControlProducer::new(&strange).unwrap();
    let change = domain::control::ChangePolicy { policy: policy(1), reason: "mine".to_owned(), person: None };
    let change = domain::control::ControlCommand::ChangePolicy(change);
    forger.send(Uuid::now_v7(), Source::Operator, &change).await.unwrap();
    let (control, _tail, workers) = desk(&bank).await;
    assert_eq!(control.change_policy(policy(50), "a test", None).await.unwrap(), Answer::InForce(2));
    let letter: (i16, i64, String) = sqlx::query_as("select partition, command_offset, reason from dead_letter")
        .fetch_one(bank.bank.store.pool())
        .await
        .unwrap();
    assert_eq!(letter, (-1, 0, "bad_signature".to_owned()));
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_that_a_crash_left_unsaid_are_said_by_the_next_worker() {
    let bank = WorkerBank::new().await;
    let pool = bank.bank.store.pool();
    sqlx::raw_sql(
        "create table kept as select * from announcement;
         create function keep() returns trigger language plpgsql as
             $$ begin insert into kept select new.*; return new; end $$;
         create trigger keep before insert on announcement for each row execute function keep()",
    )
    .execute(pool)
    .await
    .unwrap();
    let (control, _tail, [first, second]) = desk(&bank).await;
    for cap in [50, 51] {
        control.change_policy(policy(cap), "a test", None).await.unwrap();
    }
    first.stop().await;
    second.stop().await;
    // As after a crash between commit and announcing; the facts come twice and are known by their positions.
    sqlx::raw_sql("alter table announcement disable trigger keep; truncate announcement; insert into announcement select * from kept")
        .execute(pool)
        .await
        .unwrap();
    let before = bank.facts().await.len();
    let worker = bank.start_worker();
    until("they are said", || async { bank.facts().await.len() >= before + 2 }).await;
    until("and done with", || async {
        sqlx::query_scalar::<_, i64>("select count(*) from announcement").fetch_one(pool).await.unwrap() == 0
    })
    .await;
    worker.stop().await;
    assert_eq!(control_facts(&bank).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_is_rebuilt_with_every_version_and_names_the_file_that_is_missing() {
    let bank = WorkerBank::new().await;
    let (control, _tail, workers) = desk(&bank).await;
    bank.open("CASH-EUR", 0).await;
    bank.open("C1", 0).await;
    let bytes = model_bytes(150);
    assert_eq!(
        control.change_policy(policy(50), "a test", Some(Uuid::from_u128(3))).await.unwrap(),
        Answer::InForce(2)
    );
    assert_eq!(control.promote_model(&bytes, "a test", None).await.unwrap(), Answer::InForce(1));
    for worker in workers {
        worker.stop().await;
    }
    let empty = TestBank::with_kafka().await;
    let prefix = format!("--topic-prefix={}", bank.bank.config.topic_prefix);
    let config = config_like(&empty.config, &[&prefix]);
    server::rebuild::run(&config, false, |_| {}).await.unwrap();
    let (from, to) = (bank.bank.store.pool(), empty.store.pool());
    for table in ["policy", "model", "fence"] {
        // Epochs differ: the rebuild raised them.
        let sql = format!("select to_jsonb(t) - 'epoch' - 'updated_at' from {table} t order by 1");
        let sql = || sqlx::query_scalar::<_, serde_json::Value>(sqlx::AssertSqlSafe(sql.clone()));
        assert_eq!(sql().fetch_all(to).await.unwrap(), sql().fetch_all(from).await.unwrap(), "{table}");
    }
    assert!(load_model(to, 1).await.is_err());
    assert!(empty.store.missing_model_file().await.unwrap().is_some());
    server::control::add_model_file(&empty.store, &bytes).await.unwrap();
    assert!(load_model(to, 1).await.unwrap().is_some());
    // And a worker goes on from there.
    let stop = tokio_util::sync::CancellationToken::new();
    let worker = tokio::spawn(server::worker::run(config.clone(), stop.clone()));
    let (control, _tail) = Control::alone(&config, empty.store.clone()).await.unwrap();
    assert_eq!(control.change_policy(policy(51), "a test", None).await.unwrap(), Answer::InForce(3));
    stop.cancel();
    worker.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_backup_is_refused_where_its_changes_were_published_already() {
    let bank = WorkerBank::new().await;
    let (control, _tail, workers) = desk(&bank).await;
    control.change_policy(policy(50), "a test", None).await.unwrap();
    for worker in workers {
        worker.stop().await;
    }
    let pool = bank.bank.store.pool();
    sqlx::raw_sql("delete from policy; update fence set next_offset = 0, last_sha256 = null where partition = -1")
        .execute(pool)
        .await
        .unwrap();
    let worker = bank.start_worker();
    until("it is halted", || async {
        let halted: Option<String> =
            sqlx::query_scalar("select halted from fence where partition = -1").fetch_one(pool).await.unwrap();
        halted.is_some_and(|said| said.starts_with("old-backup"))
    })
    .await;
    worker.stop().await;
    assert_eq!(current_versions(pool).await.unwrap().policy, 1);
}
