//! The names of the rules, for ever: stored decisions and policies speak of them.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! ids {
    ($($variant:ident = $name:literal,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum RuleId {
            $(#[serde(rename = $name)] $variant,)*
        }

        impl RuleId {
            pub const ALL: &[RuleId] = &[$(RuleId::$variant,)*];
            pub const COUNT: usize = RuleId::ALL.len();

            pub const fn as_str(self) -> &'static str {
                match self { $(RuleId::$variant => $name,)* }
            }

            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(RuleId::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

ids! {
    Structuring = "structuring",
    JustBelowLimit = "just-below-limit",
    DailyLimit = "daily-limit",
    Velocity = "velocity",
    AmountOutlier = "amount-outlier",
    RepeatedAmount = "repeated-amount",
    NewPayeeLarge = "new-payee-large",
    ProbeThenLarge = "probe-then-large",
    CardTesting = "card-testing",
    TerminalBurst = "terminal-burst",
    ManyRefusals = "many-refusals",
    RetrySmaller = "retry-smaller",
    DormantWakeup = "dormant-wakeup",
    AccountNew = "account-new",
    RapidInOut = "rapid-in-out",
    InThenSplit = "in-then-split",
    FanIn = "fan-in",
    SharedPayee = "shared-payee",
    FanOut = "fan-out",
    RoundTrip = "round-trip",
    BalanceDrain = "balance-drain",
    SalaryDrain = "salary-drain",
    OddHour = "odd-hour",
    NightWeekendCash = "night-weekend-cash",
    ImpossibleTravel = "impossible-travel",
    NewDevice = "new-device",
    DeviceShared = "device-shared",
    ContactChange = "contact-change",
    ChannelRisk = "channel-risk",
    PayeeReported = "payee-reported",
    TerminalRisk = "terminal-risk",
    CardAtRisk = "card-at-risk",
}

impl RuleId {
    /// Its place in `rules::ALL` and in a policy.
    pub const fn index(self) -> usize {
        self as usize
    }

    pub fn rule(self) -> &'static super::Rule {
        &super::ALL[self.index()]
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
