-- Identity: people, credentials, sessions; and unfinished work. Web nodes own these; no rule reads them.

create table person (
    id uuid not null constraint person_pkey primary key,
    username text not null constraint person_username_key unique
        constraint person_username_form check (username ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    display_name text not null,
    role text not null constraint person_role_known check (role in ('customer', 'analyst', 'operator')),
    -- argon2id, PHC string
    password_hash text not null,
    -- key under which this person's free text is sealed; dropping it erases the text everywhere
    data_key bytea,
    demo boolean not null default false,
    disabled_at timestamptz,
    created_at timestamptz not null default now()
);

create table session (
    -- sha256 of the cookie's secret: a stolen table opens nothing
    secret_sha256 bytea not null constraint session_pkey primary key,
    person_id uuid not null constraint session_person_fkey references person (id) on delete cascade,
    created_at timestamptz not null default now(),
    seen_at timestamptz not null default now()
);
create index session_person_idx on session (person_id);

-- Failed sign-ins, for throttling by name and by address.
create table sign_in_failure (
    subject text not null,
    failed_at timestamptz not null default now()
);
create index sign_in_failure_idx on sign_in_failure (subject, failed_at);

-- What was typed into a form that was not accepted. Deleted after a day.
create table draft (
    id uuid not null constraint draft_pkey primary key,
    owner text not null,
    body jsonb not null,
    kept_at timestamptz not null default now()
);

-- Uploaded files and how far their import came. Deleted after a day.
create table import_upload (
    id uuid not null constraint import_upload_pkey primary key,
    person_id uuid not null,
    file_name text not null,
    bytes bytea not null,
    mapping jsonb,
    progress jsonb not null default '{}',
    state text not null default 'uploaded' constraint import_upload_state_known
        check (state in ('uploaded', 'running', 'done', 'failed')),
    uploaded_at timestamptz not null default now()
);
