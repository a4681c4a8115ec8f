-- name: who_is
SELECT account_id, name, role, whole, area_codes, officer_id, unit_id, digest,
       kind, access, must_change, credential_id, share, lasts_s
FROM who_is(%(secret)s)

-- name: note_use
SELECT note_use(%(secret)s, %(address)s, %(device)s)

-- name: rotate_session
SELECT rotate_session(%(secret)s, %(lifetime)s)

-- name: end_copied_session
SELECT end_copied_session(%(secret)s)

-- name: hold_session
SELECT hold_session(%(secret)s)

-- name: release_session
SELECT release_session(%(secret)s)

-- name: end_session
SELECT issuer, logout_hint FROM end_session(%(secret)s)

-- name: sign_in_salt
SELECT sign_in_salt(%(name)s)

-- name: sign_in_wait
SELECT sign_in_wait(%(name)s, %(address)s, %(network)s)

-- name: sign_in
SELECT secret, wait_s
FROM sign_in_from(%(name)s, %(proof)s, %(lifetime)s, %(address)s, %(network)s, %(device)s)

-- name: sign_in_by_provider
SELECT secret, outcome
FROM sign_in_by_provider(
    %(words)s, %(mac)s, %(lifetime)s, %(address)s, %(device)s, %(hint)s)

-- name: own_account
SELECT own_account(%(secret)s)

-- name: end_own_sessions
SELECT end_own_sessions(%(secret)s, %(id)s)

-- name: change_own_password
SELECT changed, wait_s
FROM change_own_password(%(secret)s, %(old)s, %(salt)s, %(verifier)s, %(network)s)

-- name: make_own_token
SELECT make_own_token(%(secret)s, %(name)s, %(access)s, %(area)s, %(lifetime)s)

-- name: revoke_token
SELECT revoke_token(%(id)s)

-- name: list_accounts
SELECT list_accounts()

-- name: list_credentials
SELECT list_credentials(%(name)s, %(kind)s)

-- name: add_account
SELECT add_account(%(name)s, %(standing)s, %(salt)s, %(verifier)s, %(to_change)s)

-- name: change_account
SELECT change_account(%(name)s, %(standing)s, %(disable)s)

-- name: reset_password
SELECT reset_password(%(name)s, %(salt)s, %(verifier)s, %(to_change)s)

-- name: end_sessions
SELECT end_sessions(%(name)s)

-- name: make_token
SELECT make_token(%(name)s, %(token)s, %(access)s, %(lifetime)s)

-- name: list_mappings
SELECT list_mappings()

-- name: add_mapping
SELECT add_mapping(%(group)s, %(role)s, %(area)s, %(unit)s, %(rank)s::smallint)

-- name: remove_mapping
SELECT remove_mapping(%(id)s)

-- name: set_provider_key
INSERT INTO provider_key (id, key) VALUES (1, %(key)s)
ON CONFLICT (id) DO UPDATE SET key = excluded.key WHERE provider_key.key <> excluded.key

-- name: note_account_made
INSERT INTO audit (action, subject, detail)
SELECT 'account_made', 'account:' || a.name,
       jsonb_build_object('after', account_standing(a.id))
FROM account AS a WHERE a.name = %(name)s

-- name: lock_demo_accounts
LOCK TABLE account IN SHARE ROW EXCLUSIVE MODE

-- name: account_salt
SELECT password_salt FROM account WHERE name = %(name)s

-- name: insert_account
INSERT INTO account (name, role, whole, password_salt, password_verifier, officer_id, unit_id)
VALUES (%(name)s, %(role)s, %(whole)s, %(salt)s, %(verifier)s, %(officer_id)s, %(unit_id)s)
RETURNING id

-- name: insert_account_area
INSERT INTO account_area (account_id, area_identity_id) VALUES (%(account)s, %(area)s)

-- name: replace_password
UPDATE account SET password_salt = %(salt)s, password_verifier = %(verifier)s,
    password_set_at = clock_timestamp()
WHERE name = %(name)s

-- name: revoke_sessions
UPDATE credential AS c SET revoked_at = clock_timestamp()
FROM account AS a
WHERE a.name = %(name)s AND c.account_id = a.id AND c.kind = 'session' AND c.revoked_at IS NULL

-- name: area_identity_of_code
SELECT i.id
FROM area_identity AS i
JOIN scheme AS s ON s.code = i.scheme
WHERE i.code = %(code)s
ORDER BY i.scheme <> 'base', s.rank, i.level
LIMIT 1

-- name: demo_place
-- Where a demo account stands: all of them around the same first street, so that what one
-- does is seen by the next; of officers and units whoever has most to do, so that there is
-- something to look at.
WITH street AS (
    SELECT identity_id FROM area
    WHERE scheme = 'base' AND level = 'street' AND upper_inf(period)
    ORDER BY code LIMIT 1
), community AS (
    SELECT a.identity_id FROM area AS a, street AS s
    WHERE a.level = 'community' AND upper_inf(a.period) AND a.ancestor_ids @> ARRAY[s.identity_id]
    ORDER BY a.code LIMIT 1
), posted AS (
    SELECT d.area_identity_id, d.officer_id
    FROM duty AS d
    JOIN area AS a ON a.identity_id = d.area_identity_id, community AS c
    WHERE a.leaf AND upper_inf(a.period) AND a.ancestor_ids @> ARRAY[c.identity_id]
      AND d.role = 'full_time'
    ORDER BY (SELECT count(*) FROM incident AS i
              WHERE i.officer_id = d.officer_id AND i.closed_at IS NULL) DESC, a.code, d.id
    LIMIT 1
), station AS (
    SELECT u.id
    FROM unit AS u
    ORDER BY (SELECT count(*) FROM incident AS i
              WHERE i.unit_id = u.id AND i.closed_at IS NULL) DESC, u.unit_code
    LIMIT 1
)
SELECT identity_id, NULL::bigint, NULL::bigint FROM street WHERE %(role)s = 'street'
UNION ALL
SELECT identity_id, NULL, NULL FROM community WHERE %(role)s = 'community'
UNION ALL
SELECT area_identity_id, officer_id, NULL FROM posted WHERE %(role)s = 'officer'
UNION ALL
SELECT NULL, NULL, id FROM station WHERE %(role)s = 'department'

-- name: units_of_accounts
SELECT unit_code, name FROM unit ORDER BY unit_code
