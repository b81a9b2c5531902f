//! Policies and models by version in the tables: which are current, and what a version that cannot be used says.

use crate::support::TestBank;
use detection::model::calibration::Calibration;
use detection::model::file::{FORMAT, VERSION};
use detection::model::{ModelFile, Recipe, Samples, Window, train};
use detection::policy::Policy;
use server::store::policy::{
    CURRENT_VERSIONS_SQL, LoadError, Versions, current_versions, load_model, load_policy, versions_of,
};
use sha2::{Digest as _, Sha256};

/// A model of two features, told frauds by the amount.
pub fn model_bytes(edge: u32) -> Vec<u8> {
    let mut samples = Samples::new(2);
    for n in 0..200 {
        samples.push(&[f64::from(n), f64::from(n % 7)], n > edge).unwrap();
    }
    let recipe = Recipe { trees: 2, depth: 2, ..Recipe::default() };
    let file = ModelFile {
        format: FORMAT.to_owned(),
        version: VERSION,
        about: "for tests".to_owned(),
        trained_on: Window { data: "synthetic".to_owned(), from_ms: 0, until_ms: 1, rows: 200, frauds: 50 },
        calibrated_on: None,
        recipe,
        figures: Default::default(),
        calibration: Calibration::default(),
        features: vec!["TX_AMOUNT".to_owned(), "hour".to_owned()],
        trees: train(&samples, &recipe, &mut |_| {}).unwrap(),
    };
    file.to_bytes().unwrap()
}

#[tokio::test]
async fn an_empty_bank_decides_by_the_built_in_policy_and_no_model() {
    let bank = TestBank::new().await;
    let pool = bank.store.pool();
    assert_eq!(current_versions(pool).await.unwrap(), Versions { policy: 1, model: 0 });
    assert_eq!(load_policy(pool, 1).await.unwrap(), Policy::default());
    assert!(load_model(pool, 0).await.unwrap().is_none());
    assert!(matches!(load_policy(pool, 2).await, Err(LoadError::NoPolicy(2))));
    assert!(matches!(load_model(pool, 1).await, Err(LoadError::NoModel(1))));
    let sql = sqlx::AssertSqlSafe(format!("select {CURRENT_VERSIONS_SQL}"));
    let row = sqlx::query(sql).fetch_one(pool).await.unwrap();
    assert_eq!(versions_of(&row).unwrap(), Versions { policy: 1, model: 0 });
}

#[tokio::test]
async fn a_model_whose_file_is_not_here_is_an_error_that_names_it_and_a_retired_one_is_none() {
    let bank = TestBank::new().await;
    let pool = bank.store.pool();
    let bytes = model_bytes(150);
    let sha256 = Sha256::digest(&bytes).to_vec();
    let insert = "insert into model (version, sha256, reason, recorded_at) values ($1, $2, 'a test', now())";
    for (version, sha256) in [(1, Some(&sha256)), (2, None)] {
        sqlx::query(insert).bind(version).bind(sha256).execute(pool).await.unwrap();
    }
    assert_eq!(current_versions(pool).await.unwrap(), Versions { policy: 1, model: 2 });
    assert!(load_model(pool, 2).await.unwrap().is_none());
    let missing = load_model(pool, 1).await.unwrap_err().to_string();
    assert!(missing.contains(&domain::hex::hex(&sha256)), "{missing}");
    let insert = sqlx::query("insert into model_file (sha256, bytes) values ($1, $2)");
    insert.bind(&sha256).bind(&bytes).execute(pool).await.unwrap();
    assert_eq!(**load_model(pool, 1).await.unwrap().unwrap().id(), *domain::hex::hex(&sha256));
}

#[tokio::test]
async fn a_stored_policy_is_read_as_it_was_written() {
    let bank = TestBank::new().await;
    let policy = Policy { version: 2, model_cap: 70, ..Policy::default() };
    let insert = sqlx::query("insert into policy (version, body, reason, recorded_at) values (2, $1, 'a test', now())");
    insert.bind(serde_json::to_string(&policy).unwrap()).execute(bank.store.pool()).await.unwrap();
    assert_eq!(current_versions(bank.store.pool()).await.unwrap(), Versions { policy: 2, model: 0 });
    assert_eq!(load_policy(bank.store.pool(), 2).await.unwrap(), policy);
}
