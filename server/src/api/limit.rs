//! Token buckets: one per key, one per client address for those without a standing key. In memory, per web node.
//!
//! A bucket is one number, the moment at which it would be full again (the generic cell rate algorithm), so that it
//! needs no clock of its own and no float. Addresses are bounded: when too many are known, those that are full again
//! are forgotten, and if that is not enough, newcomers share one bucket.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Without a standing key, per address: this many per second, and at once.
const STRANGER: Rate = Rate { per_second: 10, burst: 20 };
const ADDRESSES: usize = 10_000;

const SECOND: u64 = 1_000_000_000;

/// How much may come, for ever and at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub per_second: u32,
    pub burst: u32,
}

impl Rate {
    /// Nanoseconds for one more.
    fn interval(self) -> u64 {
        SECOND / u64::from(self.per_second.max(1))
    }

    fn room(self) -> u64 {
        self.interval() * u64::from(self.burst.max(1))
    }
}

/// What a caller is told of its bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    rate: Rate,
    pub remaining: u64,
    /// Until the bucket is full again, in nanoseconds.
    full_in: u64,
}

impl Pace {
    pub fn policy(&self) -> String {
        let window = u64::from(self.rate.burst).div_ceil(u64::from(self.rate.per_second.max(1))).max(1);
        format!("\"default\";q={};w={window}", self.rate.burst)
    }

    pub fn now(&self) -> String {
        format!("\"default\";r={};t={}", self.remaining, self.full_in.div_ceil(SECOND))
    }
}

/// The bucket is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limited {
    pub pace: Pace,
    /// When to try again: 1 or more.
    pub seconds: u64,
}

/// When the bucket is full again, in nanoseconds of the caller's clock.
#[derive(Debug, Clone, Copy, Default)]
struct Bucket(u64);

impl Bucket {
    fn take(&mut self, now: u64, rate: Rate) -> Result<Pace, Limited> {
        let full_at = self.0.max(now) + rate.interval();
        let full_in = full_at - now;
        if full_in > rate.room() {
            let wait = full_in - rate.room();
            let pace = Pace { rate, remaining: 0, full_in: full_in - rate.interval() };
            return Err(Limited { pace, seconds: wait.div_ceil(SECOND).max(1) });
        }
        self.0 = full_at;
        Ok(Pace { rate, remaining: (rate.room() - full_in) / rate.interval(), full_in })
    }
}

/// A key's own bucket.
pub struct KeyPace {
    rate: Rate,
    started: Instant,
    bucket: Mutex<Bucket>,
}

impl KeyPace {
    pub fn new(rate: Rate) -> Self {
        KeyPace { rate, started: Instant::now(), bucket: Mutex::default() }
    }

    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// # Errors
    /// [`Limited`].
    pub fn take(&self) -> Result<Pace, Limited> {
        let now = nanoseconds(self.started);
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner).take(now, self.rate)
    }
}

fn nanoseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX / 2)
}

#[derive(Default)]
struct Strangers {
    by_address: HashMap<IpAddr, Bucket>,
    /// Of those for whom there is no room.
    others: Bucket,
}

impl Strangers {
    fn take(&mut self, address: IpAddr, now: u64) -> Result<Pace, Limited> {
        if !self.by_address.contains_key(&address) && self.by_address.len() >= ADDRESSES {
            if self.others.0 <= now {
                // Looking through all costs something: at most as often as the shared bucket is full.
                self.by_address.retain(|_, bucket| bucket.0 > now);
            }
            if self.by_address.len() >= ADDRESSES {
                return self.others.take(now, STRANGER);
            }
        }
        self.by_address.entry(address).or_default().take(now, STRANGER)
    }
}

/// The buckets of client addresses.
pub struct Limits {
    started: Instant,
    strangers: Mutex<Strangers>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { started: Instant::now(), strangers: Mutex::default() }
    }
}

impl Limits {
    /// One request of somebody without a standing key.
    ///
    /// # Errors
    /// [`Limited`].
    pub fn stranger(&self, address: IpAddr) -> Result<Pace, Limited> {
        let now = nanoseconds(self.started);
        self.strangers.lock().unwrap_or_else(PoisonError::into_inner).take(neighbourhood(address), now)
    }
}

/// Who has one address of IPv6 has 2^64.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address => address,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// In any span of time no more comes through than the burst and what the rate adds; nobody who keeps to the
        /// rate is turned away; and who waits as told is let in.
        #[test]
        fn a_bucket_lets_through_its_burst_and_its_rate_and_no_more(
            per_second in 1_u32..1_000,
            burst in 1_u32..100,
            steps in prop::collection::vec(0_u64..300_000_000, 1..400),
        ) {
            let rate = Rate { per_second, burst };
            let (mut bucket, mut now, mut taken) = (Bucket::default(), 0, Vec::new());
            for step in steps {
                now += step;
                match bucket.take(now, rate) {
                    Ok(pace) => {
                        prop_assert!(pace.remaining < u64::from(burst));
                        taken.push(now);
                    }
                    Err(limited) => {
                        let later = now + limited.seconds * SECOND;
                        prop_assert!(Bucket(bucket.0).take(later, rate).is_ok());
                    }
                }
            }
            for (first, from) in taken.iter().enumerate() {
                for (last, until) in taken.iter().enumerate().skip(first) {
                    let most = u64::from(burst) + (until - from) / rate.interval();
                    prop_assert!((last - first + 1) as u64 <= most);
                }
            }
            let mut slow = Bucket::default();
            for turn in 0..50 {
                prop_assert!(slow.take(turn * rate.interval(), rate).is_ok());
            }
        }
    }

    #[test]
    fn a_hundred_thousand_addresses_share_what_room_there_is() {
        let mut strangers = Strangers::default();
        let address = |n: u32| IpAddr::from(n.to_be_bytes());
        let through = (0..100_000).filter(|n| strangers.take(address(*n), 1).is_ok()).count();
        assert_eq!(through, ADDRESSES + STRANGER.burst as usize);
        assert_eq!(strangers.by_address.len(), ADDRESSES);
        // Once they are full again they make room.
        assert!(strangers.take(address(200_000), 10 * SECOND).is_ok());
        assert_eq!(strangers.by_address.len(), 1);
    }

    #[test]
    fn a_whole_network_of_ipv6_is_one_neighbour() {
        let near: IpAddr = "2001:db8::1".parse().unwrap();
        assert_eq!(neighbourhood(near), neighbourhood("2001:db8::ffff:2".parse().unwrap()));
        assert_ne!(neighbourhood(near), neighbourhood("2001:db8:0:1::1".parse().unwrap()));
        assert_eq!(neighbourhood("::ffff:192.0.2.1".parse().unwrap()), IpAddr::from([192, 0, 2, 1]));
    }
}
