-- The hash of a step, as `step_hash` in gis/steps.py has it; a test holds both equal.
--
-- hash = sha256(previous | digest(head) | digest(note) | digest(target)), where | joins bytes,
-- digest(x) is sha256 of x in UTF-8, 32 zero bytes stand for NULL (and for the hash before the
-- first step), and head is the other fields joined by '|': numbers in decimal, times as whole
-- microseconds since 1970-01-01 UTC, NULL as nothing. Note and target go in as digests of their
-- own so that either may lawfully be erased, its digest kept, and the chain still hold.
-- Only immutable built-ins and no SET clause: the planner inlines all of it (intake calls it).
--
-- digest of pgcrypto is immutable where convert_to is only stable, so that all this is inlined
-- where it is called: text is UTF-8 here already.
CREATE OR REPLACE FUNCTION step_field_digest(field text)
RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(digest(field, 'sha256'),
                '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea);

CREATE OR REPLACE FUNCTION step_microseconds(at timestamptz)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(trunc(extract(epoch FROM at - '1970-01-01 00:00:00+00'::timestamptz)
                      * 1000000)::bigint::text, '');

CREATE OR REPLACE FUNCTION step_hash(
    previous_hash bytea, incident_id bigint, number integer, action text, at timestamptz,
    actor_id bigint, actor_role text, tier text, state text, until timestamptz,
    stage_deadline_at timestamptz, deadline_at timestamptz,
    note_digest bytea, target_digest bytea)
RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sha256(
    coalesce(previous_hash,
             '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea)
    || digest(
           incident_id::text || '|' || number::text || '|' || action || '|'
           || step_microseconds(at) || '|' || coalesce(actor_id::text, '') || '|'
           || actor_role || '|' || tier || '|' || state || '|'
           || step_microseconds(until) || '|' || step_microseconds(stage_deadline_at) || '|'
           || step_microseconds(deadline_at), 'sha256')
    || note_digest || target_digest);

-- The same from the fields themselves, as whoever writes a step has them.
CREATE OR REPLACE FUNCTION step_hash(
    previous_hash bytea, incident_id bigint, number integer, action text, at timestamptz,
    actor_id bigint, actor_role text, tier text, state text, until timestamptz,
    stage_deadline_at timestamptz, deadline_at timestamptz, note text, target text)
RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN step_hash(previous_hash, incident_id, number, action, at, actor_id, actor_role, tier,
                 state, until, stage_deadline_at, deadline_at,
                 step_field_digest(note), step_field_digest(target));
