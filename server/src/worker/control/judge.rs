//! Whether a change is taken: the policy must be whole and within its bounds, the model's file here and readable.
//!
//! What is refused changes nothing: the version in force stays.

use super::decode::ControlRecord;
use super::{DeadLetterFact, FactBody};
use crate::store::Store;
use crate::store::policy::Versions;
use detection::model::Model;
use detection::policy::Policy;
use domain::control::{ChangePolicy, ChangeRefused, ControlCommand, ModelPromoted, PolicyChanged, PromoteModel};
use domain::hex::{hex, unhex};

/// What the record will have changed, but for its version, which the log's order gives.
pub enum Judged {
    Policy(Box<Policy>, ChangePolicy),
    Model(PromoteModel),
    Refused(ChangeRefused),
    Dead(DeadLetterFact),
}

/// # Errors
/// When the database does not answer.
pub async fn judge(store: &Store, record: &ControlRecord) -> sqlx::Result<Judged> {
    let command = match &record.input {
        Ok(command) => command,
        Err((reason, detail)) => {
            let (reason, detail) = (*reason, detail.clone());
            let sha256 = hex(&record.sha256);
            return Ok(Judged::Dead(DeadLetterFact { reason, detail, length: record.length, sha256 }));
        }
    };
    if let Err(refused) = command.check() {
        return Ok(Judged::Refused(refused));
    }
    Ok(match command {
        ControlCommand::ChangePolicy(change) => match Policy::from_json(&change.policy) {
            Ok(policy) => Judged::Policy(Box::new(policy), change.clone()),
            Err(error) => Judged::Refused(ChangeRefused { field: error.path, said: error.reason }),
        },
        ControlCommand::PromoteModel(promote) => match unusable(store, promote).await? {
            None => Judged::Model(promote.clone()),
            Some((field, said)) => Judged::Refused(ChangeRefused { field: field.to_owned(), said }),
        },
    })
}

async fn unusable(store: &Store, promote: &PromoteModel) -> sqlx::Result<Option<(&'static str, String)>> {
    let Some(text) = &promote.sha256 else { return Ok(None) };
    let Some(sha256) = unhex(text.as_bytes()).filter(|sha256| sha256.len() == 32 && hex(sha256) == *text) else {
        return Ok(Some(("sha256", "must be 64 lower-case hexadecimal digits".to_owned())));
    };
    let Some(bytes) = store.model_file(&sha256).await? else {
        return Ok(Some(("sha256", "no such file was put into the bank's database".to_owned())));
    };
    let parsed = tokio::task::spawn_blocking(move || Model::parse(&bytes).err());
    let error = parsed.await.map_err(|error| sqlx::Error::Protocol(error.to_string()))?;
    Ok(error.map(|error| ("file", error.to_string())))
}

impl Judged {
    /// The fact of it, after the versions that were in force.
    ///
    /// # Errors
    /// None that is known: every policy can be written as JSON.
    pub fn into_fact(self, versions: Versions) -> serde_json::Result<FactBody> {
        Ok(match self {
            Judged::Policy(policy, ChangePolicy { reason, person, .. }) => {
                let version = versions.policy + 1;
                let policy = Policy { version: version.unsigned_abs(), ..*policy };
                let policy = serde_json::to_string(&policy)?;
                FactBody::PolicyChanged(PolicyChanged { version, policy, reason, person })
            }
            Judged::Model(PromoteModel { sha256, reason, person }) => {
                FactBody::ModelPromoted(ModelPromoted { version: versions.model + 1, sha256, reason, person })
            }
            Judged::Refused(refused) => FactBody::ChangeRefused(refused),
            Judged::Dead(letter) => FactBody::RecordDeadLettered(letter),
        })
    }
}
