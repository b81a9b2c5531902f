-- Policies and models as data: what detection goes by, numbered in the order of bank.control. Written by workers from
-- that log's records; the bytes of model files alone are put here before the record that names them is sent.

-- Version 1 is the built-in policy and has no row.
create table policy (
    version bigint not null constraint policy_pkey primary key
        constraint policy_version_after_built_in check (version >= 2),
    -- detection's policy as JSON, with this version in it
    body text not null,
    -- null: changed at the bank's own command line
    person_id uuid,
    reason text not null constraint policy_reason_length check (length(reason) between 1 and 500),
    recorded_at timestamptz not null
);

-- The model of each version; version 0 is none and has no row.
create table model (
    version bigint not null constraint model_pkey primary key
        constraint model_version_positive check (version >= 1),
    -- of the model's file; null: retired, the rules decide alone
    sha256 bytea constraint model_sha256_length check (length(sha256) = 32),
    person_id uuid,
    reason text not null constraint model_reason_length check (length(reason) between 1 and 500),
    recorded_at timestamptz not null
);

-- Model files by what they contain. No foreign key from model: a database rebuilt from the log knows which file it
-- needs before an operator puts it back.
create table model_file (
    sha256 bytea not null constraint model_file_pkey primary key,
    bytes bytea not null,
    stored_at timestamptz not null default now(),
    constraint model_file_is_what_its_name_says check (sha256 = sha256(bytes))
);
