-- The roles of the local system beside `hub`, which owns the tables and migrates. The password is for this machine alone.
-- What they may do is told by `hub migrate --serve-role hub_serve --work-role hub_work` (docs/how-to/postgresql.md).
CREATE ROLE hub_serve LOGIN PASSWORD 'local';
CREATE ROLE hub_work LOGIN PASSWORD 'local';
