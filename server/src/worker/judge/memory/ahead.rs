//! Histories are cold to the processor: their memory is asked for some payments ahead, and comes while others are in hand.
//!
//! Promises: waits for nothing and changes nothing. First the heads, which say where the rows are; then the rows.

use super::{Memory, Observed, Shelf, is_learnt_of};
use detection::history::{AccountHistory, CounterpartyHistory, DeviceHistory};
use detection::payment::{Party, Payment};
use domain::TransactionKind;
use prefetch_index::prefetch_index;
use std::collections::VecDeque;
use std::slice::from_ref;

/// Payments ahead, of heads and of rows: judging one takes some microseconds, a line of memory about a tenth of one.
const JUDGED_AHEAD: [usize; 2] = [3, 1];
/// Taking in what another lane decided takes about a tenth of judging it.
const FOREIGN_AHEAD: [usize; 2] = [12, 6];

/// Whose histories a decision changes, beside the payer's own.
#[derive(Clone, Copy, Default)]
struct Shared {
    counterparty: Option<Party>,
    credited: Option<Party>,
    device: Option<Party>,
}

impl Shared {
    fn of_payment(payment: &Payment) -> Self {
        Shared {
            counterparty: is_learnt_of(payment).then_some(payment.counterparty),
            credited: (payment.kind == TransactionKind::Transfer).then_some(payment.counterparty),
            device: payment.device,
        }
    }

    /// Of what is told often.
    fn of_observed(observed: &Observed) -> Self {
        match observed {
            Observed::Decided { device, received, counterparty, credited, .. } => Shared {
                counterparty: received.map(|_| *counterparty),
                credited: credited.then_some(*counterparty),
                device: *device,
            },
            Observed::Settled { .. } | Observed::Labelled { .. } => Shared::default(),
        }
    }
}

impl<T> Shelf<T> {
    fn prefetch_head(&self, party: Option<Party>, prefetch: fn(&T)) {
        if let Some(kept) = party.and_then(|party| self.kept.get(&party)) {
            prefetch_index(from_ref(&kept.changed), 0);
            prefetch(&kept.history);
        }
    }

    fn prefetch(&self, party: Option<Party>, prefetch: impl FnOnce(&T)) {
        if let Some(kept) = party.and_then(|party| self.kept.get(&party)) {
            prefetch(&kept.history);
        }
    }
}

impl Memory {
    /// The payments that will be judged, the very next one first.
    pub fn prefetch(&self, next: &VecDeque<((i32, i64), Payment)>) {
        let [heads, rows] = JUDGED_AHEAD.map(|ahead| next.get(ahead).map(|(_, payment)| payment));
        if let Some(payment) = heads {
            self.accounts.prefetch_head(Some(payment.payer), AccountHistory::prefetch_head);
            self.prefetch_shared_heads(Shared::of_payment(payment));
        }
        if let Some(payment) = rows {
            let shared = Shared::of_payment(payment);
            self.accounts.prefetch(Some(payment.payer), |account| account.prefetch(payment.counterparty));
            self.counterparties.prefetch(shared.counterparty, CounterpartyHistory::prefetch);
            self.accounts.prefetch(shared.credited, AccountHistory::prefetch_end);
            self.devices.prefetch(shared.device, DeviceHistory::prefetch);
        }
    }

    /// What was decided elsewhere and will be taken in, the very next one first.
    pub(super) fn prefetch_foreign(&self, next: &[&Observed]) {
        let [heads, ends] = FOREIGN_AHEAD.map(|ahead| next.get(ahead).map(|observed| Shared::of_observed(observed)));
        if let Some(shared) = heads {
            self.prefetch_shared_heads(shared);
        }
        if let Some(shared) = ends {
            self.counterparties.prefetch(shared.counterparty, CounterpartyHistory::prefetch_end);
            self.accounts.prefetch(shared.credited, AccountHistory::prefetch_end);
            self.devices.prefetch(shared.device, DeviceHistory::prefetch);
        }
    }

    fn prefetch_shared_heads(&self, shared: Shared) {
        self.counterparties.prefetch_head(shared.counterparty, CounterpartyHistory::prefetch_head);
        self.accounts.prefetch_head(shared.credited, AccountHistory::prefetch_head);
        self.devices.prefetch_head(shared.device, DeviceHistory::prefetch_head);
    }
}
