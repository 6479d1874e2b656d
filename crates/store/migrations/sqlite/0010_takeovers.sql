-- How many leases of a job in a row ended without a word, so that what ends its workers is not taken up for ever.
-- Only additions: the release before this one works on these tables too.

ALTER TABLE jobs ADD COLUMN takeovers INTEGER NOT NULL DEFAULT 0;
-- Those that somebody has, or had when he fell silent: few, however many wait.
CREATE INDEX jobs_leased ON jobs (leased_until) WHERE leased_until IS NOT NULL;
