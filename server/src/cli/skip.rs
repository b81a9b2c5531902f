//! `vigie skip PARTITION OFFSET --reason TEXT`: the audited way past a halt.

use crate::config::Config;
use crate::store::Store;
use crate::store::worker::WorkerStore;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The halted partition; -1 is bank.control.
    #[arg(allow_negative_numbers = true)]
    partition: i32,
    /// The command offset it halted at.
    offset: i64,
    /// Why this record is given up; kept with the request.
    #[arg(long)]
    reason: String,
}

pub async fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    let store = WorkerStore::new(Store::connect(&config).await?);
    let fence = store.fences().await?.into_iter().find(|fence| fence.partition == args.partition);
    let Some(fence) = fence else {
        anyhow::bail!("partition {} was never owned", args.partition);
    };
    if fence.halted.is_none() || fence.next_offset != args.offset {
        anyhow::bail!(
            "partition {} is not halted at offset {}: it stands at {}",
            args.partition,
            args.offset,
            fence.next_offset
        );
    }
    store.request_skip(args.partition, args.offset, &args.reason).await?;
    println!("partition {} will pass offset {}; the record goes to the dead letters", args.partition, args.offset);
    Ok(ExitCode::SUCCESS)
}
