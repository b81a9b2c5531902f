//! Progress on a terminal: one line that is written over; on anything else a plain line now and then.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

const BAR_CELLS: u64 = 30;
const REDRAW_EVERY: Duration = Duration::from_millis(80);
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// Standard error as a place to show how far something came.
pub struct ProgressLine {
    terminal: bool,
    drawn: Option<Instant>,
}

impl Default for ProgressLine {
    fn default() -> Self {
        ProgressLine { terminal: std::io::stderr().is_terminal(), drawn: None }
    }
}

impl ProgressLine {
    /// Shows `done` of `total`, if the last picture is old enough.
    pub fn show(&mut self, what: &str, done: u64, total: u64) {
        let every = if self.terminal { REDRAW_EVERY } else { PLAIN_EVERY };
        if self.drawn.is_some_and(|drawn| drawn.elapsed() < every) {
            return;
        }
        self.drawn = Some(Instant::now());
        self.draw(&line(what, done, total));
    }

    /// Shows the end, and leaves the line.
    pub fn finish(&mut self, what: &str, done: u64, total: u64) {
        self.draw(&line(what, done, total));
        if self.terminal {
            let _ = writeln!(std::io::stderr());
        }
        self.drawn = None;
    }

    fn draw(&self, line: &str) {
        // Where standard error is gone, progress is of no use to anyone.
        let _ = if self.terminal {
            write!(std::io::stderr(), "\r\x1b[K{line}").and_then(|()| std::io::stderr().flush())
        } else {
            writeln!(std::io::stderr(), "{line}")
        };
    }
}

fn line(what: &str, done: u64, total: u64) -> String {
    let full = done.min(total).saturating_mul(BAR_CELLS).checked_div(total).unwrap_or(BAR_CELLS);
    let bar: String = (0..BAR_CELLS).map(|cell| if cell < full { '#' } else { '.' }).collect();
    let percent = done.min(total).saturating_mul(100).checked_div(total).unwrap_or(100);
    format!("{what:<24} [{bar}] {percent:>3} % {done}/{total}")
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn the_bar_fills_from_nothing_to_everything() {
        assert!(line("importing", 0, 10).ends_with("[..............................]   0 % 0/10"));
        assert!(line("importing", 5, 10).contains("[###############...............]  50 %"));
        assert!(line("importing", 0, 0).contains("100 %"));
    }
}
