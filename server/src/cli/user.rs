//! `vigie user`: people, their roles, passwords and accounts.
//!
//! Identity is written at once. Who may see an account is the bank's business: those changes are commands, and take
//! effect when the worker has decided them.

use crate::config::Config;
use crate::identity::{generate_password, hash_password};
use crate::kafka::command_producer::{CommandProducer, Source};
use crate::store::Store;
use anyhow::Context as _;
use app::ports::Role;
use clap::{Subcommand, ValueEnum};
use domain::command::LinkAccount;
use domain::{AccountNumber, Command};
use std::io::{BufRead as _, IsTerminal as _};
use std::process::ExitCode;
use std::time::Duration;
use uuid::Uuid;

const SHORTEST_PASSWORD: usize = 12;
const DECIDED_WITHIN: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add a person. The password is read from standard input, or generated and printed.
    Add {
        username: String,
        /// The name that pages show; the username if absent.
        #[arg(long)]
        name: Option<String>,
        #[arg(long, value_enum, default_value_t = RoleName::Customer)]
        role: RoleName,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Change what somebody may do. Open pages follow within seconds.
    Role { username: String, role: RoleName },
    /// Let somebody see and use an account.
    Link { username: String, account: AccountNumber },
    /// Take that right away.
    Unlink { username: String, account: AccountNumber },
    /// Keep somebody out; open sessions end at once.
    Disable { username: String },
    /// Let somebody in again.
    Enable { username: String },
    /// Set a new password; open sessions end at once.
    Password {
        username: String,
        #[command(flatten)]
        password: PasswordSource,
    },
}

#[derive(Debug, clap::Args)]
struct PasswordSource {
    /// Read the password's one line from standard input instead of generating one.
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    Customer,
    Analyst,
    Operator,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Customer => Role::Customer,
            RoleName::Analyst => Role::Analyst,
            RoleName::Operator => Role::Operator,
        }
    }
}

pub async fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    let store = Store::connect(&config).await?;
    match args.action {
        Action::Add { username, name, role, password } => {
            let password = password.obtain()?;
            let name = name.unwrap_or_else(|| username.clone());
            store.add_person(&username, &name, role.into(), &hash_password(&password.text)?, false).await?;
            println!("Added {username}.");
            password.tell();
        }
        Action::Role { username, role } => {
            store.set_role(&username, role.into()).await?;
            println!("Changed {username}'s role.");
        }
        Action::Link { username, account } => link(&config, &store, &username, account, true).await?,
        Action::Unlink { username, account } => link(&config, &store, &username, account, false).await?,
        Action::Disable { username } => {
            store.set_disabled(&username, true).await?;
            println!("Disabled {username}; their sessions are over.");
        }
        Action::Enable { username } => {
            store.set_disabled(&username, false).await?;
            println!("Enabled {username}.");
        }
        Action::Password { username, password } => {
            let password = password.obtain()?;
            store.reset_password(&username, &hash_password(&password.text)?).await?;
            println!("Changed {username}'s password; their sessions are over.");
            password.tell();
        }
    }
    Ok(ExitCode::SUCCESS)
}

struct NewPassword {
    text: String,
    generated: bool,
}

impl NewPassword {
    fn tell(&self) {
        if self.generated {
            println!("Password, shown once: {}", self.text);
        }
    }
}

impl PasswordSource {
    fn obtain(&self) -> anyhow::Result<NewPassword> {
        if !self.password_stdin {
            return Ok(NewPassword { text: generate_password(), generated: true });
        }
        let input = std::io::stdin();
        if input.is_terminal() {
            eprintln!("Password (it shows as you type):");
        }
        let mut line = String::new();
        input.lock().read_line(&mut line).context("cannot read the password")?;
        let text = line.trim_end_matches(['\r', '\n']).to_owned();
        anyhow::ensure!(
            text.chars().count() >= SHORTEST_PASSWORD,
            "a password has {SHORTEST_PASSWORD} characters at least"
        );
        Ok(NewPassword { text, generated: false })
    }
}

async fn link(
    config: &Config,
    store: &Store,
    username: &str,
    account: AccountNumber,
    wanted: bool,
) -> anyhow::Result<()> {
    let person = store.person_named(username).await?;
    let body = LinkAccount { account: account.clone(), person: person.id };
    let command = if wanted { Command::LinkAccount(body) } else { Command::UnlinkAccount(body) };
    let producer = CommandProducer::new(config)?;
    producer.send(Uuid::now_v7(), Source::Operator, &command).await?;
    let decided = async {
        while store.paying_right(&person, &account).await.map_err(anyhow::Error::from)?.is_some() != wanted {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok::<_, anyhow::Error>(())
    };
    let done = if wanted { "may use" } else { "no longer uses" };
    match tokio::time::timeout(DECIDED_WITHIN, decided).await {
        Ok(answer) => {
            answer?;
            println!("{username} {done} {account}.");
        }
        Err(_) => {
            println!("The request is in the log, not decided yet: no worker runs, or there is no account {account}.")
        }
    }
    Ok(())
}
