"""``POST /api/persons/{id}/unmask``: a person in clear, for a purpose that is written down."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from console.api.body import read_body, read_json
from console.api.scoped import scoped
from gis import queries
from gis.errors import FieldProblem, InvalidFields, InvalidInput, NotAllowed, NotFound
from gis.personal_data import FIELDS
from gis.reports import check_words

router = APIRouter(prefix="/api/persons", tags=["library"])
BODY_LIMIT_BYTES = 8_000
SHORTEST_PURPOSE, LONGEST_PURPOSE = 4, 200


@router.post("/{person_id}/unmask")
async def unmask(request: Request, person_id: str) -> JSONResponse:
    """A person's name, telephone and ID number in clear: `{purpose, fields?}`.

    The audit log has who asked, for what and which fields, before the answer leaves; refusals
    stand there too.
    """
    sent = read_json(request, await read_body(request, BODY_LIMIT_BYTES))
    purpose, fields = _check(sent)
    identity = _identity(person_id)
    async with scoped(request) as connection:
        cursor = await connection.execute(queries.get("unmask_person"), {
            "id": identity, "purpose": purpose, "fields": list(fields)})
        allowed, key_id, sealed = await cursor.fetchone()
    # The transaction has ended: what is answered from here on is written down.
    if not allowed:
        raise NotAllowed(f"the role {request.state.caller.role} may not see people in clear;"
                         " the attempt was written down")
    record = request.app.state.personal_data.open(key_id, sealed, "sealed", identity)
    return JSONResponse({"id": str(identity), **{name: getattr(record, name) for name in fields}},
                        headers={"Cache-Control": "no-store"})


def _identity(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("no such person, or not for you to see") from None


def _check(sent: object) -> tuple[str, tuple[str, ...]]:
    if not isinstance(sent, dict):
        raise InvalidFields([FieldProblem("body", "a JSON object is needed")])
    faults = [FieldProblem(str(name)[:60], "there is no such field")
              for name in sent if name not in ("purpose", "fields")]
    fields = sent.get("fields", list(FIELDS))
    if (not isinstance(fields, list) or not fields
            or any(not isinstance(name, str) or name not in FIELDS for name in fields)):
        faults.append(FieldProblem("fields", f"some of {', '.join(FIELDS)}"))
    purpose = ""
    try:
        purpose = check_words(sent.get("purpose"), LONGEST_PURPOSE).strip()
        if len(purpose) < SHORTEST_PURPOSE:
            raise InvalidInput(f"say what for, in {SHORTEST_PURPOSE} characters or more")
    except InvalidInput as fault:
        faults.append(FieldProblem("purpose", fault.message))
    if faults:
        raise InvalidFields(faults)
    return purpose, tuple(name for name in FIELDS if name in fields)
