//! Frauds with accounts: taken over, lent, fed in pieces, and customers who are talked into paying.

use super::{DAY, HOUR, MINUTE, Plot};
use crate::habits::by_itself;
use crate::intent::Amount;
use domain::command::PaymentContext;
use domain::{AccountNumber, AmountMinor, TransactionKind};

/// To where stolen money goes: a lent account of this bank, or somewhere else.
fn away<'a>(plot: &mut Plot<'a>) -> Option<(TransactionKind, &'a AccountNumber)> {
    if plot.chance.happens(50) {
        Some((TransactionKind::Transfer, plot.mule()?))
    } else {
        Some((TransactionKind::Withdrawal, plot.stranger()?))
    }
}

/// A new device far away, a new payee, perhaps a few euros first, then nearly all there is.
pub(super) fn takeover(plot: &mut Plot<'_>) -> Option<()> {
    let victim = plot.victim(60_000)?;
    let (kind, payee) = away(plot)?;
    let channel = if plot.chance.happens(60) { "app" } else { "web" };
    let mut context = plot.foreign_device(channel);
    if plot.chance.happens(40) {
        context.session_risk = u8::try_from(plot.chance.between(30, 95)).ok();
    }
    if plot.chance.happens(70) {
        let amount = Amount::Exact(plot.chance.between(100, 490));
        plot.pay(kind, &victim.current, payee, amount, &context);
        plot.wait((3 * MINUTE, 3 * HOUR), (5, 15));
    }
    let share = plot.chance.between(920, 985);
    plot.pay(kind, &victim.current, payee, Amount::Share(share), &context);
    Some(())
}

/// The customer's own device at home: only the payee and the amount are new, and perhaps somebody is looking on.
pub(super) fn scam(plot: &mut Plot<'_>) -> Option<()> {
    let victim = plot.victim(70_000)?;
    let (kind, payee) = away(plot)?;
    let mut context = victim.app(plot.at.timestamp() / DAY, plot.chance);
    if plot.chance.happens(35) {
        context.session_risk = u8::try_from(plot.chance.between(40, 90)).ok();
    }
    let most = plot.purses.available_minor(&victim.current)?.min(600_000);
    let amount = Amount::Exact(plot.chance.between(most / 2, most * 8 / 10).max(40_000));
    plot.pay(kind, &victim.current, payee, amount, &context);
    if plot.chance.happens(40) {
        plot.wait((20 * MINUTE, 20 * HOUR), (20, 60));
        plot.pay(kind, &victim.current, payee, Amount::Share(800), &context);
    }
    Some(())
}

/// From elsewhere to one lent account, from there in pieces to others and out, and out again.
pub(super) fn mule_chain(plot: &mut Plot<'_>) -> Option<()> {
    let (source, first) = (plot.stranger()?, plot.mule()?);
    let total = plot.chance.between(18, 60) * 10_000;
    plot.pay(TransactionKind::Deposit, source, first, Amount::Exact(total), &by_itself("credit-transfer"));
    plot.wait((20 * MINUTE, 3 * HOUR), (15, 40));
    let context = lent(plot, first);
    let pieces = plot.chance.between(3, 4);
    // Somebody keeps a little for the trouble.
    let piece = total * plot.chance.between(930, 980) / 1_000 / pieces;
    for _ in 0..pieces {
        let next = plot.mule()?;
        if next != first && plot.chance.happens(60) {
            plot.pay(TransactionKind::Transfer, first, next, Amount::Exact(piece), &context);
            pass_on(plot, next, piece)?;
        } else {
            let out = plot.stranger()?;
            plot.pay(TransactionKind::Withdrawal, first, out, Amount::Exact(piece), &context);
        }
        plot.wait((5 * MINUTE, 40 * MINUTE), (10, 30));
    }
    Some(())
}

/// The second account sends its piece on; the first goes on meanwhile.
fn pass_on(plot: &mut Plot<'_>, mule: &AccountNumber, piece: AmountMinor) -> Option<()> {
    let before = plot.at;
    plot.wait((HOUR, 6 * HOUR), (40, 90));
    let (out, context) = (plot.stranger()?, lent(plot, mule));
    let amount = Amount::Exact(piece * plot.chance.between(920, 980) / 1_000);
    plot.pay(TransactionKind::Withdrawal, mule, out, amount, &context);
    plot.at = before;
    Some(())
}

/// Those who run lent accounts use few devices for many of them.
fn lent(plot: &mut Plot<'_>, mule: &AccountNumber) -> PaymentContext {
    let device = format!("phone-lent-{}", mule.as_str().bytes().map(u64::from).sum::<u64>() % 3);
    PaymentContext { device: Some(device), place: None, ..plot.foreign_device("app") }
}

/// Cash just under 10,000 paid in again and again within a week, then sent off in the same manner.
pub(super) fn structuring(plot: &mut Plot<'_>) -> Option<()> {
    let (account, out) = (plot.mule()?, plot.stranger()?);
    let machine = plot.bank.terminals.first()?;
    let context = machine.context(None, machine.place?);
    let pieces: Vec<AmountMinor> =
        (0..plot.chance.between(3, 5)).map(|_| plot.chance.between(8_200, 9_900) * 100).collect();
    for piece in &pieces {
        plot.pay(TransactionKind::Deposit, &machine.account, account, Amount::Exact(*piece), &context);
        plot.wait((10 * HOUR, 26 * HOUR), (8, 25));
    }
    let context = lent(plot, account);
    for piece in pieces.iter().take(2) {
        let amount = Amount::Exact(piece - plot.chance.between(1, 150) * 100);
        plot.pay(TransactionKind::Withdrawal, account, out, amount, &context);
        plot.wait((6 * HOUR, DAY), (10, 30));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::habits::number;

    #[test]
    fn days_are_counted_as_devices_count_them() {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 3, 14).unwrap_or_default();
        assert_eq!(day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp() / DAY, number(day));
    }
}
