-- Says how likely a position was in two ways, each null where unknown: `propensity`, P(item at position | query), and
-- `conditional`, P(item at position | query, the items above it); and how well that is known.
--
-- What was written before meant one or the other, or stood for "unknown" as 1: nobody can tell which, so it is unknown.

alter table impressions
  drop constraint impressions_propensity_check,
  alter column propensity drop not null,
  add column conditional double precision,
  add column standard_error double precision,
  add column propensity_kind text not null default 'unknown';

update impressions set propensity = null;

alter table impressions
  alter column propensity_kind drop default,
  add constraint impressions_propensity check (propensity > 0 and propensity <= 1),
  add constraint impressions_conditional check (conditional > 0 and conditional <= 1),
  add constraint impressions_standard_error check (standard_error >= 0),
  add constraint impressions_propensity_kind check (
    propensity_kind in ('exact', 'estimated')
    or (propensity_kind = 'unknown' and propensity is null and conditional is null and standard_error is null)
  );
