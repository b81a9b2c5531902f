//! Frauds with cards: leaked, skimmed at a terminal, tested.

use super::{DAY, HOUR, MINUTE, Plot};
use crate::bank::customer::Customer;
use crate::geography::FAR;
use crate::intent::Amount;
use crate::random::Chance;
use domain::{AmountMinor, TransactionKind};

const CARD: TransactionKind = TransactionKind::Withdrawal;

/// Spent as fast as it goes on the net within minutes, or over days from another continent.
pub(super) fn leaked(plot: &mut Plot<'_>) -> Option<()> {
    let victim = plot.victim(40_000)?;
    let from = FAR[plot.chance.below(FAR.len())].somewhere(plot.chance);
    let burst = plot.chance.happens(60);
    let count = if burst { plot.chance.between(6, 8) } else { plot.chance.between(4, 7) };
    let most = (plot.purses.available_minor(&victim.current)? / count).clamp(2_000, 45_000);
    for _ in 0..count {
        let terminal = plot.chance.one_of(&plot.bank.others.abroad)?;
        let context = plot.with_copied_card(terminal, from);
        let amount = Amount::Exact(plot.chance.between(most / 3, most));
        plot.pay(CARD, &victim.current, &terminal.account, amount, &context);
        if burst {
            plot.wait((30, 80), (5, 20));
        } else {
            plot.wait((3 * HOUR, DAY), (10, 40));
        }
    }
    Some(())
}

/// Cards that were used at one terminal are charged there again, a few times what is usual.
pub(super) fn terminal_compromised(plot: &mut Plot<'_>) -> Option<()> {
    let first = plot.victim(20_000)?;
    let bank = plot.bank;
    let weak: Vec<_> = bank.terminals.iter().filter(|shop| shop.weak && shop.town == Some(first.town)).collect();
    let terminal = *plot.chance.one_of(&weak)?;
    let context = terminal.context(None, first.home);
    let customers = bank.customers.get(plot.customers.clone())?;
    let mut cards: Vec<_> = customers.iter().filter(|card| card.town == first.town).collect();
    plot.chance.shuffle(&mut cards);
    // Those who always go there were copied for certain.
    let regular = |card: &Customer| card.haunts().any(|haunt| bank.terminals[haunt].account == terminal.account);
    cards.sort_by_key(|card| !regular(card));
    cards.truncate(usize::try_from(plot.chance.between(3, 6)).unwrap_or(3));
    let times = plot.chance.between(1, 2);
    for card in cards.iter().cycle().take(cards.len() * usize::try_from(times).unwrap_or(1)) {
        let amount = Amount::Exact(plot.chance.between(8_000, 26_000));
        plot.pay(CARD, &card.current, &terminal.account, amount, &context);
        plot.wait((4 * HOUR, 2 * DAY), (15, 60));
    }
    Some(())
}

/// Two euros at most: one card again and again and then in earnest, or many cards at one shop.
pub(super) fn testing(plot: &mut Plot<'_>) -> Option<()> {
    let bank = plot.bank;
    let terminal = plot.chance.one_of(&bank.others.abroad)?;
    let from = FAR[plot.chance.below(FAR.len())].somewhere(plot.chance);
    let context = plot.with_copied_card(terminal, from);
    if plot.chance.happens(30) && plot.customers.len() >= 16 {
        let mut cards: Vec<_> = bank.customers.get(plot.customers.clone())?.iter().collect();
        plot.chance.shuffle(&mut cards);
        for card in cards.iter().take(usize::try_from(plot.chance.between(12, 14)).unwrap_or(12)) {
            let amount = Amount::Exact(tiny(plot.chance));
            plot.pay(CARD, &card.current, &terminal.account, amount, &context);
            plot.wait((10, 35), (1, 6));
        }
        return Some(());
    }
    let victim = plot.victim(30_000)?;
    for _ in 0..plot.chance.between(5, 8) {
        let amount = Amount::Exact(tiny(plot.chance));
        plot.pay(CARD, &victim.current, &terminal.account, amount, &context);
        plot.wait((MINUTE, 6 * MINUTE), (2, 8));
    }
    let amount = Amount::Exact(plot.chance.between(12_000, 30_000));
    plot.pay(CARD, &victim.current, &terminal.account, amount, &context);
    Some(())
}

fn tiny(chance: &mut Chance) -> AmountMinor {
    chance.between(20, 200)
}
