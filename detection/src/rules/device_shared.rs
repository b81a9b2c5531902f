//! Shared device: one device, many accounts.
//!
//! Meaning: the device served several accounts within the window, this one included.
//! Parameters: `count` accounts, this one included; `window_ms`.
//! Why: FATF: a herder runs the accounts of many mules from one machine.
//! False positives: a family's tablet, a library, a lawyer who acts for clients.

use super::prelude::*;

pub const COUNT: usize = 0;
pub const WINDOW_MS: usize = 1;

pub const RULE: Rule = Rule {
    id: RuleId::DeviceShared,
    direction: Direction::Both,
    title: Text { en: "Shared device", fr: "Appareil partagé" },
    sentence: Text { en: "This device served {n} accounts in {w}", fr: "Cet appareil a servi {n} comptes en {w}" },
    weight: 35,
    parameters: &[Parameter::count(3), Parameter::window(7 * DAY_MS)],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let device = known!(&facts.device);
    Firing::when(device.other_accounts + 1 >= parameters.values[COUNT])
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    Values::from([
        (Placeholder::N, Value::Count(facts.other_accounts() + 1)),
        (Placeholder::W, Value::DurationMs(parameters.values[WINDOW_MS])),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let others = |name, count| quiet(name).device(|device| device.other_accounts = count);
    Fixtures {
        rule: RuleId::DeviceShared,
        firing: vec![
            others("the third account", 2),
            others("as many as are counted", 64),
            others("a deposit too", 2).kind(domain::TransactionKind::Deposit),
        ],
        silent: vec![others("a couple", 1), others("one person", 0), quiet("no device").without_device()],
    }
}
