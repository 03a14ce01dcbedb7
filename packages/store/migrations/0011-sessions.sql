-- A session of a browser is a key of its own, opened with another one: it ends when that one does.
alter table api_keys add column opened_by text collate "C" references api_keys (key_id) on delete cascade;
