-- The open holds: until when, and what then. A row lives exactly as long as its transaction is held, so the table stays
-- as small as the work that waits.

create table hold (
    transaction_id uuid not null constraint hold_pkey primary key,
    -- the account at risk, whose partition decides
    account_id integer not null constraint hold_account_fkey references account (id),
    until timestamptz not null,
    -- what becomes of it then: 1 release, 2 expire
    on_expiry smallint not null constraint hold_on_expiry_known check (on_expiry in (1, 2))
);
create index hold_until_idx on hold (until);
