-- name: identify
SELECT account_id, name, role, whole, area_codes, officer_id, unit_id, digest
FROM enter(%(secret)s)

-- name: sign_in_salt
SELECT sign_in_salt(%(name)s)

-- name: sign_in
SELECT sign_in(%(name)s, %(proof)s, %(lifetime)s)

-- name: sign_out
SELECT sign_out(%(secret)s)

-- name: renew_session
SELECT renew_session(%(secret)s, %(lifetime)s)

-- name: open_token
SELECT open_credential(%(account)s, 'token', NULL)

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
UPDATE account SET password_salt = %(salt)s, password_verifier = %(verifier)s
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
