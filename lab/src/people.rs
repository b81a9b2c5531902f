//! Customers of a run: people made by `vigie user`, each with an account opened in the person's name.

use crate::bank::Bank;
use crate::db;
use crate::http::Visitor;
use crate::load::{CASH, OVERDRAFT_MINOR};
use crate::sender::Sender;
use crate::wire::{OPEN, open_account};
use anyhow::Context as _;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Person {
    pub username: String,
    pub password: String,
    pub account: String,
}

/// Adds people and sends the commands that open one account each, and the cash desk; a worker has to decide them.
pub async fn create(bank: &Bank, count: usize) -> anyhow::Result<Vec<Person>> {
    let mut connection = db::connect(&bank.database_url).await?;
    let mut sender = Sender::new(&bank.brokers, &bank.commands)?;
    sender.send(&bank.signer.record(CASH, OPEN, open_account(CASH, true, 0, None)))?;
    let mut people = Vec::with_capacity(count);
    for index in 0..count {
        let username = format!("lab{index:03}");
        let said = bank.product.run(&["user", "add", &username])?;
        let password = said
            .split_once("shown once: ")
            .map(|(_, rest)| rest.trim().to_owned())
            .context("no password was printed")?;
        let id: Uuid = sqlx::query_scalar("select id from person where username = $1")
            .bind(&username)
            .fetch_one(&mut connection)
            .await?;
        let account = format!("H{index:05}");
        sender.send(&bank.signer.record(&account, OPEN, open_account(&account, false, OVERDRAFT_MINOR, Some(id))))?;
        people.push(Person { username, password, account });
    }
    sender.flush()?;
    Ok(people)
}

impl Person {
    pub async fn sign_in(&self, host: &str) -> anyhow::Result<Visitor> {
        let mut visitor = Visitor::new(host);
        visitor.sign_in(&self.username, &self.password).await?;
        Ok(visitor)
    }
}
