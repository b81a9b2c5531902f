-- The bank: accounts, transactions, and what makes the worker's protocol safe (fence, announcements, dead letters).
-- Only the worker writes these tables; web nodes read them.

create table account (
    id integer generated always as identity constraint account_pkey primary key,
    number text not null constraint account_number_key unique,
    -- 1 customer, 2 external
    kind smallint not null constraint account_kind_known check (kind in (1, 2)),
    currency text not null constraint account_currency_iso check (currency ~ '^[A-Z]{3}$'),
    -- 1 open, 2 frozen, 3 closed
    status smallint not null default 1 constraint account_status_known check (status in (1, 2, 3)),
    -- Customer accounts only: an external account's money stands in its stripes.
    booked_minor bigint not null default 0,
    held_minor bigint not null default 0 constraint account_held_not_negative check (held_minor >= 0),
    overdraft_minor bigint not null default 0 constraint account_overdraft_not_negative check (overdraft_minor >= 0),
    -- Counts this account's changes, whichever partition made them.
    version bigint not null default 0,
    opened_at timestamptz not null,
    constraint account_external_is_striped check (kind = 1 or (booked_minor = 0 and held_minor = 0))
) with (fillfactor = 50);

-- One row per external account and deciding partition, so that workers never queue on one row.
create table account_stripe (
    account_id integer not null constraint account_stripe_account_fkey references account (id),
    stripe smallint not null,
    booked_minor bigint not null default 0,
    version bigint not null default 0,
    constraint account_stripe_pkey primary key (account_id, stripe)
) with (fillfactor = 50);

create table account_link (
    person_id uuid not null,
    account_id integer not null constraint account_link_account_fkey references account (id),
    constraint account_link_pkey primary key (person_id, account_id)
);

-- One row per transaction id, whatever its state: balanced by construction. No foreign keys here: the step has locked
-- both accounts in the same database transaction, and `vigie verify` checks them; each would cost a lookup and a row
-- lock per insert on the hottest table.
create table transaction (
    id uuid not null constraint transaction_pkey primary key,
    recorded_at timestamptz not null,
    occurred_at timestamptz not null,
    amount_minor bigint not null,
    -- null while an account is unknown (refused)
    debit_account integer,
    credit_account integer,
    -- version and balance after, per side: null until posted, set once. For an external account: of its stripe.
    debit_version bigint,
    debit_balance_after bigint,
    credit_version bigint,
    credit_balance_after bigint,
    -- Where it was decided: partition (= stripe of an external side) and command offset.
    command_offset bigint not null,
    partition smallint not null,
    -- 1 deposit, 2 withdrawal, 3 transfer
    kind smallint not null constraint transaction_kind_known check (kind between 1 and 3),
    -- 1 posted, 2 held, 3 refused, 4 expired
    state smallint not null constraint transaction_state_known check (state between 1 and 4),
    -- bit 0: history (may overdraw); bit 1: occurred_at out of bounds on a live channel
    flags smallint not null default 0,
    -- domain::RefusalReason as a number, refused only
    reason smallint,
    currency text not null,
    -- the numbers as given, only where the account is unknown
    debit_unknown text,
    credit_unknown text,
    -- the payer's free text, sealed by the web node
    reference text,
    constraint transaction_posted_is_complete check (
        state <> 1 or (debit_account is not null and credit_account is not null and debit_account <> credit_account
            and debit_version is not null and debit_balance_after is not null
            and credit_version is not null and credit_balance_after is not null)),
    constraint transaction_unposted_moved_nothing check (
        state = 1 or (debit_balance_after is null and credit_balance_after is null
            and debit_version is null and credit_version is null)),
    constraint transaction_refused_says_why check ((state = 3) = (reason is not null)),
    constraint transaction_amount_positive check (amount_minor > 0)
);
create index transaction_debit_idx on transaction (debit_account, debit_version);
create index transaction_credit_idx on transaction (credit_account, credit_version);
-- Append order follows recorded time, so a block-range index finds a time range at next to no cost per insert.
create index transaction_recorded_idx on transaction using brin (recorded_at) with (pages_per_range = 16, autosummarize = on);

-- Who may advance a partition, and exactly how far it has come.
create table fence (
    partition smallint not null constraint fence_pkey primary key,
    -- raised by each new owner; a zombie's epoch no longer matches
    epoch bigint not null,
    next_offset bigint not null,
    -- sha256 of the value of the record before next_offset; null at 0
    last_sha256 bytea,
    cluster_id text not null,
    topic text not null,
    partition_count smallint not null,
    -- why the partition stands still, until an operator skips or mends; null while it runs
    halted text,
    updated_at timestamptz not null default now()
);

-- A row still here is unannounced: its facts may not be on bank.events yet.
create table announcement (
    partition smallint not null,
    first_offset bigint not null,
    last_offset bigint not null,
    -- the batch's records as they will be sent, zstd
    records bytea not null,
    constraint announcement_pkey primary key (partition, first_offset)
);
alter table announcement alter column records set storage external;

create table dead_letter (
    seq bigint generated always as identity,
    partition smallint not null,
    command_offset bigint not null,
    recorded_at timestamptz not null,
    reason text not null,
    detail text not null,
    length bigint not null,
    sha256 bytea not null,
    -- first 64 KB of the value; the whole stays at its origin offset
    head bytea not null,
    constraint dead_letter_pkey primary key (partition, command_offset)
);
create unique index dead_letter_seq_key on dead_letter (seq);

-- The audited way past a halt (`vigie skip`). The worker honours a row when it reaches that offset.
create table skip (
    partition smallint not null,
    command_offset bigint not null,
    reason text not null,
    requested_at timestamptz not null default now(),
    constraint skip_pkey primary key (partition, command_offset)
);
