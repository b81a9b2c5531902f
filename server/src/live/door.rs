//! How many sockets may be open, per person and per node.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub per_person: usize,
    pub per_node: usize,
}

#[derive(Debug, Clone)]
pub struct Door {
    limits: Limits,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_person: HashMap<Uuid, usize>,
}

/// The right to one open socket; given back when dropped.
#[derive(Debug)]
pub struct Pass {
    person: Uuid,
    open: Arc<Mutex<Open>>,
}

impl Door {
    pub fn new(limits: Limits) -> Self {
        Door { limits, open: Arc::default() }
    }

    /// None when the person or the node has too many.
    pub fn enter(&self, person: Uuid) -> Option<Pass> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs = open.by_person.get(&person).copied().unwrap_or(0);
        if open.all >= self.limits.per_node || theirs >= self.limits.per_person {
            return None;
        }
        open.all += 1;
        open.by_person.insert(person, theirs + 1);
        metrics::gauge!("vigie_live_sockets").set(open.all as f64);
        Some(Pass { person, open: Arc::clone(&self.open) })
    }

    /// Sockets open now.
    pub fn count(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).all
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        metrics::gauge!("vigie_live_sockets").set(open.all as f64);
        if let Some(theirs) = open.by_person.get_mut(&self.person) {
            *theirs -= 1;
            if *theirs == 0 {
                open.by_person.remove(&self.person);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_and_a_node_have_their_limits_and_get_back_what_is_closed() {
        let door = Door::new(Limits { per_person: 2, per_node: 3 });
        let (ann, bob) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let first = door.enter(ann);
        let second = door.enter(ann);
        assert!(first.is_some() && second.is_some());
        assert!(door.enter(ann).is_none());
        let third = door.enter(bob);
        assert!(third.is_some());
        assert!(door.enter(bob).is_none(), "the node is full");
        drop(first);
        assert!(door.enter(bob).is_some());
        drop((second, third));
        assert_eq!(door.count(), 0);
    }
}
