-- Who may write the journal, and how far it is. One row; both numbers never go back.
create table cluster_state (
    singleton boolean primary key default true check (singleton),
    coordinator_id uuid not null,
    coordinator_epoch bigint not null,
    journal_version bigint not null,
    taken_at timestamptz not null
);

-- Every event, numbered from 1 without gaps.
create table journal (
    version bigint primary key,
    coordinator_epoch bigint not null,
    event text not null,
    written_at timestamptz not null default clock_timestamp()
);
