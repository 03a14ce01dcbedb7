-- Where an artifact is, by its name in the folder of the artifacts: rows of earlier versions hold the absolute path of the
-- machine that trained, whose last part is that name. What is known of a fit stands beside the version.

update model_versions set location = regexp_replace(location, '^.*[/\\]', '') where location ~ '^(/|[A-Za-z]:[/\\]|\\)';

alter table model_versions
  add column fit jsonb not null default '{}',
  add column validation jsonb;
