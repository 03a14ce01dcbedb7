-- Whether the last writer of an item or a user was an import: the next one may change it. What the API wrote stays.
alter table items add column written_by_import boolean not null default false;
alter table users add column written_by_import boolean not null default false;

-- Whether the events of a source are named by what they say; before, by the number of their row.
alter table imports add column named_by_content boolean not null default false;
