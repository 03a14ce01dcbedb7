-- Lets every session notice a new month before its first row is written.
--
-- A session caches which partitions the log has, and forgets it when another one tells of a change. A commit becomes
-- visible first, then tells, and lets go of its locks last, so that a month's row in the catalogue promises nothing:
-- 1. Seen before the others were told, it leads to an insert that finds no partition.
-- 2. PostgreSQL forgets that it was told while it was looking up the partitions, if it looked too early to see the new
--    one. The session then goes on without the month until it is told of any later change: its inserts fail, and its
--    reads leave the month's rows out.

-- Against 1: always under the lock, which is had only after everybody was told.
create or replace function ensure_interaction_partition(at timestamptz) returns text
  language plpgsql
  set timezone = 'UTC'
  as $$
  declare
    month timestamptz := date_trunc('month', at);
    name text;
    bounds text;
  begin
    if at < '1990-01-01' then
      name := 'interactions_before_1990';
      bounds := 'from (minvalue) to (''1990-01-01 00:00:00+00'')';
    elsif at >= '2100-01-01' then
      name := 'interactions_from_2100';
      bounds := 'from (''2100-01-01 00:00:00+00'') to (maxvalue)';
    else
      name := 'interactions_' || to_char(month, 'YYYY_MM');
      bounds := format('from (%L) to (%L)', month, month + interval '1 month');
    end if;
    perform pg_advisory_xact_lock(hashtext('sequitur.partition'));
    -- Read as rows: to_regclass may answer from a cache that an advisory lock does not renew.
    if not exists (
      select from pg_class
      where relname = name and relnamespace = (select relnamespace from pg_class where oid = 'interactions'::regclass)
    ) then
      execute format('create table %I (like interactions including defaults including constraints)', name);
      execute format('alter table interactions attach partition %I for values %s', name, bounds);
    end if;
    return name;
  end
  $$;

-- Against 2: tells every session once more, when the transactions that may have been looking up the partitions are over.
-- To be called after the months are committed. Long transactions are waited for a second only: they looked when they began.
create function renew_interaction_partitions() returns void
  language plpgsql
  as $$
  declare
    busy text[] := array(
      select virtualtransaction from pg_locks
      where relation = 'interactions'::regclass and pid <> pg_backend_pid()
        and database = (select oid from pg_database where datname = current_database())
    );
    latest timestamptz := clock_timestamp() + interval '1 second';
  begin
    while clock_timestamp() < latest
      and exists (select from pg_locks where relation = 'interactions'::regclass and virtualtransaction = any(busy))
    loop
      perform pg_sleep(0.002);
    end loop;
    -- Changes nothing, but any change of a column is told.
    alter table only interactions alter column seq set statistics -1;
  end
  $$;
