//! `vigie producer`: who may write to bank.commands directly, with which key, for which accounts.

use super::reach::{ReachArgs, words};
use crate::config::Config;
use crate::kafka::signature::ProducerKey;
use crate::store::Store;
use anyhow::Context as _;
use clap::Subcommand;
use domain::hex::{hex, unhex};
use ed25519_dalek::SigningKey;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Register a producer by its public key, or make a key pair and print the private key, once.
    Add {
        /// 1 to 63 of a-z, 0-9, dot, dash and underscore; stands in each of its signatures.
        id: String,
        /// The name that lists show; the id if absent.
        #[arg(long)]
        name: Option<String>,
        /// Ed25519 public key, 64 digits of hex.
        #[arg(long)]
        public_key: Option<String>,
        #[command(flatten)]
        reach: ReachArgs,
    },
    /// Every producer.
    List,
    /// Take all rights away; effective within five seconds, also for records not decided yet.
    Revoke { id: String },
}

pub async fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    let store = Store::connect(&config).await?;
    match args.action {
        Action::Add { id, name, public_key, reach } => {
            let (public_key, private_key) = key_of(public_key.as_deref())?;
            let name = name.unwrap_or_else(|| id.clone());
            store.add_producer(&id, &name, &public_key, &reach.reach()).await?;
            println!("Added {id}, public key {}.", hex(&public_key));
            if let Some(private_key) = private_key {
                println!("Private key, shown once: {}", hex(&private_key));
            }
        }
        Action::List => {
            let producers = store.producers().await?;
            for producer in &producers {
                let state = producer.revoked_at.map_or_else(
                    || "standing".to_owned(),
                    |revoked_at| format!("revoked {}", revoked_at.format("%F %R")),
                );
                let (key, reach) = (hex(&producer.public_key), words(&producer.reach));
                println!("{}  {}  {key}  {reach}  {state}", producer.id, producer.name);
            }
            println!("{} producers", producers.len());
        }
        Action::Revoke { id } => {
            anyhow::ensure!(store.revoke_producer(&id).await?, "there is no producer {id}");
            println!("Revoked {id}; nothing of it is booked after five seconds.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

type Bytes = [u8; 32];

/// The public key given, or a new one with its private key.
fn key_of(given: Option<&str>) -> anyhow::Result<(Bytes, Option<Bytes>)> {
    let Some(text) = given else {
        let private = SigningKey::from_bytes(&rand::random());
        return Ok((private.verifying_key().to_bytes(), Some(private.to_bytes())));
    };
    let bytes: Option<Bytes> = unhex(text.as_bytes()).and_then(|bytes| bytes.try_into().ok());
    let bytes = bytes.context("a public key is 64 digits of hex")?;
    anyhow::ensure!(ProducerKey::new(&bytes).is_some(), "this is no public key of Ed25519, or a weak one");
    Ok((bytes, None))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_made_pair_belongs_together_and_a_false_key_is_refused() {
        let (public, private) = key_of(None).unwrap();
        assert_eq!(SigningKey::from_bytes(&private.unwrap()).verifying_key().to_bytes(), public);
        assert_eq!(key_of(Some(&hex(&public))).unwrap(), (public, None));
        for false_key in ["", "00", &"zz".repeat(32), &"00".repeat(32)] {
            assert!(key_of(Some(false_key)).is_err(), "{false_key}");
        }
    }
}
