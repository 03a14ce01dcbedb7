-- Whether somebody described the item: what only events name is not in the catalogue and is not recommended. What was
-- there before this migration goes on being recommended.
alter table items add column in_catalog boolean not null default false;
update items set in_catalog = true;
-- Kept, trained on, and not recommended until it is shown again.
alter table items add column hidden boolean not null default false;

-- Hashes of the ids of erased users, so that late events and imports do not make them again. The salt stays here.
create table erased_users (
  user_hash bytea primary key,
  erased_at timestamptz not null
);
insert into settings (name, value, updated_at) values ('erasure-salt', to_jsonb(gen_random_uuid()::text), now())
on conflict do nothing;

create function erased_user_hash(user_id text) returns bytea language sql stable as
$$ select sha256(convert_to((select value #>> '{}' from settings where name = 'erasure-salt') || '/' || user_id, 'UTF8')) $$;

-- The one place that keeps erased users out, whoever inserts.
create function refuse_erased_user() returns trigger language plpgsql as $$
  begin
    if exists (select from erased_users where user_hash = erased_user_hash(new.user_id)) then
      return null;
    end if;
    return new;
  end
  $$;
create trigger users_refuse_erased before insert on users for each row execute function refuse_erased_user();

-- Users whose interactions went or came from another user: their features are counted again at the next refresh.
create table feature_dirty_users (
  seq bigint primary key default nextval('interaction_seq'),
  user_key integer not null
);

-- What a search over items and users finds.
create function item_search_text(title text, categories text[], texts jsonb) returns tsvector
  language sql immutable parallel safe as
$$ select to_tsvector('simple'::regconfig, title) || to_tsvector('simple'::regconfig, array_to_string(categories, ' '))
  || jsonb_to_tsvector('simple'::regconfig, texts, '["string"]') $$;
create index items_search on items using gin (item_search_text(title, categories, texts));
create index users_search on users using gin (jsonb_to_tsvector('simple'::regconfig, attributes, '["string"]'));
