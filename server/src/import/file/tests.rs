//! Files as people export them, and what must hold however they are cut.
#![allow(clippy::unwrap_used)]

use super::*;
use chrono_tz::Europe::Paris;
use proptest::prelude::*;
use std::collections::HashSet;
use uuid::Uuid;

const STUDENT: &str = "transaction_date;account;transaction_value;balance\r\n\
    01/02/2024;C7;1000;1000\r\n02/02/2024;C7;-25,5;974,5\r\n02/02/2024;C8;3.10;3.10\r\n";

const BERKA: &str = "\"trans_id\";\"account_id\";\"date\";\"type\";\"operation\";\"amount\";\"balance\";\"k_symbol\";\"bank\";\"account\"\r\n\
    1;576;930101;\"PRIJEM\";\"VKLAD\";900.00;900.00;\"\";;\r\n\
    2;576;930102;\"VYBER\";\"VYBER\";100.50;799.50;\"\";;\r\n\
    3;576;930103;\"VYDAJ\";\"PREVOD NA UCET\";1000.00;-200.50;\"SIPO\";\"AB\";123\r\n";

fn read(text: &[u8]) -> Reading {
    let split = Split::new(text, None).unwrap();
    split.read(&split.suggest(None, Currency::EUR), Paris).unwrap()
}

fn booked(reading: &Reading) -> Vec<(String, i64)> {
    reading.rows.iter().map(|row| (row.account.to_string(), row.signed_minor())).collect()
}

fn ids(reading: &Reading) -> Vec<Uuid> {
    reading.rows.iter().map(|row| row.id).collect()
}

#[test]
fn the_student_banks_signed_amounts_become_deposits_and_withdrawals() {
    let reading = read(STUDENT.as_bytes());
    assert_eq!(reading.mapping.preset, ImportPreset::StudentBank);
    assert_eq!(booked(&reading), [("C7".into(), 100_000), ("C7".into(), -2_550), ("C8".into(), 310)]);
    assert_eq!((reading.bad, reading.problems.len(), reading.date_order_unclear), (0, 0, false));
    assert_eq!(reading.rows[0].date.to_string(), "2024-02-01");
    let command = reading.rows[1].command(reading.currency);
    assert_eq!((command.debit.as_str(), command.credit.as_str(), command.history), ("C7", "HISTORY-EUR", true));
}

#[test]
fn berkas_czech_codes_say_the_direction_and_its_accounts_stand_behind_its_name() {
    let reading = read(BERKA.as_bytes());
    assert_eq!((reading.mapping.preset, reading.currency), (ImportPreset::Berka, Currency::CZK));
    let account = "BERKA-576".to_owned();
    assert_eq!(booked(&reading), [(account.clone(), 90_000), (account.clone(), -10_050), (account, -100_000)]);
    // A running balance that the rows add up to only nearly is a warning, never a rejection.
    assert_eq!((reading.bad, reading.problems.len()), (0, 0));
    let rounded = read(BERKA.replace("-200.50", "-200.40").as_bytes());
    assert_eq!((rounded.bad, rounded.rows.len()), (0, 3));
    assert_eq!(
        (rounded.problems[0].code, rounded.problems[0].warning, rounded.problems[0].line),
        (ImportProblemCode::BalanceDiffers, true, 4)
    );
}

#[test]
fn an_unknown_code_of_berka_is_a_bad_line_not_a_guess() {
    let reading = read(BERKA.replace("\"VYDAJ\"", "\"XXX\"").as_bytes());
    assert_eq!((reading.rows.len(), reading.bad), (2, 1));
    assert_eq!((reading.problems[0].line, reading.problems[0].code), (4, ImportProblemCode::Unreadable));
}

#[test]
fn bad_lines_are_named_by_number_and_reason_and_good_ones_kept() {
    let text = "transaction_date;account;transaction_value;balance\n\
        01/02/2024;C7;1000;1000\n31/02/2024;C7;5;1005\n02/02/2024;C7;five;\n02/02/2024;C_7;5;\n02/02/2024;C7;0;\n\
        02/02/2024;C7\n\n02/02/2024;\"C7;5\n03/02/2024;C7;5;1005\n04/02/2024;C7;99999999999999;\n";
    let reading = read(text.as_bytes());
    assert_eq!(booked(&reading), [("C7".into(), 100_000), ("C7".into(), 500)]);
    let found: Vec<_> = reading.problems.iter().map(|problem| (problem.line, problem.code)).collect();
    assert_eq!(
        found,
        [
            (3, ImportProblemCode::BadDate),
            (4, ImportProblemCode::BadAmount),
            (5, ImportProblemCode::BadAccount),
            (6, ImportProblemCode::ZeroAmount),
            (7, ImportProblemCode::MissingColumn),
            (9, ImportProblemCode::Unreadable),
            (11, ImportProblemCode::BadAmount),
        ]
    );
    assert_eq!((reading.bad, reading.problems[5].text.as_str()), (7, "02/02/2024;\"C7;5"));
}

#[test]
fn columns_of_any_order_and_encoding_are_read_by_a_mapping() {
    let text = "Libell\u{e9};Solde;Montant;Compte;Date\nLoyer f\u{e9}vrier;900,00;-1 100,00;fr76 12;13/02/2024\n";
    let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
    let split = Split::new(&latin, None).unwrap();
    assert_eq!(split.encoding, "windows-1252");
    let reading = split.read(&split.suggest(None, Currency::EUR), Paris).unwrap();
    assert_eq!(booked(&reading), [("FR7612".into(), -110_000)]);
    assert_eq!(reading.headers[0], "Libellé");
}

#[test]
fn the_order_of_day_and_month_is_asked_for_when_no_day_exceeds_twelve() {
    let text = "date,account,amount\n05/01/2024,A,1\n06/02/2024,A,1\n";
    let unclear = read(text.as_bytes());
    assert!(unclear.date_order_unclear);
    let mapping = ImportMapping { date_order: Some(DateOrder::MonthDayYear), ..unclear.mapping };
    let said = Split::new(text.as_bytes(), None).unwrap().read(&mapping, Paris).unwrap();
    assert!(!said.date_order_unclear);
    assert_eq!(said.rows[0].date.to_string(), "2024-05-01");
    assert!(!read(text.replace("05/01", "13/01").as_bytes()).date_order_unclear);
}

#[test]
fn a_file_without_header_loses_no_line() {
    let reading = read(b"C9;13/02/2024;-5\nC9;14/02/2024;7\n");
    assert!(!reading.date_order_unclear);
    let split = Split::new(b"13/02/2024;C9;-5\n14/02/2024;C9;7\n", None).unwrap();
    let mapping =
        ImportMapping { date_column: 0, account_column: 1, amount_column: 2, ..split.suggest(None, Currency::EUR) };
    assert_eq!(split.read(&mapping, Paris).unwrap().rows.len(), 2);
}

#[test]
fn a_file_that_runs_backwards_is_booked_forwards() {
    let text = "date;account;amount;balance\n15/01/2024;A;-3;8\n14/01/2024;A;1;11\n14/01/2024;A;10;10\n";
    let reading = read(text.as_bytes());
    assert_eq!(booked(&reading), [("A".into(), 1_000), ("A".into(), 100), ("A".into(), -300)]);
    assert!(reading.problems.is_empty());
}

#[test]
fn the_files_spelling_does_not_change_a_transactions_id() {
    let again = STUDENT.replace("1000;1000", "+1.000,00;1000").replace("\r\n", "\n").replace("C8", "\"C8\"");
    assert_eq!(ids(&read(STUDENT.as_bytes())), ids(&read(again.as_bytes())));
}

#[test]
fn the_banks_time_zone_does_not_change_a_transactions_id() {
    let split = Split::new(STUDENT.as_bytes(), None).unwrap();
    let mapping = split.suggest(None, Currency::EUR);
    let here = split.read(&mapping, Paris).unwrap();
    let there = split.read(&mapping, chrono_tz::America::New_York).unwrap();
    assert_eq!(ids(&here), ids(&there));
    assert_ne!(here.rows[0].occurred_at, there.rows[0].occurred_at);
}

#[test]
fn no_bank_is_the_home_bank_and_any_other_keeps_its_accounts_apart() {
    let split = Split::new(STUDENT.as_bytes(), None).unwrap();
    let home = split.suggest(None, Currency::EUR);
    let read = |bank: &str| split.read(&ImportMapping { bank: bank.into(), ..home.clone() }, Paris).unwrap();
    assert_eq!(ids(&read("")), ids(&read("Home")));
    assert_eq!(booked(&read("other bank"))[0].0, "OTHERBANK-C7");
    assert_ne!(ids(&read("")), ids(&read("other bank")));
}

/// Days of an export, each with its lines: few accounts and amounts, so that equal lines are common.
fn days() -> impl Strategy<Value = Vec<Vec<(u8, i64)>>> {
    prop::collection::vec(prop::collection::vec((0_u8..3, -3_i64..4), 0..5), 1..20)
}

fn export(days: &[Vec<(u8, i64)>], from: usize) -> String {
    let mut text = String::from("transaction_date;account;transaction_value;balance\n");
    for (index, lines) in days.iter().enumerate().skip(from) {
        for (account, amount) in lines.iter().filter(|(_, amount)| *amount != 0) {
            text.push_str(&format!("{:02}/03/2024;C{account};{amount};\n", index + 1));
        }
    }
    text
}

fn export_ids(text: &str) -> HashSet<Uuid> {
    read(text.as_bytes()).rows.iter().map(|row| row.id).collect()
}

proptest! {
    #[test]
    fn every_line_is_a_transaction_of_its_own_even_beside_its_equal(days in days()) {
        let text = export(&days, 0);
        prop_assert_eq!(export_ids(&text).len(), text.lines().count() - 1);
    }

    #[test]
    fn overlapping_exports_add_exactly_the_lines_that_are_new(days in days(), cut in 0_usize..20, start in 0_usize..20) {
        let cut = cut.min(days.len());
        let start = start.min(cut);
        let first = export_ids(&export(&days[..cut], 0));
        let second = export_ids(&export(&days, start));
        let whole = export_ids(&export(&days, 0));
        prop_assert_eq!(first.union(&second).copied().collect::<HashSet<_>>(), whole);
        let new_lines = export(&days, cut).lines().count() - 1;
        prop_assert_eq!(second.difference(&first).count(), new_lines);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(split) = Split::new(&bytes, None) {
            let _ = split.read(&split.suggest(None, Currency::EUR), Paris);
        }
    }

    #[test]
    fn no_line_vanishes_unreported(lines in prop::collection::vec("[a-c0-9/;\" .-]{0,12}", 1..20)) {
        let text = format!("transaction_date;account;transaction_value;balance\n{}\n", lines.join("\n"));
        let reading = read(text.as_bytes());
        let told: HashSet<u64> =
            reading.rows.iter().map(|row| row.line).chain(reading.problems.iter().map(|problem| problem.line)).collect();
        for (index, line) in lines.iter().enumerate() {
            let blank = line.chars().all(|c| matches!(c, ';' | ' ' | '"'));
            // A quoted cell may span lines: then its first line speaks for all of them.
            if !blank && !text.contains('"') {
                prop_assert!(told.contains(&(index as u64 + 2)), "line {} of {text:?}", index + 2);
            }
        }
    }
}
