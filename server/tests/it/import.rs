//! Import and demo data through the real log and the real worker, judged by sums that this file computes for itself.

use crate::support::TestBank;
use app::ports::{ImportMapping, ImportPreset, ImportState, Imports as _, Person, PortError, Role};
use domain::{AccountNumber, Currency};
use server::bulk::{Bulk, BulkError};
use server::import::file::Split;
use server::import::run::{Plan, Progress, run};
use server::import::uploads::Uploads;
use server::kafka::command_producer::Source;
use std::collections::{BTreeMap, HashMap};
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

/// A bank whose worker runs, until this is dropped.
struct OpenBank {
    bank: TestBank,
    bulk: Bulk,
    _stop: DropGuard,
}

async fn open_bank() -> OpenBank {
    let bank = TestBank::with_kafka().await;
    server::kafka::topics::ensure(&bank.config).await.unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(server::worker::run(bank.config.clone(), stop.clone()));
    let bulk = Bulk::new(&bank.config, &bank.store).unwrap();
    OpenBank { bank, bulk, _stop: stop.drop_guard() }
}

impl OpenBank {
    async fn import(&self, file: &[u8]) -> Progress {
        let split = Split::new(file, None).unwrap();
        let reading = split.read(&split.suggest(None, Currency::EUR), self.bank.config.time_zone).unwrap();
        self.carry(&Plan::of_reading(&reading)).await.unwrap()
    }

    async fn carry(&self, plan: &Plan) -> Result<Progress, BulkError> {
        run(&self.bulk, Source::Import, plan, &watch::Sender::default()).await
    }

    async fn balance(&self, number: &str) -> i64 {
        let query = sqlx::query_scalar("select booked_minor from account where number = $1");
        query.bind(number).fetch_one(self.bank.store.pool()).await.unwrap()
    }

    async fn transactions(&self) -> i64 {
        sqlx::query_scalar("select count(*) from transaction").fetch_one(self.bank.store.pool()).await.unwrap()
    }

    async fn assert_books_are_sound(&self) {
        let report = server::verify::verify(&self.bank.store).await.unwrap();
        assert_eq!(report.violations, []);
    }
}

/// A published file, if this machine has it. Its absence is printed, and the same path runs on samples of our own.
fn published(name: &str) -> Option<Vec<u8>> {
    let folder = std::env::var("VIGIE_DATA").map_or_else(|_| PathBuf::from("../../shared/data"), PathBuf::from);
    let folder = if folder.is_relative() && !folder.exists() { PathBuf::from("..").join(folder) } else { folder };
    match std::fs::read(folder.join(name)) {
        Ok(bytes) => Some(bytes),
        Err(_) => {
            // Past the capture of test output, for the test run's summary.
            let _ =
                writeln!(std::io::stderr(), "skipped: {name} is not in VIGIE_DATA; the project's own sample stands in");
            None
        }
    }
}

/// Cents of a decimal with a point, in integers, by other means than the product's.
fn cents(text: &str) -> i64 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    let whole: i64 = whole.parse::<i64>().unwrap().abs();
    sign * (whole * 100 + format!("{decimals:0<2}").parse::<i64>().unwrap())
}

fn sums(file: &str, account_column: usize, amount: impl Fn(&[&str]) -> i64) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for line in file.lines().skip(1).filter(|line| !line.trim().is_empty()) {
        let cells: Vec<&str> = line.trim_end().split(';').collect();
        *sums.entry(cells[account_column].to_owned()).or_insert(0) += amount(&cells);
    }
    sums
}

#[tokio::test(flavor = "multi_thread")]
async fn the_student_banks_file_gives_the_balances_of_an_independent_sum() {
    let bank = open_bank().await;
    let file = published("seed/client_transactions.csv").unwrap_or_else(|| server::demo::SAMPLE.to_vec());
    let expected = sums(std::str::from_utf8(&file).unwrap(), 1, |cells| cents(cells[2]));
    assert!(expected.len() >= 2);
    let rows = bank.import(&file).await;
    assert_eq!((rows.added, rows.already_there, rows.refused, rows.bad), (rows.total, 0, 0, 0));
    for (account, sum) in &expected {
        assert_eq!(bank.balance(account).await, *sum, "{account}");
    }
    let again = bank.import(&file).await;
    assert_eq!((again.added, again.already_there), (0, rows.total));
    assert_eq!(bank.transactions().await, rows.total as i64);
    bank.assert_books_are_sound().await;
}

/// Lines in Berka's form: every code, a balance below zero, nothing copied.
const BERKA_FORM: &str = "\"trans_id\";\"account_id\";\"date\";\"type\";\"operation\";\"amount\";\"balance\";\"k_symbol\";\"bank\";\"account\"\r\n\
    901;7001;970105;\"PRIJEM\";\"VKLAD\";1500.00;1500.00;\"\";;\r\n\
    902;7002;970105;\"PRIJEM\";\"PREVOD Z UCTU\";820.40;820.40;\"\";\"QZ\";55501\r\n\
    903;7001;970211;\"VYBER\";\"VYBER\";1700.30;-200.30;\"\";;\r\n\
    904;7002;970301;\"VYDAJ\";\"PREVOD NA UCET\";20.40;800.00;\"SIPO\";\"QZ\";55502\r\n\
    905;7002;970301;\"VYDAJ\";\"VYBER KARTOU\";100.00;701.00;\"\";;\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn berkas_file_gives_the_balances_of_an_independent_sum_and_adds_nothing_twice() {
    let bank = open_bank().await;
    let packed = published("berka_trans_1993_1994.asc.gz");
    let (file, rows_expected) = match packed {
        Some(packed) => (packed, 49_102),
        None => (BERKA_FORM.as_bytes().to_vec(), 5),
    };
    let mut text = String::new();
    match flate2::read::GzDecoder::new(&file[..]).read_to_string(&mut text) {
        Ok(_) => {}
        Err(_) => text = String::from_utf8(file.clone()).unwrap(),
    }
    let expected = sums(&text, 1, |cells| if cells[3] == "\"PRIJEM\"" { cents(cells[5]) } else { -cents(cells[5]) });
    let rows = bank.import(&file).await;
    assert_eq!((rows.total, rows.added, rows.refused, rows.bad), (rows_expected, rows_expected, 0, 0));
    assert!(rows.overdrawn_accounts > 0, "history overdraws, and says so");
    for _ in 0..20 {
        let index = rand::random_range(0..expected.len());
        let (account, sum) = expected.iter().nth(index).unwrap();
        assert_eq!(bank.balance(&format!("BERKA-{account}")).await, *sum, "{account}");
    }
    let again = bank.import(&file).await;
    assert_eq!((again.added, again.already_there), (0, rows_expected));
    assert_eq!(bank.transactions().await, rows_expected as i64);
    bank.assert_books_are_sound().await;
}

const HEADER: &str = "transaction_date;account;transaction_value;balance\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_longer_export_adds_only_its_new_lines_and_equal_lines_are_two_transactions() {
    let bank = open_bank().await;
    let first = format!("{HEADER}01/03/2025;E1;10;\n02/03/2025;E1;-3;\n02/03/2025;E1;-3;\n");
    let longer = format!("{HEADER}02/03/2025;E1;-3;\n02/03/2025;E1;-3;\n03/03/2025;E1;-3;\n03/03/2025;E2;7;\n");
    assert_eq!(bank.import(first.as_bytes()).await.added, 3);
    assert_eq!(bank.balance("E1").await, 400);
    let rows = bank.import(longer.as_bytes()).await;
    assert_eq!((rows.added, rows.already_there), (2, 2));
    assert_eq!((bank.balance("E1").await, bank.balance("E2").await), (100, 700));
    bank.assert_books_are_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_history_may_overdraw_and_says_so() {
    let bank = open_bank().await;
    let rows =
        bank.import(format!("{HEADER}01/03/2025;O1;-50;\n02/03/2025;O1;80;\n02/03/2025;O2;1;\n").as_bytes()).await;
    assert_eq!((rows.added, rows.overdrawn_accounts), (3, 1));
    assert_eq!(bank.balance("O1").await, 3_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_stand_on_the_account_in_the_order_in_which_they_happened() {
    let bank = open_bank().await;
    bank.import(
        format!("{HEADER}05/03/2025;D1;-1;\n04/03/2025;D1;-2;\n04/03/2025;D1;-3;\n01/03/2025;D1;9;\n").as_bytes(),
    )
    .await;
    let query = sqlx::query_scalar(
        "select t.amount_minor from transaction t join account a on a.id in (t.debit_account, t.credit_account)
         where a.number = 'D1' order by case when t.debit_account = a.id then t.debit_version else t.credit_version end",
    );
    let amounts: Vec<i64> = query.fetch_all(bank.bank.store.pool()).await.unwrap();
    assert_eq!(amounts, [900, 300, 200, 100]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_has_another_currency_stops_the_import_before_anything_is_sent() {
    let bank = open_bank().await;
    let file = format!("{HEADER}01/03/2025;F1;5;\n");
    assert_eq!(bank.import(file.as_bytes()).await.added, 1);
    let split = Split::new(format!("{HEADER}02/03/2025;F1;5;\n").as_bytes(), None).unwrap();
    let mapping = ImportMapping { currency: "USD".into(), ..split.suggest(None, Currency::EUR) };
    let reading = split.read(&mapping, bank.bank.config.time_zone).unwrap();
    let refused = bank.carry(&Plan::of_reading(&reading)).await;
    let account: AccountNumber = "F1".parse().unwrap();
    assert!(matches!(refused, Err(BulkError::AccountDiffers(differs)) if differs == account));
    assert_eq!(bank.transactions().await, 1);
}

fn person(role: Role) -> Person {
    Person { id: Uuid::now_v7(), username: "somebody".into(), display_name: "Somebody".into(), role }
}

async fn until_done(uploads: &Uploads, upload: Uuid) -> app::ports::ImportProgress {
    crate::support::until("the import ends", Duration::from_secs(60), || async {
        let progress = uploads.progress(&person(Role::Operator), upload).await.unwrap();
        (progress.state != ImportState::Running).then_some(progress)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_previewed_imported_in_the_background_and_reported() {
    let bank = open_bank().await;
    let uploads = Uploads::new(bank.bank.store.clone(), bank.bulk.clone(), Currency::EUR);
    let operator = person(Role::Operator);
    let file = format!("{HEADER}01/03/2025;U1;12,50;\n02/03/2025;U1;lots;\n03/03/2025;U2;-2;\n");
    let upload = uploads.upload(&operator, "march.csv", file.into_bytes()).await.unwrap();
    let preview = uploads.preview(&operator, upload, None).await.unwrap();
    assert_eq!((preview.good, preview.bad, preview.accounts, preview.date_order_unclear), (2, 1, 2, false));
    assert_eq!((preview.mapping.preset, preview.file_name.as_str()), (ImportPreset::StudentBank, "march.csv"));
    assert_eq!((preview.rows[0].amount_minor, preview.problems[0].line), (1_250, 3));
    assert_eq!(uploads.progress(&operator, upload).await.unwrap().state, ImportState::Uploaded);

    uploads.start(&operator, upload, &preview.mapping).await.unwrap();
    let done = until_done(&uploads, upload).await;
    assert_eq!(
        (done.state, done.total, done.added, done.bad, done.overdrawn_accounts),
        (ImportState::Done, 2, 2, 1, 1)
    );
    assert_eq!((bank.balance("U1").await, bank.balance("U2").await), (1_250, -200));
    assert_eq!(uploads.latest(&operator).await.unwrap()[0].upload, upload);

    uploads.start(&operator, upload, &preview.mapping).await.unwrap();
    let again = until_done(&uploads, upload).await;
    assert_eq!((again.added, again.already_there), (0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_whose_node_was_killed_is_taken_over() {
    let bank = open_bank().await;
    let uploads = Uploads::new(bank.bank.store.clone(), bank.bulk.clone(), Currency::EUR);
    let operator = person(Role::Operator);
    let file = format!("{HEADER}01/03/2025;K1;5;\n02/03/2025;K1;6;\n");
    let upload = uploads.upload(&operator, "killed.csv", file.into_bytes()).await.unwrap();
    let mapping = uploads.preview(&operator, upload, None).await.unwrap().mapping;
    // As a killed node leaves it: running, one of two rows sent, by a runner that was last heard of a minute ago.
    assert_eq!(bank.import(format!("{HEADER}01/03/2025;K1;5;\n").as_bytes()).await.added, 1);
    assert!(bank.bank.store.claim_upload(upload, Uuid::now_v7(), &mapping).await.unwrap());
    assert!(!bank.bank.store.claim_upload(upload, Uuid::now_v7(), &mapping).await.unwrap(), "its runner is alive");
    let silent = sqlx::query(
        "update import_upload set alive_at = now() - interval '1 minute', progress = '{\"total\": 2, \"sent\": 1}' where id = $1",
    );
    silent.bind(upload).execute(bank.bank.store.pool()).await.unwrap();
    let adopting = tokio::spawn(uploads.clone().adopt_orphans());
    let done = until_done(&uploads, upload).await;
    adopting.abort();
    assert_eq!((done.state, done.added, done.already_there), (ImportState::Done, 2, 0), "it counts as one import");
    assert_eq!(bank.balance("K1").await, 1_100);
}

#[tokio::test]
async fn only_operators_import() {
    let bank = TestBank::with_kafka().await;
    let bulk = Bulk::new(&bank.config, &bank.store).unwrap();
    let uploads = Uploads::new(bank.store.clone(), bulk, Currency::EUR);
    for role in [Role::Customer, Role::Analyst] {
        let refused = uploads.upload(&person(role), "x.csv", Vec::new()).await;
        assert_eq!(refused, Err(PortError::Forbidden));
        assert_eq!(uploads.latest(&person(role)).await, Err(PortError::Forbidden));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_data_loads_once_and_its_books_are_sound() {
    let bank = open_bank().await;
    let told = watch::Sender::default();
    let first = server::demo::load(&bank.bulk, Currency::EUR, &told).await.unwrap();
    assert_eq!((first.added, first.refused), (first.total, 0));
    let again = server::demo::load(&bank.bulk, Currency::EUR, &told).await.unwrap();
    assert_eq!((again.added, again.already_there), (0, first.total));
    let people = bank.bank.store.demo_people().await.unwrap();
    let mut roles: HashMap<&str, usize> = HashMap::new();
    people.iter().for_each(|person| {
        *roles
            .entry(match person.role {
                Role::Customer => "customer",
                Role::Analyst => "analyst",
                Role::Operator => "operator",
            })
            .or_default() += 1
    });
    assert_eq!(roles, HashMap::from([("customer", 12), ("analyst", 1), ("operator", 1)]));
    bank.assert_books_are_sound().await;
}
