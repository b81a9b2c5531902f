//! How long decisions take in process, one after the other on one core.
//!
//! Promises: what is timed is what the worker does with each payment: the look at its histories, the facts of all rules,
//! the model's inputs and score, the verdict. The histories are cold to the processor, as they are in the worker.
//! Absent from the times: finding the histories, and taking the payment into them.

use crate::report::{line, percentile};
use detection::decision::{ModelScore, judge};
use detection::facts::borrowed::Histories;
use detection::facts::{Reading, gather};
use detection::features::Inputs;
use detection::model::Model;
use detection::payment::Payment;
use detection::policy::Policy;
use detection::replay::Replay;
use serde_json::{Value, json};
use std::time::Instant;

#[derive(Default)]
pub struct Pace {
    took_us: Vec<f64>,
}

impl Pace {
    /// Decides the payment, and times it. Who asks takes it into the histories.
    pub fn decide(
        &mut self,
        replay: &mut Replay,
        payment: &Payment,
        available_minor: i64,
        policy: &Policy,
        model: &Model,
    ) -> (ModelScore, Inputs) {
        let found = replay.find(payment);
        let begun = Instant::now();
        let parties = found.look(payment);
        let available_minor = Reading::Known(available_minor);
        let facts = gather(policy, payment, &Histories { available_minor, ..parties.histories(payment) });
        let inputs = parties.inputs(payment);
        let score = ModelScore::verdict_only(model, &inputs);
        std::hint::black_box(judge(&facts, policy, Some(&score)));
        self.took_us.push(begun.elapsed().as_secs_f64() * 1e6);
        (score, inputs)
    }

    /// Prints the figures beside their goals, and gives them.
    pub fn report(mut self) -> Value {
        self.took_us.sort_by(f64::total_cmp);
        let per_second = self.took_us.len() as f64 / self.took_us.iter().sum::<f64>() * 1e6;
        let (p50_us, p99_us) = (percentile(&self.took_us, 0.50), percentile(&self.took_us, 0.99));
        line("features, all rules and model, decisions/s of a core", format!("{per_second:.0}"), "at least 200000");
        line("the same, p50, us", format!("{p50_us:.2}"), "");
        line("the same, p99, us", format!("{p99_us:.2}"), "at most 50");
        let round = |value: f64| (value * 100.0).round() / 100.0;
        json!({
            "decisions": self.took_us.len(),
            "per_second": per_second.round(),
            "p50_us": round(p50_us),
            "p99_us": round(p99_us),
        })
    }
}
