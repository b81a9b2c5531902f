//! The web node from outside: who gets in, what a browser is told, what is refused.

use crate::http::{Answer, Browser, TestNode, parse};
use crate::ledger_rows::{LedgerRows, person};
use crate::support::{TestBank, until};
use app::ports::{Person, Role};
use server::identity::hash_password;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PASSWORD: &str = "correct horse battery";

async fn with_password(bank: &TestBank, username: &str, role: Role) -> Person {
    bank.store.add_person(username, username, role, &hash_password(PASSWORD).unwrap(), false).await.unwrap()
}

async fn signed_in(node: &TestNode, username: &str) -> Browser {
    let mut browser = Browser::new(node);
    let form = format!("username={username}&password={}", PASSWORD.replace(' ', "+"));
    let answer = browser.post("/do/sign_in", &form).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    browser
}

/// Whether the node takes the browser for somebody: an account that nobody has is not found, or to be signed in for.
async fn is_known(browser: &mut Browser) -> bool {
    match browser.get("/accounts/NOBODYS/statement.csv").await.status {
        404 => true,
        303 => false,
        status => panic!("{status}"),
    }
}

#[tokio::test]
async fn signing_in_sets_a_cookie_that_scripts_cannot_read_and_signing_out_ends_it() {
    let bank = TestBank::new().await;
    let node = TestNode::start(&bank, &[]).await;
    with_password(&bank, "alice", Role::Customer).await;
    let mut browser = Browser::new(&node);
    assert!(!is_known(&mut browser).await);
    let answer = browser.post("/do/sign_in", "username=alice&password=wrong").await;
    assert_eq!(answer.status, 303);
    assert!(answer.header("location").unwrap().starts_with("/sign-in?form="), "{answer:?}");
    assert!(browser.cookies.is_empty());
    let answer = browser.post("/do/sign_in", "username=alice&password=correct+horse+battery").await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("session=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    assert!(!cookie.contains("Secure"), "loopback has no TLS");
    assert!(is_known(&mut browser).await);
    let stolen = browser.cookies.clone();
    browser.post("/do/sign_out", "").await;
    assert!(browser.cookies.is_empty());
    browser.cookies = stolen;
    assert!(!is_known(&mut browser).await, "the session is over on the server too");
}

#[tokio::test]
async fn beyond_loopback_the_cookie_is_secure_and_bound_to_the_host() {
    let bank = TestBank::new().await;
    let node = TestNode::start(&bank, &["--listen=0.0.0.0:0"]).await;
    with_password(&bank, "alice", Role::Customer).await;
    let mut browser = Browser::new(&node);
    let answer = browser.post("/do/sign_in", "username=alice&password=correct+horse+battery").await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("__Host-session=") && cookie.contains("; Secure") && cookie.contains("Path=/"),
        "{cookie}"
    );
}

#[tokio::test]
async fn a_post_or_upgrade_from_another_site_is_refused() {
    let bank = TestBank::new().await;
    let node = TestNode::start(&bank, &[]).await;
    with_password(&bank, "alice", Role::Customer).await;
    let mut browser = Browser::new(&node);
    let form = "username=alice&password=correct+horse+battery";
    let content = ("content-type", "application/x-www-form-urlencoded");
    for headers in [vec![content], vec![content, ("origin", "http://evil.example")], vec![content, ("origin", "null")]]
    {
        assert_eq!(browser.send("POST", "/do/sign_in", &headers, form).await.status, 403, "{headers:?}");
    }
    let answer = browser.send("POST", "/do/sign_in", &[content, ("sec-fetch-site", "same-origin")], form).await;
    assert_eq!(answer.status, 303);
    let upgrade = [("connection", "upgrade"), ("upgrade", "websocket"), ("origin", "http://evil.example")];
    assert_eq!(browser.send("GET", "/live", &upgrade, "").await.status, 403);
}

#[tokio::test]
async fn a_form_has_its_size_and_only_operators_may_send_more() {
    let bank = TestBank::new().await;
    let node = TestNode::start(&bank, &[]).await;
    with_password(&bank, "alice", Role::Customer).await;
    let mut browser = signed_in(&node, "alice").await;
    let large = format!("name={}", "x".repeat(70_000));
    assert_eq!(browser.post("/do/set_preference", &large).await.status, 413);
    assert_eq!(browser.post("/do/upload_import", &large).await.status, 413);
}

#[tokio::test]
async fn a_connection_outlives_a_refusal_or_is_said_to_end_with_it() {
    let bank = TestBank::new().await;
    let node = TestNode::start(&bank, &[]).await;
    let mut stream = TcpStream::connect(node.address).await.unwrap();
    let head = |length: usize, more: &str| {
        let host = node.address;
        format!("POST /do/sign_in HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\n{more}\r\n")
    };
    // No origin is given: refused before the body comes, and again.
    for _ in 0..3 {
        stream.write_all(head(10, "").as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(30)).await;
        stream.write_all(b"0123456789").await.unwrap();
        let answer = one_answer(&mut stream).await;
        assert_eq!((answer.status, answer.header("connection")), (403, None), "{answer:?}");
    }
    // Too long to be waited for, never sent, or sent only if it is asked for.
    for (length, more) in [(10_000_000, ""), (10, ""), (10, "expect: 100-continue\r\n")] {
        let mut stream = TcpStream::connect(node.address).await.unwrap();
        stream.write_all(head(length, more).as_bytes()).await.unwrap();
        let answer = one_answer(&mut stream).await;
        assert_eq!((answer.status, answer.header("connection")), (403, Some("close")), "{length} {more}");
        assert_eq!(stream.read(&mut [0]).await.unwrap_or(0), 0, "it ended");
    }
}

async fn one_answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    loop {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "an answer comes");
        if bytes.windows(4).any(|window| window == b"\r\n\r\n") {
            let answer = parse(&bytes);
            if answer.header("content-length").is_some_and(|length| length == answer.body.len().to_string()) {
                return answer;
            }
        }
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers_and_every_page_a_policy_of_its_own() {
    let bank = TestBank::new().await;
    let node = TestNode::start(&bank, &[]).await;
    let mut browser = Browser::new(&node);
    let (one, two) = (browser.get("/sign-in").await, browser.get("/sign-in").await);
    for answer in [&one, &two, &browser.get("/health/live").await] {
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    }
    let policy = |answer: &crate::http::Answer| answer.header("content-security-policy").unwrap().to_owned();
    assert!(policy(&one).contains("'nonce-"));
    assert_ne!(policy(&one), policy(&two), "a nonce is used once");
    assert_eq!(browser.get("/nowhere").await.status, 404);
}

#[tokio::test]
async fn the_statement_as_a_file_is_exact_harmless_and_only_for_those_who_may_see_it() {
    let bank = TestBank::new().await;
    let node = TestNode::start(&bank, &[]).await;
    let alice = with_password(&bank, "alice", Role::Customer).await;
    let mut rows = LedgerRows::new(&bank.store);
    for account in ["CASH-EUR", "A1", "B1"] {
        rows.account(account).await;
    }
    rows.link(&alice, "A1").await;
    for _ in 0..600 {
        rows.post("CASH-EUR", "A1", 100).await;
    }
    let id = uuid::Uuid::now_v7();
    let sealed = bank.store.seal_reference(alice.id, id, "=HYPERLINK(\"x\"), and more").await.unwrap();
    rows.post_with("A1", "B1", 1_234, Some((id, sealed))).await;
    let mut browser = signed_in(&node, "alice").await;
    let answer = browser.get("/accounts/A1/statement.csv?from=&to=").await;
    assert_eq!(
        (answer.status, answer.header("content-disposition")),
        (200, Some("attachment; filename=\"statement-A1.csv\""))
    );
    let lines: Vec<_> = answer.body.lines().collect();
    assert_eq!(lines.len(), 602, "a header and 601 rows, over several reads");
    assert!(
        lines[1].starts_with("2025-03-10T11:01:00+01:00,2025-03-10T11:01:00+01:00,deposit,CASH-EUR,1.00,EUR,1.00,,"),
        "{}",
        lines[1]
    );
    let expected = format!(",transfer,B1,-12.34,EUR,587.66,\"'=HYPERLINK(\"\"x\"\"), and more\",{id}");
    assert!(lines[601].ends_with(&expected), "{}", lines[601]);
    assert_eq!(browser.get("/accounts/A1/statement.csv?from=2025-03-11").await.body.lines().count(), 1);
    assert_eq!(browser.get("/accounts/B1/statement.csv").await.status, 404);
    assert_eq!(browser.get("/accounts/A1/statement.csv?from=tomorrow").await.status, 404);
    assert_eq!(Browser::new(&node).get("/accounts/A1/statement.csv").await.status, 303);
}

#[tokio::test]
async fn figures_are_for_neighbours_and_operators_only() {
    let bank = TestBank::new().await;
    let node = TestNode::start(&bank, &["--trusted-proxies=127.0.0.1"]).await;
    with_password(&bank, "olga", Role::Operator).await;
    with_password(&bank, "alice", Role::Customer).await;
    let mut neighbour = Browser::new(&node);
    let answer = neighbour.get("/metrics").await;
    assert!(answer.status == 200 && answer.body.contains("vigie_database_up 1"), "{answer:?}");
    let proxied = [("x-forwarded-for", "192.0.2.9")];
    assert_eq!(neighbour.send("GET", "/metrics", &proxied, "").await.status, 404);
    assert_eq!(signed_in(&node, "alice").await.send("GET", "/metrics", &proxied, "").await.status, 404);
    assert_eq!(signed_in(&node, "olga").await.send("GET", "/metrics", &proxied, "").await.status, 200);
}

#[tokio::test]
async fn files_with_a_hash_are_kept_for_ever_and_sent_compressed() {
    let bank = TestBank::new().await;
    let site = std::env::temp_dir().join(format!("vigie-site-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir_all(site.join("pkg")).unwrap();
    std::fs::write(site.join("pkg/vigie.abc.css"), "body{}").unwrap();
    std::fs::write(site.join("pkg/vigie.abc.css.br"), "brotli").unwrap();
    std::fs::write(site.join("favicon.svg"), "<svg/>").unwrap();
    std::fs::write(site.join("hash.txt"), "css: abc\n").unwrap();
    let node = TestNode::start(&bank, &[&format!("--site={}", site.display())]).await;
    let mut browser = Browser::new(&node);
    let plain = browser.get("/pkg/vigie.abc.css").await;
    assert_eq!((plain.status, plain.body.as_str()), (200, "body{}"));
    assert_eq!(plain.header("cache-control"), Some("public, max-age=31536000, immutable"));
    let packed = browser.send("GET", "/pkg/vigie.abc.css", &[("accept-encoding", "gzip, br")], "").await;
    assert_eq!((packed.header("content-encoding"), packed.body.as_str()), (Some("br"), "brotli"));
    assert_eq!(browser.get("/favicon.svg").await.header("cache-control"), Some("public, max-age=3600"));
    assert_eq!(browser.get("/../Cargo.toml").await.status, 404);
    assert_eq!(browser.get("/%2e%2e/%2e%2e/etc/passwd").await.status, 404);
    std::fs::remove_dir_all(site).unwrap();
}

#[tokio::test]
async fn pages_are_sent_compressed_to_those_who_can_read_it() {
    let bank = TestBank::new().await;
    let node = TestNode::start(&bank, &[]).await;
    let mut browser = Browser::new(&node);
    let (plain, packed) =
        (browser.get("/sign-in").await, browser.send("GET", "/sign-in", &[("accept-encoding", "br")], "").await);
    assert_eq!((plain.header("content-encoding"), packed.header("content-encoding")), (None, Some("br")));
    assert!(packed.body.len() < plain.body.len());
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    let bank = TestBank::new().await;
    let node = TestNode::start(&bank, &[]).await;
    with_password(&bank, "alice", Role::Customer).await;
    let mut browser = signed_in(&node, "alice").await;
    let before = browser.cookies.clone();
    browser.post("/do/sign_in", "username=alice&password=correct+horse+battery").await;
    assert_ne!(browser.cookies, before);
    assert!(is_known(&mut browser).await);
    browser.cookies = before;
    assert!(!is_known(&mut browser).await);
}

#[tokio::test]
async fn asked_to_stop_the_node_ends_and_takes_no_more() {
    let bank = TestBank::new().await;
    let mut node = TestNode::start(&bank, &[]).await;
    assert_eq!(Browser::new(&node).get("/health/live").await.status, 200);
    node.stop.cancel();
    let served = tokio::time::timeout(Duration::from_secs(10), &mut node.served).await;
    assert!(served.is_ok_and(|ended| ended.is_ok_and(|served| served.is_ok())));
    assert!(TcpStream::connect(node.address).await.is_err());
}

#[tokio::test]
async fn a_database_that_is_away_is_said_so_and_never_taken_for_signed_out() {
    let bank = TestBank::new().await;
    let node = TestNode::start(&bank, &[]).await;
    with_password(&bank, "alice", Role::Customer).await;
    let mut browser = signed_in(&node, "alice").await;
    let rename = "alter table session rename to session_away";
    sqlx::query(rename).execute(bank.store.pool()).await.unwrap();
    let page = browser.get("/").await;
    assert_eq!((page.status, page.header("location")), (503, None));
    assert!(page.body.contains("<main"), "the page says so in words");
    assert_eq!(browser.get("/accounts/NOBODYS/statement.csv").await.status, 503);
    assert_eq!(browser.post("/do/sign_out", "").await.status, 503);
    sqlx::query("alter table session_away rename to session").execute(bank.store.pool()).await.unwrap();
    assert!(is_known(&mut browser).await);
}

#[tokio::test]
async fn a_node_is_ready_when_its_feed_has_caught_up() {
    let bank = TestBank::with_kafka().await;
    server::kafka::topics::ensure(&bank.config).await.unwrap();
    let node = TestNode::start(&bank, &[]).await;
    let answer = until("the node is ready", Duration::from_secs(20), || async {
        let answer = Browser::new(&node).get("/health/ready").await;
        (answer.status == 200).then_some(answer)
    });
    assert_eq!(answer.await.body, r#"{"database":true,"feed":true}"#);
}

#[tokio::test]
async fn a_schema_that_is_behind_is_named_at_the_start() {
    let bank = TestBank::new().await;
    sqlx::query("delete from _sqlx_migrations where version = 2").execute(bank.store.pool()).await.unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let config = crate::support::config_like(&bank.config, &["--listen=127.0.0.1:0"]);
    let health = server::web::health::Health::default();
    let refused = server::web::node::Node::start(&config, health, stop).await.err().unwrap();
    assert!(refused.to_string().contains("vigie migrate"), "{refused}");
}

#[tokio::test]
async fn disabling_somebody_ends_their_next_request() {
    let bank = TestBank::new().await;
    let node = TestNode::start(&bank, &[]).await;
    with_password(&bank, "alice", Role::Customer).await;
    person(&bank.store, "bob", Role::Customer).await;
    let mut browser = signed_in(&node, "alice").await;
    bank.store.set_disabled("bob", true).await.unwrap();
    assert!(is_known(&mut browser).await);
    bank.store.set_disabled("alice", true).await.unwrap();
    assert!(!is_known(&mut browser).await);
}
