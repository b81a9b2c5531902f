-- Who may send payments without a person: keys of the decision API, and producers that write to bank.commands
-- themselves. Identity, like people: web nodes own both tables, workers read the second.

create table api_key (
    -- the visible beginning of the key, by which people name it
    id text not null constraint api_key_pkey primary key constraint api_key_id_form check (id ~ '^vk_[0-9a-f]{8}$'),
    -- sha256 of the whole key: a stolen table opens nothing
    secret_sha256 bytea not null constraint api_key_secret_key unique
        constraint api_key_secret_is_sha256 check (octet_length(secret_sha256) = 32),
    name text not null,
    -- the account numbers whose money it may put at risk; all customer accounts only where said so
    accounts text[] not null default '{}',
    all_accounts boolean not null default false,
    -- whether it is told verdict and score
    decisions boolean not null default false,
    -- requests per second for ever, and at once after a pause; per web node
    rate integer not null constraint api_key_rate_sane check (rate between 1 and 100000),
    burst integer not null constraint api_key_burst_sane check (burst between 1 and 100000),
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    constraint api_key_accounts_or_all check (all_accounts = (accounts = '{}'))
);

create table producer (
    id text not null constraint producer_pkey primary key
        constraint producer_id_form check (id ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    name text not null,
    -- ed25519
    public_key bytea not null constraint producer_public_key_length check (octet_length(public_key) = 32),
    accounts text[] not null default '{}',
    all_accounts boolean not null default false,
    created_at timestamptz not null default now(),
    revoked_at timestamptz,
    constraint producer_accounts_or_all check (all_accounts = (accounts = '{}'))
);
