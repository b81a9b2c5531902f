//! The lab's own memory of what it sent and what was acknowledged: an append-only file, written before each send and
//! after each acknowledgement, and read back by the checks.

use crate::wire::{Payment, Settle};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// A signed command went to the log.
    Sent { command_id: Uuid, payment: Payment },
    /// A signed command about a hold went to the log.
    Settled { command_id: Uuid, settle: Settle },
    /// The log acknowledged it.
    Accepted { command_id: Uuid, partition: i32, offset: i64 },
    /// A form was posted; a retry of the same form is not written again.
    Posted { payment: Payment },
    /// The node answered that it was received.
    Received { transaction_id: Uuid },
}

pub struct Journal {
    path: PathBuf,
    file: Mutex<BufWriter<File>>,
}

impl Journal {
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(Journal { path: path.to_owned(), file: Mutex::new(BufWriter::new(File::create(path)?)) })
    }

    pub fn write(&self, entry: &Entry) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)?;
        Ok(())
    }

    pub fn flush(&self) -> anyhow::Result<()> {
        Ok(self.file.lock().unwrap_or_else(PoisonError::into_inner).flush()?)
    }

    /// Everything written, in order.
    pub fn read_back(&self) -> anyhow::Result<Vec<Entry>> {
        self.flush()?;
        let lines = BufReader::new(File::open(&self.path)?).lines();
        lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect()
    }
}
