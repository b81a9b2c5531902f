//! Signing in: who gets in, who does not, how often, and how sessions end.

use crate::ledger_rows::person;
use crate::support::TestBank;
use app::ports::{Draft, Drafts as _, Identity as _, Person, PortError, Role, SignIn};
use server::identity::{Identities, hash_password};
use server::store::Touch;

async fn with_password(bank: &TestBank, username: &str, password: &str) -> Person {
    let hash = hash_password(password).unwrap();
    bank.store.add_person(username, username, Role::Customer, &hash, false).await.unwrap()
}

async fn session(identities: &Identities, username: &str, password: &str) -> Option<String> {
    match identities.sign_in(username, password, "192.0.2.1").await.unwrap() {
        SignIn::Welcome { session, .. } => Some(session),
        SignIn::Wrong | SignIn::Throttled { .. } => None,
    }
}

#[tokio::test]
async fn only_the_right_password_of_an_enabled_person_opens_a_session() {
    let bank = TestBank::new().await;
    let identities = Identities::new(bank.store.clone(), false).unwrap();
    let alice = with_password(&bank, "alice", "correct horse battery").await;
    assert_eq!(identities.sign_in("alice", "wrong", "192.0.2.1").await.unwrap(), SignIn::Wrong);
    assert_eq!(identities.sign_in("nobody", "wrong", "192.0.2.1").await.unwrap(), SignIn::Wrong);
    let secret = session(&identities, " Alice ", "correct horse battery").await.unwrap();
    assert_eq!(bank.store.session_person(&secret, Touch::Yes).await.unwrap(), Some(alice));
    assert_eq!(bank.store.session_person("guessed", Touch::Yes).await.unwrap(), None);
    bank.store.set_disabled("alice", true).await.unwrap();
    assert_eq!(bank.store.session_person(&secret, Touch::No).await.unwrap(), None);
    assert_eq!(session(&identities, "alice", "correct horse battery").await, None);
    bank.store.set_disabled("alice", false).await.unwrap();
    assert!(session(&identities, "alice", "correct horse battery").await.is_some());
}

/// Failures as if they had just happened, and went on happening however slow this machine is.
async fn failures(bank: &TestBank, subject: &str, count: i32) {
    let query =
        sqlx::query("insert into sign_in_failure select $1, now() + interval '1 hour' from generate_series(1, $2)");
    query.bind(subject).bind(count).execute(bank.store.pool()).await.unwrap();
}

#[tokio::test]
async fn after_five_guesses_even_the_right_password_waits() {
    let bank = TestBank::new().await;
    let identities = Identities::new(bank.store.clone(), false).unwrap();
    for (username, guesses, waits) in [("alice", 4, false), ("bob", 5, true)] {
        with_password(&bank, username, "correct horse battery").await;
        failures(&bank, &format!("name:{username}"), guesses).await;
        let answer = identities.sign_in(username, "correct horse battery", "192.0.2.2").await.unwrap();
        assert_eq!(matches!(answer, SignIn::Throttled { seconds: 1.. }), waits, "{username}: {answer:?}");
    }
    failures(&bank, "address:192.0.2.9", 20).await;
    let answer = identities.sign_in("alice", "correct horse battery", "192.0.2.9").await.unwrap();
    assert!(matches!(answer, SignIn::Throttled { .. }), "{answer:?}");
}

#[tokio::test]
async fn a_crowd_of_guesses_at_once_gets_no_more_tries_than_one_after_the_other() {
    let bank = TestBank::new().await;
    let identities = Identities::new(bank.store.clone(), false).unwrap();
    with_password(&bank, "alice", "correct horse battery").await;
    failures(&bank, "name:alice", 3).await;
    let guesses = (0..20).map(|guess| {
        let identities = identities.clone();
        async move { identities.sign_in("alice", &format!("guess {guess}"), "192.0.2.1").await }
    });
    let answers = futures::future::join_all(guesses).await;
    let tried = answers.iter().filter(|answer| matches!(answer, Ok(SignIn::Wrong))).count();
    assert_eq!(tried, 2);
}

#[tokio::test]
async fn success_forgets_the_failures_of_the_name() {
    let bank = TestBank::new().await;
    let identities = Identities::new(bank.store.clone(), false).unwrap();
    with_password(&bank, "alice", "correct horse battery").await;
    for _ in 0..3 {
        for guess in 0..4 {
            let address = format!("192.0.2.{guess}");
            assert_eq!(identities.sign_in("alice", "wrong", &address).await.unwrap(), SignIn::Wrong);
        }
        assert!(session(&identities, "alice", "correct horse battery").await.is_some());
    }
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let bank = TestBank::new().await;
    let identities = Identities::new(bank.store.clone(), false).unwrap();
    let alice = with_password(&bank, "alice", "correct horse battery").await;
    let here = session(&identities, "alice", "correct horse battery").await.unwrap();
    let there = session(&identities, "alice", "correct horse battery").await.unwrap();
    assert!(!identities.change_password(&alice, &here, "wrong", "a new long password").await.unwrap());
    assert!(identities.change_password(&alice, &here, "correct horse battery", "a new long password").await.unwrap());
    assert!(bank.store.session_person(&here, Touch::Yes).await.unwrap().is_some());
    assert_eq!(bank.store.session_person(&there, Touch::Yes).await.unwrap(), None);
    assert_eq!(session(&identities, "alice", "correct horse battery").await, None);
    let sessions = identities.sessions(&alice, &here).await.unwrap();
    assert_eq!(sessions.iter().map(|session| session.current).collect::<Vec<_>>(), [true]);
    identities.sign_out_everywhere(&alice).await.unwrap();
    assert_eq!(bank.store.session_person(&here, Touch::Yes).await.unwrap(), None);
}

#[tokio::test]
async fn a_session_ends_after_half_an_hour_of_silence_and_after_twelve_hours_of_work() {
    let bank = TestBank::new().await;
    let identities = Identities::new(bank.store.clone(), false).unwrap();
    with_password(&bank, "alice", "correct horse battery").await;
    for (column, over, within) in
        [("seen_at", "31 minutes", "29 minutes"), ("created_at", "12 hours 1 minute", "11 hours 59 minutes")]
    {
        let secret = session(&identities, "alice", "correct horse battery").await.unwrap();
        for (age, valid) in [(within, true), (over, false)] {
            let sql = format!("update session set {column} = now() - $1::text::interval");
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(age).execute(bank.store.pool()).await.unwrap();
            let found = bank.store.session_person(&secret, Touch::No).await.unwrap();
            assert_eq!(found.is_some(), valid, "{column} {age} ago");
        }
        bank.store.sweep().await.unwrap();
        let left: i64 = sqlx::query_scalar("select count(*) from session").fetch_one(bank.store.pool()).await.unwrap();
        assert_eq!(left, 0);
    }
}

#[tokio::test]
async fn only_a_request_of_the_person_keeps_a_session_alive() {
    let bank = TestBank::new().await;
    let identities = Identities::new(bank.store.clone(), false).unwrap();
    with_password(&bank, "alice", "correct horse battery").await;
    let secret = session(&identities, "alice", "correct horse battery").await.unwrap();
    for (touch, kept_alive) in [(Touch::No, false), (Touch::Yes, true)] {
        let age = sqlx::query("update session set seen_at = now() - interval '20 minutes'");
        age.execute(bank.store.pool()).await.unwrap();
        assert!(bank.store.session_person(&secret, touch).await.unwrap().is_some());
        let query = sqlx::query_scalar("select seen_at > now() - interval '1 minute' from session");
        let seen: bool = query.fetch_one(bank.store.pool()).await.unwrap();
        assert_eq!(seen, kept_alive, "{touch:?}");
    }
}

#[tokio::test]
async fn demo_people_sign_in_by_name_in_demo_mode_only() {
    let bank = TestBank::new().await;
    bank.store.add_person("demo-ann", "Ann", Role::Analyst, "-", true).await.unwrap();
    person(&bank.store, "real-ann", Role::Analyst).await;
    let demo = Identities::new(bank.store.clone(), true).unwrap();
    assert!(matches!(demo.sign_in_demo("demo-ann").await.unwrap(), SignIn::Welcome { .. }));
    assert_eq!(demo.sign_in_demo("real-ann").await.unwrap(), SignIn::Wrong);
    assert_eq!(demo.demo_people().await.len(), 1);
    let plain = Identities::new(bank.store.clone(), false).unwrap();
    assert_eq!(plain.sign_in_demo("demo-ann").await.unwrap_err(), PortError::Forbidden);
    assert!(plain.demo_people().await.is_empty());
}

#[tokio::test]
async fn a_draft_is_found_only_by_who_kept_it() {
    let bank = TestBank::new().await;
    let draft = Draft {
        values: vec![("amount".to_owned(), "12,3x".to_owned())],
        problems: vec![("amount".to_owned(), "not_a_number".to_owned())],
    };
    let id = bank.store.keep("alice", &draft).await.unwrap();
    assert_eq!(bank.store.take("alice", id).await.unwrap(), Some(draft));
    assert_eq!(bank.store.take("bob", id).await.unwrap(), None);
}

#[tokio::test]
async fn a_name_is_taken_once_and_must_be_well_formed() {
    let bank = TestBank::new().await;
    person(&bank.store, "alice", Role::Customer).await;
    let again = bank.store.add_person("alice", "Alice", Role::Customer, "-", false).await;
    assert_eq!(again.unwrap_err().to_string(), "there is already somebody named alice");
    assert!(bank.store.add_person("Ali ce", "Alice", Role::Customer, "-", false).await.is_err());
    assert!(bank.store.set_role("nobody", Role::Analyst).await.is_err());
}
