//! Between the lanes of one process: what one has committed, the others hear before their next batch.
//!
//! Promises: bounded; a lane that cannot keep up forgets what it remembers and reads it again, it never misses a row.

use super::memory::Memory;
use super::observed::Observed;
use crate::worker::lane::Lane;
use chrono_tz::Tz;
use std::sync::{Arc, Mutex, PoisonError};

/// More than this waiting means that reading the tables again is cheaper.
const WAITING_MAX: usize = 100_000;

#[derive(Debug, Default)]
struct Waiting {
    observed: Vec<Arc<Vec<Observed>>>,
    rows: usize,
    /// Something was missed: what is remembered of others may be wrong.
    missed: bool,
}

/// Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Exchange(Arc<[Mutex<Waiting>; Lane::COUNT]>);

/// One lane's end of the exchange.
pub struct Inbox {
    exchange: Exchange,
    lane: Lane,
}

impl Exchange {
    pub fn inbox(&self, lane: Lane) -> Inbox {
        Inbox { exchange: self.clone(), lane }
    }

    /// Tells every lane but one.
    fn tell(&self, observed: Vec<Observed>, but: Option<Lane>) {
        if observed.is_empty() {
            return;
        }
        let observed = Arc::new(observed);
        for lane in Lane::all().filter(|lane| Some(*lane) != but) {
            self.change(lane, |waiting| {
                waiting.rows += observed.len();
                waiting.observed.push(Arc::clone(&observed));
                if waiting.rows > WAITING_MAX {
                    *waiting = Waiting { missed: true, ..Waiting::default() };
                }
            });
        }
    }

    /// Other workers' decisions, for every lane.
    pub fn tell_all(&self, observed: Vec<Observed>) {
        self.tell(observed, None);
    }

    /// From here on others are heard anew: what was remembered of them before is not certain.
    pub fn start_afresh(&self) {
        for lane in Lane::all() {
            self.change(lane, |waiting| *waiting = Waiting { missed: true, ..Waiting::default() });
        }
    }

    fn change(&self, lane: Lane, change: impl FnOnce(&mut Waiting)) {
        change(&mut self.0[lane.index()].lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Inbox {
    pub fn lane(&self) -> Lane {
        self.lane
    }

    pub fn tell_others(&self, observed: Vec<Observed>) {
        self.exchange.tell(observed, Some(self.lane));
    }

    /// Lets every lane read again what it remembers.
    pub fn start_afresh(&self) {
        self.exchange.start_afresh();
    }

    pub fn drain(&self, memory: &mut Memory, zone: Tz) {
        let mut waiting = Waiting::default();
        self.exchange.change(self.lane, |known| waiting = std::mem::take(known));
        if waiting.missed {
            memory.clear();
        }
        memory.apply_foreign(waiting.observed.iter().flat_map(|observed| observed.iter()), zone);
    }
}
