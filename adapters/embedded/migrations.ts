/**
 * The schema, as numbered steps that only go forward: a step that has been released is never edited, a change is a new step.
 * `PRAGMA user_version` holds how many have been applied. Several laws are written into the tables themselves: a node row has
 * room for one lock only (L1), counters cannot fall below zero, and a final status cannot change (L4).
 */
export const migrations: readonly string[] = [
  `
  create table runs (
    name text primary key,
    suite text not null,
    owner text not null,
    machine_type text not null,
    seed integer,
    subset text,
    no_nested_subset integer not null,
    sha1 text,
    submitted_at integer not null,
    updated_at integer not null,
    closed integer not null default 0,
    queued integer not null default 0 check (queued >= 0),
    waiting integer not null default 0 check (waiting >= 0),
    running integer not null default 0 check (running >= 0),
    pass integer not null default 0 check (pass >= 0),
    fail integer not null default 0 check (fail >= 0),
    dead integer not null default 0 check (dead >= 0)
  ) strict;
  create index runs_newest on runs (submitted_at desc, name desc);

  create table jobs (
    job_id integer primary key autoincrement,
    run text not null references runs (name),
    key text not null,
    description text not null,
    machine_type text not null,
    node_count integer not null,
    os_type text,
    os_version text,
    arch text,
    priority integer not null,
    max_seconds real not null,
    status text not null default 'queued' check (status in ('queued', 'waiting', 'running', 'pass', 'fail', 'dead')),
    attempt integer not null default 0,
    fence integer,
    nodes text not null default '[]',
    lease_until integer,
    runner text,
    kill_actor text,
    kill_reason text,
    kill_at integer,
    submitted_at integer not null,
    started_at integer,
    finished_at integer,
    duration_seconds real,
    failure_reason text,
    actor text,
    config text not null,
    unique (run, key),
    check ((lease_until is not null) = (status in ('waiting', 'running'))),
    check (status <> 'dead' or (failure_reason is not null and actor is not null))
  ) strict;
  create index jobs_claimed on jobs (lease_until) where lease_until is not null;
  create index jobs_of_run on jobs (run, job_id);
  create index jobs_by_status on jobs (status, job_id);
  create trigger jobs_final before update of status on jobs
    when old.status in ('pass', 'fail', 'dead') and new.status <> old.status
    begin select raise(abort, 'a final status never changes'); end;

  -- One row for each machine type that a queued job accepts, in the order in which jobs are served.
  create table queue (
    machine_type text not null,
    priority integer not null,
    job_id integer not null references jobs (job_id),
    primary key (machine_type, priority, job_id)
  ) strict, without rowid;
  create index queue_by_job on queue (job_id);

  create table nodes (
    name text primary key,
    machine_type text not null,
    provider text not null,
    user text not null,
    address text not null,
    port integer not null,
    host_key text,
    identity_file text,
    arch text not null,
    os_type text not null,
    os_version text not null,
    state text not null default 'free' check (state in ('free', 'locked', 'dirty', 'cleaning', 'quarantined')),
    lock_id text,
    lock_owner text,
    lock_run text,
    lock_job_id integer,
    lock_since integer,
    lock_until integer,
    fence integer not null default 0,
    description text,
    reason text,
    state_since integer not null,
    last_used_at integer not null default 0,
    check ((state = 'locked') = (lock_id is not null))
  ) strict;
  create index nodes_by_lock on nodes (lock_id) where lock_id is not null;
  create trigger nodes_fence before update of fence on nodes
    when new.fence < old.fence
    begin select raise(abort, 'a fence never falls'); end;

  -- The fences of nodes that left the inventory, so that one that comes back goes on from there.
  create table retired_fences (name text primary key, fence integer not null) strict;

  -- Locks that people were given. The row stays after the release, so that a late copy of a request is not granted again.
  create table grants (lock_id text primary key, nodes text not null, granted_at integer not null, ended_at integer) strict;

  create table node_events (
    id integer primary key autoincrement,
    node text not null,
    at integer not null,
    event text not null,
    by text not null,
    detail text not null
  ) strict;
  create index node_events_newest on node_events (node, id desc);

  create table audit (
    id integer primary key autoincrement,
    at integer not null,
    actor text not null,
    action text not null,
    subject text not null,
    detail text not null
  ) strict;
  `,
  `
  alter table jobs add column expires_at integer;
  create index jobs_expiring on jobs (expires_at) where status = 'queued' and expires_at is not null;
  `,
  `alter table nodes add column marked_by text;`,
  `
  create table node_evidence (
    id integer primary key autoincrement,
    node text not null,
    kind text not null check (kind in ('failure', 'certain', 'quarantined')),
    at integer not null,
    reason text not null,
    run text,
    job_id integer,
    check ((kind = 'quarantined') = (job_id is null))
  ) strict;
  create index node_evidence_newest on node_evidence (node, id desc);
  `,
  `
  create table holds (
    run text not null,
    job_id integer not null,
    seconds real not null,
    by text not null,
    reason text,
    at integer not null,
    primary key (run, job_id)
  ) strict;
  `,
  `
  -- The secrets themselves are nowhere: sha256 is of the part of a token that only its owner has.
  create table tokens (
    id text primary key,
    name text not null,
    operator integer not null,
    pool text,
    sha256 text not null,
    created_by text not null,
    created_at integer not null,
    expires_at integer,
    revoked_at integer,
    revoked_by text
  ) strict;
  create index audit_by_actor on audit (actor, id desc);
  create index audit_by_subject on audit (subject, id desc);
  `,
  `create index jobs_of_status on jobs (run, status, job_id);`,
  `
  -- Each change of status, numbered in the transaction that makes it; readers go on from a number.
  create table job_events (seq integer primary key, run text not null, job_id integer not null, status text not null, reason text) strict;
  create index job_events_of_run on job_events (run, seq);
  create trigger jobs_events after update of status on jobs when new.status <> old.status
    begin
      insert into job_events (run, job_id, status, reason) values (new.run, new.job_id, new.status, new.failure_reason);
    end;

  -- How many jobs there are, so that nobody has to count them.
  create table job_counts (
    machine_type text not null,
    status text not null,
    count integer not null,
    primary key (machine_type, status)
  ) strict, without rowid;
  insert into job_counts select machine_type, status, count(*) from jobs group by machine_type, status;
  create trigger jobs_counted_new after insert on jobs
    begin
      insert into job_counts values (new.machine_type, new.status, 1)
        on conflict (machine_type, status) do update set count = count + 1;
    end;
  create trigger jobs_counted_moved after update of status on jobs when new.status <> old.status
    begin
      update job_counts set count = count - 1 where machine_type = old.machine_type and status = old.status;
      insert into job_counts values (new.machine_type, new.status, 1)
        on conflict (machine_type, status) do update set count = count + 1;
    end;
  create index runs_open on runs (name) where queued + waiting + running > 0 or closed = 0;
  `,
  `
  create table pauses (
    machine_type text primary key,
    by text not null,
    reason text not null,
    since integer not null,
    until integer not null
  ) strict, without rowid;
  `,
  `
  -- Reports on runs that are due, and what has been sent about them.
  create table run_reports (run text primary key, email text, mail_by real not null, closed integer not null default 0) strict;
  create index run_reports_open on run_reports (closed) where closed = 0;
  create table run_report_marks (run text not null, what text not null, primary key (run, what)) strict, without rowid;
  `,
  `
  -- How long jobs took that passed or failed, by what is the same in every run of them; the newest few of each key.
  create table job_durations (
    key text not null,
    at integer not null,
    job_id integer not null,
    seconds real not null,
    primary key (key, at, job_id)
  ) strict, without rowid;
  `,
  `
  create index nodes_of_type on nodes (machine_type, name);
  create index nodes_in_state on nodes (state, name);
  create index nodes_of_type_in_state on nodes (machine_type, state, name);
  `,
  `
  -- What the node of each entry of a job's roles must be, as a JSON array; null = all as the job says.
  alter table jobs add column role_wishes text;
  `,
  `
  -- Whose a queued job is and what it asks for, so that many of a kind are stepped over without a look at the jobs. A wish stays.
  create table wishes (id integer primary key, wish text not null unique) strict;
  alter table queue add column owner text not null default '';
  alter table queue add column wish integer not null default 0;
  insert into wishes (wish)
    select distinct json_array(machine_type, node_count, os_type, os_version, arch, role_wishes) from jobs
    where job_id in (select job_id from queue);
  update queue set
    owner = (select owner from jobs join runs on runs.name = jobs.run where jobs.job_id = queue.job_id),
    wish = (
      select wishes.id from jobs
      join wishes on wishes.wish = json_array(machine_type, node_count, os_type, os_version, arch, role_wishes)
      where jobs.job_id = queue.job_id
    );
  `,
];
