//! Two promises, counted: the contributions of 10,000 decisions add up to their scores, and what 1,000 counterfactuals
//! promise is so when it is scored again.
//!
//! Half of the decisions are about payments of a small bank that lived, every other one with a model trained on it; half
//! are about facts that no bank would have, with scores that no model would give. Policies change all the time.
#![allow(clippy::unwrap_used)]

use crate::counterfactual::{Counterfactual, counterfactual, counterfactual_of};
use crate::decision::tests::any_model;
use crate::decision::{ModelScore, Verdict, decide};
use crate::facts::borrowed::{Histories, Parties};
use crate::facts::{Facts, Reading, gather};
use crate::features::{Inputs, N, NAMES};
use crate::history::{AccountHistory, CounterpartyHistory, DeviceHistory, Outcome, Past, Received, look};
use crate::model::file::{FORMAT, VERSION};
use crate::model::{Calibration, Model, ModelFile, Recipe, Samples, Window, train};
use crate::payment::{DAY_MS, MINUTE_MS, Party, Payment};
use crate::policy::{Policy, Thresholds};
use crate::rules::tests::any_facts;
use domain::TransactionKind;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use std::collections::{BTreeMap, VecDeque};
use uuid::Uuid;

const DECISIONS: usize = 10_000;
const COUNTERFACTUALS: usize = 1_000;
/// Payments that the model is taught by, before any is judged.
const TAUGHT: usize = 2_000;

/// The same values on every run.
struct Chance(TestRunner);

impl Chance {
    fn draw<T: std::fmt::Debug>(&mut self, strategy: &impl Strategy<Value = T>) -> T {
        strategy.new_tree(&mut self.0).unwrap().current()
    }
}

/// Payers, payees and devices with their histories.
#[derive(Default)]
struct Life {
    accounts: BTreeMap<Party, AccountHistory>,
    counterparties: BTreeMap<Party, CounterpartyHistory>,
    devices: BTreeMap<Party, DeviceHistory>,
    now_ms: i64,
    /// Frauds that are not known yet.
    unsaid: VecDeque<Payment>,
}

impl Life {
    /// Somebody pays: what was known before it, and whether it was fraud.
    fn pay(&mut self, chance: &mut Chance, policy: &Policy) -> (Facts, Inputs, bool) {
        let payment = self.payment(chance);
        self.say_what_is_known();
        let account = self.accounts.entry(payment.payer).or_default();
        let counterparty = self.counterparties.entry(payment.counterparty).or_default();
        let device = &*self.devices.entry(payment.device.unwrap()).or_default();
        look(&payment, account, Some(counterparty));
        let parties = Parties::of(&payment, account, counterparty, Some(device));
        let histories = Histories {
            available_minor: Reading::Known(
                chance.draw(&prop_oneof![100_000..900_000_i64, Just(payment.amount_minor)]),
            ),
            ..parties.histories(&payment)
        };
        let facts = gather(policy, &payment, &histories);
        let inputs = parties.inputs(&payment);
        account.push(Past::of(&payment, Outcome::Posted));
        counterparty.push(Received::of(&payment, Outcome::Posted, inputs.is_first_of_pair(), inputs.is_large()));
        self.devices.entry(payment.device.unwrap()).or_default().push(payment.payer, payment.at_ms);
        // Something that can be learnt, and something that cannot.
        let fraud = (inputs.is_large() && payment.amount_minor > 300_000) || chance.draw(&(0..200)) == 0;
        if fraud {
            self.unsaid.push_back(payment);
        }
        (facts, inputs, fraud)
    }

    fn payment(&mut self, chance: &mut Chance) -> Payment {
        let (payer, payee, minutes) = chance.draw(&(0..150_u64, 0..400_u64, 1..40_i64));
        self.now_ms += minutes * MINUTE_MS;
        let amount =
            prop_oneof![6 => 500..12_000_i64, 2 => (1..40_i64).prop_map(|tens| tens * 1_000), 2 => 1..400_000_i64];
        Payment {
            id: Uuid::from_u128(self.now_ms.unsigned_abs().into()),
            kind: chance.draw(&prop_oneof![Just(TransactionKind::Transfer), Just(TransactionKind::Withdrawal)]),
            payer: Party(payer),
            counterparty: Party(1_000 + payee),
            amount_minor: chance.draw(&amount),
            at_ms: self.now_ms,
            local_offset_ms: 0,
            device: Some(Party(2_000 + payer + chance.draw(&(0..20_u64)) / 19)),
            place: None,
            channel: None,
            country: None,
            session_risk: None,
        }
    }

    fn say_what_is_known(&mut self) {
        while let Some(fraud) = self.unsaid.pop_front_if(|fraud| fraud.at_ms + 7 * DAY_MS <= self.now_ms) {
            let known_at_ms = fraud.at_ms + 7 * DAY_MS;
            self.accounts.entry(fraud.payer).or_default().label(fraud.id, fraud.at_ms, known_at_ms);
            self.counterparties.entry(fraud.counterparty).or_default().label(fraud.id, fraud.at_ms, known_at_ms);
        }
    }

    fn taught(&mut self, chance: &mut Chance) -> Model {
        let mut samples = Samples::new(N);
        for _ in 0..TAUGHT {
            let (_, inputs, fraud) = self.pay(chance, &Policy::default());
            samples.push(&inputs.features(), fraud).unwrap();
        }
        let recipe = Recipe { trees: 20, rate: 0.3, depth: 3, ..Recipe::default() };
        let window = Window { data: "a small bank".to_owned(), from_ms: 0, until_ms: 1, rows: 0, frauds: 0 };
        let file = ModelFile {
            format: FORMAT.to_owned(),
            version: VERSION,
            about: "for tests".to_owned(),
            trained_on: window,
            calibrated_on: None,
            recipe,
            figures: BTreeMap::new(),
            calibration: Calibration::default(),
            features: NAMES.iter().map(|name| (*name).to_owned()).collect(),
            trees: train(&samples, &recipe, &mut |_| {}).unwrap(),
        };
        Model::parse(&file.to_bytes().unwrap()).unwrap()
    }
}

fn any_policy() -> impl Strategy<Value = Policy> {
    (0..=100_u32, prop::array::uniform3(5..=101_u32), 0..3).prop_map(|(model_cap, mut steps, own)| {
        if own < 2 {
            return Policy::default();
        }
        steps.sort_unstable();
        let [review, hold, refuse] = steps;
        Policy { model_cap, thresholds: Thresholds { review, hold, refuse }, ..Policy::default() }
    })
}

#[derive(Default)]
struct Count {
    decisions: usize,
    with_model: usize,
    judged: usize,
    promises: usize,
    promises_of_trees: usize,
}

impl Count {
    /// One decision, and what would have been allowed instead. `model` answers for any amount.
    fn take(
        &mut self,
        chance: &mut Chance,
        facts: &Facts,
        policy: &Policy,
        model: &dyn Fn(&Facts) -> Option<ModelScore>,
        promise: impl FnOnce() -> Option<Counterfactual>,
    ) {
        let score = model(facts);
        let decision = decide(facts, policy, score.as_ref());
        let sum: f64 = decision.contributions.iter().map(|contribution| contribution.points).sum();
        assert!((sum - decision.score).abs() < 1e-6, "{sum} is not {}: {facts:?}", decision.score);
        self.decisions += 1;
        self.with_model += usize::from(score.is_some());
        if decision.verdict == Verdict::Allow {
            return;
        }
        self.judged += 1;
        let Some(Counterfactual { from_minor, below_minor }) = promise() else { return };
        assert!(1 <= from_minor && from_minor < below_minor && below_minor <= facts.amount_minor);
        let within = chance.draw(&prop::array::uniform4(from_minor..below_minor));
        let middle_minor = from_minor + (below_minor - from_minor) / 2;
        for amount_minor in [from_minor, middle_minor, below_minor - 1].into_iter().chain(within) {
            let facts = facts.with_amount(amount_minor);
            let again = decide(&facts, policy, model(&facts).as_ref());
            assert_eq!(again.verdict, Verdict::Allow, "at {amount_minor} of {from_minor}..{below_minor}: {facts:?}");
        }
        self.promises += 1;
    }
}

#[test]
fn ten_thousand_decisions_add_up_and_a_thousand_counterfactuals_hold() {
    let mut chance = Chance(TestRunner::deterministic());
    let mut life = Life::default();
    let model = life.taught(&mut chance);
    let (invented, scores, policies) = (any_facts(), any_model(), any_policy());
    let mut count = Count::default();
    while count.decisions < DECISIONS {
        let policy = chance.draw(&policies);
        match count.decisions % 4 {
            0 => {
                let (facts, inputs, _) = life.pay(&mut chance, &policy);
                let score = |facts: &Facts| Some(ModelScore::of(&model, &inputs.with_amount(facts.amount_minor)));
                let promise = || counterfactual_of(&facts, &policy, &model, &inputs);
                let before = count.promises;
                count.take(&mut chance, &facts, &policy, &score, promise);
                count.promises_of_trees += count.promises - before;
            }
            1 => {
                let (facts, ..) = life.pay(&mut chance, &policy);
                count.take(&mut chance, &facts, &policy, &|_| None, || counterfactual(&facts, &policy, &[], |_| None));
            }
            _ => {
                let (facts, score) = (chance.draw(&invented), chance.draw(&scores));
                let promise = || counterfactual(&facts, &policy, &[], |_| score.clone());
                count.take(&mut chance, &facts, &policy, &|_| score.clone(), promise);
            }
        }
    }
    println!(
        "{} decisions ({} with a score), {} not allowed; {} counterfactuals ({} of the trained model)",
        count.decisions, count.with_model, count.judged, count.promises, count.promises_of_trees
    );
    assert_eq!(count.decisions, DECISIONS);
    assert!(count.with_model > DECISIONS / 4 && count.with_model < DECISIONS * 3 / 4, "{}", count.with_model);
    assert!(count.promises >= COUNTERFACTUALS, "{}", count.promises);
    assert!(count.promises_of_trees >= COUNTERFACTUALS / 10, "{}", count.promises_of_trees);
}
