-- Several experiments may run at once; those of one exclusion group share the users out among them.
drop index experiments_one_running_a_slot;
alter table experiments drop column slot;
