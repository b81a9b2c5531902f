//! The accounts that a key or a producer may act for, as flags and in words.

use crate::store::api_keys::Reach;
use domain::AccountNumber;

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
pub struct ReachArgs {
    /// An account whose money it may put at risk; may be given several times.
    #[arg(long = "account", conflicts_with = "all_accounts")]
    accounts: Vec<AccountNumber>,
    /// It may act for every customer account, as a network of terminals does.
    #[arg(long)]
    all_accounts: bool,
}

impl ReachArgs {
    pub fn reach(self) -> Reach {
        if self.all_accounts { Reach::All } else { Reach::Accounts(self.accounts.into_iter().collect()) }
    }
}

pub fn words(reach: &Reach) -> String {
    match reach {
        Reach::All => "all accounts".to_owned(),
        Reach::Accounts(accounts) => accounts.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    }
}
