-- name: audit_page
-- The newest rows of the log that fit, below a number; a page more than asked tells of a next one.
SELECT a.id, a.at, c.name AS who, c.role, a.action, a.subject, a.origin, a.detail
FROM audit AS a
LEFT JOIN account AS c ON c.id = a.account_id
WHERE (%(below)s::bigint IS NULL OR a.id < %(below)s)
  AND (%(since)s::timestamptz IS NULL OR a.at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR a.at < %(until)s)
  AND (%(account_id)s::bigint IS NULL OR a.account_id = %(account_id)s)
  AND (%(action)s::text IS NULL OR a.action = %(action)s)
  AND (%(subject)s::text IS NULL OR a.subject LIKE %(subject)s)
  AND (%(origin)s::text IS NULL OR a.origin = %(origin)s)
ORDER BY a.id DESC
LIMIT %(limit)s

-- name: audit_account
SELECT id FROM account WHERE name = %(name)s

-- name: audit_actions
SELECT action FROM audit_actions() AS action ORDER BY action

-- name: audit_sealed
SELECT number, sealed_at, audit_to FROM audit_sealed()

-- name: note_export
SELECT note_export(%(what)s, %(rows)s)
