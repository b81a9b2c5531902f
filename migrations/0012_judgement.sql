-- What detection said of each transaction, what it must look at again, whom it alerted, and what turned out to be true.

alter table transaction
    -- null while detection was not asked (the ledger itself refused it)
    -- 1 allow, 2 review, 3 hold, 4 refuse
    add column verdict smallint constraint transaction_verdict_known check (verdict between 1 and 4),
    -- uncapped score, points × 10⁻⁹
    add column score_e9 bigint,
    add column policy_version bigint,
    -- null: decided by rules alone
    add column model_version bigint,
    -- from where it was made, as its channel told
    add column device text,
    add column latitude_e6 integer,
    add column longitude_e6 integer,
    add constraint transaction_judged_is_complete check (
        (verdict is null) = (score_e9 is null) and (verdict is null) = (policy_version is null));
comment on column transaction.flags is
    'bit 0: history; bit 1: occurred_at out of bounds; bit 2: first of payer and counterparty; bit 3: far above habit';

-- Which accounts a device served, and when first and last; an account's own partition alone writes its rows.
create table device_use (
    device text not null,
    account_id integer not null constraint device_use_account_fkey references account (id),
    first_at timestamptz not null,
    last_at timestamptz not null,
    constraint device_use_pkey primary key (device, account_id)
) with (fillfactor = 80);

-- One per transaction that detection did not simply allow.
create table alert (
    transaction_id uuid not null constraint alert_pkey primary key,
    -- the account at risk
    account_id integer not null constraint alert_account_fkey references account (id),
    raised_at timestamptz not null,
    verdict smallint not null constraint alert_verdict_known check (verdict between 2 and 4),
    -- uncapped score, points × 10⁻⁹
    score_e9 bigint not null,
    -- 1 open, 2 closed: its hold ended, or somebody said what it was
    state smallint not null default 1 constraint alert_state_known check (state in (1, 2)),
    closed_at timestamptz,
    -- what the decision was made from and what came out, JSON: enough to decide again
    evidence text not null,
    constraint alert_closed_says_when check ((state = 2) = (closed_at is not null))
);
create index alert_queue_idx on alert (state, raised_at desc, transaction_id);
create index alert_account_idx on alert (account_id, raised_at desc);

-- What a transaction turned out to be: the newest word of the highest authority.
create table label (
    transaction_id uuid not null constraint label_pkey primary key,
    -- 1 fraud, 2 genuine, 3 inconclusive
    label smallint not null constraint label_known check (label between 1 and 3),
    -- 1 customer, 2 analyst
    source smallint not null constraint label_source_known check (source in (1, 2)),
    known_at timestamptz not null,
    person_id uuid
);
create index label_known_idx on label (known_at);
