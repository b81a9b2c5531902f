//! When a socket's next frame may leave. Pure: moments are passed in.
//!
//! A frame leaves at once if none left in the last 50 ms, else at that mark with everything since.

use std::time::{Duration, Instant};

pub const COALESCE: Duration = Duration::from_millis(50);
pub const HEARTBEAT: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy)]
pub struct Pacer {
    /// The last frame of any kind.
    sent: Instant,
    /// The last frame with news.
    passed_on: Option<Instant>,
    /// News may wait: since when is of no interest.
    news: bool,
    /// More was there than fitted into the last frame.
    backlog: bool,
}

impl Pacer {
    pub fn new(now: Instant) -> Self {
        Pacer { sent: now, passed_on: None, news: false, backlog: false }
    }

    /// The feed took something.
    pub fn stir(&mut self) {
        self.news = true;
    }

    pub fn stirred(&self) -> bool {
        self.news || self.backlog
    }

    /// When to look for news; none while nothing happened.
    pub fn look_at(&self, now: Instant) -> Option<Instant> {
        if self.backlog {
            return Some(now);
        }
        if !self.news {
            return None;
        }
        Some(now).max(self.passed_on.map(|passed_on| passed_on + COALESCE))
    }

    /// Looked, and found nothing for this socket.
    pub fn found_nothing(&mut self) {
        self.news = false;
        self.backlog = false;
    }

    /// A frame with news left; `more` waits to follow at once.
    pub fn passed_on(&mut self, now: Instant, more: bool) {
        (self.sent, self.passed_on) = (now, Some(now));
        self.news = more;
        self.backlog = more;
    }

    /// A frame without news left.
    pub fn sent(&mut self, now: Instant) {
        self.sent = now;
    }

    pub fn heartbeat_at(&self) -> Instant {
        self.sent + HEARTBEAT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_first_news_after_a_rest_leave_at_once() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start);
        assert_eq!(pacer.look_at(start), None);
        pacer.stir();
        assert_eq!(pacer.look_at(start), Some(start));
        pacer.passed_on(start, false);
        pacer.stir();
        assert_eq!(pacer.look_at(start + 60 * MS), Some(start + 60 * MS));
    }

    #[test]
    fn within_fifty_milliseconds_of_a_frame_news_wait_for_that_mark() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start);
        pacer.stir();
        pacer.passed_on(start, false);
        for _ in 0..3 {
            pacer.stir();
            assert_eq!(pacer.look_at(start + 10 * MS), Some(start + COALESCE));
        }
    }

    #[test]
    fn what_did_not_fit_follows_at_once() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start);
        pacer.passed_on(start, true);
        assert_eq!(pacer.look_at(start + MS), Some(start + MS));
        pacer.passed_on(start + MS, false);
        assert_eq!(pacer.look_at(start + MS), None);
    }

    #[test]
    fn a_heartbeat_is_due_two_seconds_after_the_last_frame_of_any_kind() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start);
        pacer.passed_on(start + 500 * MS, false);
        assert_eq!(pacer.heartbeat_at(), start + 2_500 * MS);
        pacer.sent(start + 2_500 * MS);
        assert_eq!(pacer.heartbeat_at(), start + 4_500 * MS);
    }
}
