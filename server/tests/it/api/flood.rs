//! Many at once: who has no key is slowed, who has one is served.

use super::caller::Caller;
use super::{Scene, transfer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn under_a_flood_of_wrong_keys_an_honest_one_is_answered_and_the_database_is_not_asked() {
    let scene = Scene::new().await;
    let honest = scene.caller(&["C1"]).await;
    let over = Arc::new(AtomicBool::new(false));
    let (limited, denied) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let flood: Vec<_> = (0..8)
        .map(|_| {
            let (over, limited, denied) = (Arc::clone(&over), Arc::clone(&limited), Arc::clone(&denied));
            let address = Caller::new(&scene.node, "vk_00000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
            tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    let answer = address.pay(Uuid::now_v7(), &transfer(1)).await;
                    let count = match answer.status {
                        429 => {
                            assert!(answer.header("retry-after").is_some() && answer.header("ratelimit").is_some());
                            &limited
                        }
                        401 => &denied,
                        status => panic!("{status}"),
                    };
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let (started, mut served) = (Instant::now(), 0);
    while started.elapsed() < Duration::from_secs(3) {
        let answer = honest.pay(Uuid::now_v7(), &transfer(1)).await;
        assert_eq!((answer.status, &answer.json()["state"]), (201, &serde_json::json!("posted")), "{answer:?}");
        served += 1;
    }
    over.store(true, Ordering::Relaxed);
    for task in flood {
        task.await.unwrap();
    }
    let (limited, denied) = (limited.load(Ordering::Relaxed), denied.load(Ordering::Relaxed));
    assert!(denied <= 20 + 10 * (started.elapsed().as_secs() + 1), "{denied} were looked at");
    assert!(limited > 10 * denied, "{limited} limited, {denied} denied");
    assert_eq!(scene.bank.balance("C2").await, Some(served));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_held_to_its_own_pace_and_hinders_no_other() {
    let scene = Scene::new().await;
    let slow = scene.caller_with(&["C1"], |key| (key.rate, key.burst) = (1, 5)).await;
    let quick = scene.caller(&["C1"]).await;
    let body = transfer(1);
    let answers = futures::future::join_all((0..20).map(|_| slow.pay(Uuid::now_v7(), &body))).await;
    let limited: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!((14..=19).contains(&limited.len()), "{answers:?}");
    assert!(limited.iter().all(|answer| answer.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1));
    assert!(limited.iter().all(|answer| answer.header("ratelimit-policy") == Some("\"default\";q=5;w=5")));
    let answers = futures::future::join_all((0..20).map(|_| quick.pay(Uuid::now_v7(), &body))).await;
    assert!(answers.iter().all(|answer| answer.status == 201), "{answers:?}");
}
