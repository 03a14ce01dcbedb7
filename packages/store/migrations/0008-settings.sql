-- What holds for every program on the store, such as what events say of liking; the program checks the values.
create table settings (
  name text collate "C" primary key,
  value jsonb not null,
  updated_at timestamptz not null
);
