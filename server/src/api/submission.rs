//! From a body to a command, or every fault of it by field and code.

use super::problem::{FieldError, Problem};
use super::tree::{ReadError, Tree, read as read_tree};
use chrono::{DateTime, Utc};
use domain::command::{PaymentContext, Place, SubmitTransaction};
use domain::money::MAX_AMOUNT_MINOR;
use domain::{AccountNumber, Currency, TransactionKind};
use std::ops::RangeInclusive;
use std::str::FromStr;
use uuid::Uuid;

/// The channel of those who name none.
const CHANNEL: &str = "api";
/// Faults told at once, and characters of a name that is told back.
const FAULTS: usize = 20;
const NAME: usize = 64;

/// A payment as a terminal or an app sends it; its time is `now` where it names none.
///
/// # Errors
/// A problem that names each field at fault.
pub fn read(id: Uuid, body: &[u8], now: DateTime<Utc>) -> Result<SubmitTransaction, Problem> {
    let tree = read_tree(body).map_err(|error| match error {
        ReadError::Huge(field) => Problem::INVALID.field(&shortened(&field), "out_of_range"),
        ReadError::Syntax { line, column } => {
            Problem::MALFORMED.detail(format!("the body is not JSON, at line {line} column {column}"))
        }
    })?;
    let mut faults = Vec::new();
    let submission = submission(id, tree, now, &mut faults);
    faults.truncate(FAULTS);
    match submission {
        Some(submission) if faults.is_empty() => Ok(submission),
        _ => Err(Problem::INVALID.errors(faults)),
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(NAME).collect()
}

/// An object's members, each taken once; what is left at the end is unknown.
struct Members<'a> {
    path: &'static str,
    members: Vec<(String, Tree)>,
    faults: &'a mut Vec<FieldError>,
}

impl<'a> Members<'a> {
    fn of(path: &'static str, tree: Tree, faults: &'a mut Vec<FieldError>) -> Option<Self> {
        let Tree::Object(members) = tree else {
            faults.push(FieldError { field: path.to_owned(), code: "wrong_type" });
            return None;
        };
        Some(Members { path, members, faults })
    }

    fn fault<T>(&mut self, name: &str, code: &'static str) -> Option<T> {
        let dot = if self.path.is_empty() { "" } else { "." };
        self.faults.push(FieldError { field: format!("{}{dot}{}", self.path, shortened(name)), code });
        None
    }

    fn take(&mut self, name: &str) -> Option<Tree> {
        let place = self.members.iter().position(|(known, _)| known == name)?;
        Some(self.members.remove(place).1)
    }

    fn required(&mut self, name: &str) -> Option<Tree> {
        let taken = self.take(name);
        taken.or_else(|| self.fault(name, "required"))
    }

    fn parsed<T: FromStr>(&mut self, name: &str, tree: Tree) -> Option<T> {
        match tree {
            Tree::Text(text) => text.parse().ok().or_else(|| self.fault(name, "invalid")),
            _ => self.fault(name, "wrong_type"),
        }
    }

    fn required_text<T: FromStr>(&mut self, name: &str) -> Option<T> {
        let tree = self.required(name)?;
        self.parsed(name, tree)
    }

    fn text(&mut self, name: &str) -> Option<String> {
        let tree = self.take(name)?;
        self.parsed(name, tree)
    }

    fn integer(&mut self, name: &str, tree: Tree, bounds: RangeInclusive<i64>) -> Option<i64> {
        match tree {
            Tree::Integer(value) if bounds.contains(&value) => Some(value),
            Tree::Integer(_) | Tree::Huge => self.fault(name, "out_of_range"),
            Tree::Fraction => self.fault(name, "not_an_integer"),
            _ => self.fault(name, "wrong_type"),
        }
    }

    /// What was not asked for, or stands there twice.
    fn end(mut self, known: &[&str]) {
        for (name, _) in std::mem::take(&mut self.members) {
            let code = if known.contains(&name.as_str()) { "duplicate" } else { "unknown" };
            self.fault::<()>(&name, code);
        }
    }
}

const FIELDS: [&str; 7] = ["kind", "debit", "credit", "amount_minor", "currency", "occurred_at", "context"];

fn submission(id: Uuid, tree: Tree, now: DateTime<Utc>, faults: &mut Vec<FieldError>) -> Option<SubmitTransaction> {
    let mut members = Members::of("", tree, faults)?;
    let kind = members.required_text::<Kind>("kind");
    let debit = members.required_text::<AccountNumber>("debit");
    let credit = members.required_text::<AccountNumber>("credit");
    let amount_minor = members.required("amount_minor");
    let amount_minor = amount_minor.and_then(|tree| members.integer("amount_minor", tree, 1..=MAX_AMOUNT_MINOR));
    let currency = members.required_text::<Currency>("currency");
    let occurred_at = match members.take("occurred_at") {
        None => Some(now),
        Some(tree) => members.parsed::<Moment>("occurred_at", tree).map(|moment| moment.0),
    };
    let context = members.take("context");
    members.end(&FIELDS);
    let context = match context {
        None => PaymentContext::default(),
        Some(tree) => context_of(tree, faults)?,
    };
    let channel = context.channel.or_else(|| Some(CHANNEL.to_owned()));
    Some(SubmitTransaction {
        transaction_id: id,
        kind: kind?.0,
        debit: debit?,
        credit: credit?,
        amount_minor: amount_minor?,
        currency: currency?,
        occurred_at: occurred_at?,
        history: false,
        reference: None,
        context: Some(Box::new(PaymentContext { channel, ..context })),
    })
}

const CONTEXT: [&str; 5] = ["device", "place", "channel", "country", "session_risk"];

fn context_of(tree: Tree, faults: &mut Vec<FieldError>) -> Option<PaymentContext> {
    let mut members = Members::of("context", tree, faults)?;
    let device = members.text("device");
    let channel = members.text("channel");
    let country = members.text("country");
    let risk = members.take("session_risk").and_then(|tree| members.integer("session_risk", tree, 0..=100));
    let place = members.take("place");
    members.end(&CONTEXT);
    let context = PaymentContext {
        device,
        place: place.and_then(|tree| place_of(tree, faults)),
        channel,
        country,
        session_risk: risk.and_then(|risk| u8::try_from(risk).ok()),
    };
    if let Some(name) = context.invalid_field() {
        faults.push(FieldError { field: format!("context.{name}"), code: "invalid" });
    }
    Some(context)
}

fn place_of(tree: Tree, faults: &mut Vec<FieldError>) -> Option<Place> {
    let mut members = Members::of("context.place", tree, faults)?;
    let mut degrees = |name: &str, most: i64| {
        let tree = members.required(name)?;
        members.integer(name, tree, -most..=most).and_then(|value| i32::try_from(value).ok())
    };
    let (latitude, longitude) = (degrees("latitude_e6", 90_000_000), degrees("longitude_e6", 180_000_000));
    members.end(&["latitude_e6", "longitude_e6"]);
    Some(Place { latitude_e6: latitude?, longitude_e6: longitude? })
}

struct Kind(TransactionKind);

impl FromStr for Kind {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "deposit" => Ok(Kind(TransactionKind::Deposit)),
            "withdrawal" => Ok(Kind(TransactionKind::Withdrawal)),
            "transfer" => Ok(Kind(TransactionKind::Transfer)),
            _ => Err(()),
        }
    }
}

/// A moment as RFC 3339 writes it, in the years that the books can hold.
struct Moment(DateTime<Utc>);

impl FromStr for Moment {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let moment = DateTime::parse_from_rfc3339(text).map_err(|_| ())?.to_utc();
        (-62_135_596_800..253_402_300_800).contains(&moment.timestamp()).then_some(Moment(moment)).ok_or(())
    }
}

#[cfg(test)]
#[path = "submission_tests.rs"]
mod tests;
