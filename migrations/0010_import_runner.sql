-- Which node runs an import, and when it was last heard of: an import whose node was killed is taken over by another.
alter table import_upload
    add column runner uuid,
    add column alive_at timestamptz,
    add column started_at timestamptz;
