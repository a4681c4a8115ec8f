"""The tables, as GeoAlchemy2 models; the database is migrated to equal them.

Geometry is EPSG:4490 (CGCS2000, lon/lat) on a grid of 1e-9 degrees. `scope_ids` are the stable
identities of all areas, of every scheme and level, under which a row lies: what row-level
security compares with the areas of whoever is asking.
"""

from gis.models.access import Account, AccountArea, Audit, Credential, ScopeKey
from gis.models.addressing import Site, SiteChange
from gis.models.areas import Area, AreaIdentity, Scheme
from gis.models.assessment import (
    AssessmentCount,
    AssessmentFact,
    AssessmentHead,
    AssessmentTime,
    FieldWork,
    IncidentArea,
    Rating,
    ScorePart,
    StarRule,
)
from gis.models.base import Base
from gis.models.identity import (
    AccountLink,
    GroupMapping,
    ProviderKey,
    ProviderSignIn,
    SessionSecret,
    SignInTry,
)
from gis.models.keeping import (
    ClockDue,
    ClockMark,
    Extent,
    SealBatch,
    SealHead,
    Share,
    incident_change,
)
from gis.models.library import (
    Dwelling,
    Enterprise,
    GivenCode,
    OtherName,
    Person,
    PlaceCategory,
    PlaceObject,
)
from gis.models.matters import Assignment, Incident, Report, Step
from gis.models.outbox import Event, EventHead, EventPending
from gis.models.people import Duty, Officer, Shift, Unit
from gis.models.places import Address, Building, Ground
from gis.models.plans import Draft, DraftFace, DraftOperation
from gis.models.publication import (
    AssignmentChange,
    Publication,
    PublicationArea,
    PublicationDuty,
)
from gis.models.rasters import Raster, RasterFile
from gis.models.tiles import AreaCoverage, AreaShape, TileLayer
from gis.models.tracks import TrackFix
from gis.models.vocabulary import Category, ChoiceOrder, CitySetting, Line, RoleOrder

__all__ = [
    "Account",
    "AccountArea",
    "AccountLink",
    "Address",
    "Area",
    "AreaCoverage",
    "AreaIdentity",
    "AreaShape",
    "AssessmentCount",
    "AssessmentFact",
    "AssessmentHead",
    "AssessmentTime",
    "Assignment",
    "AssignmentChange",
    "Audit",
    "Base",
    "Building",
    "Category",
    "ChoiceOrder",
    "CitySetting",
    "ClockDue",
    "ClockMark",
    "Credential",
    "Draft",
    "DraftFace",
    "DraftOperation",
    "Duty",
    "Dwelling",
    "Enterprise",
    "Event",
    "EventHead",
    "EventPending",
    "Extent",
    "FieldWork",
    "GivenCode",
    "Ground",
    "GroupMapping",
    "Incident",
    "IncidentArea",
    "Line",
    "Officer",
    "OtherName",
    "Person",
    "PlaceCategory",
    "PlaceObject",
    "ProviderKey",
    "ProviderSignIn",
    "Publication",
    "PublicationArea",
    "PublicationDuty",
    "Raster",
    "RasterFile",
    "Rating",
    "Report",
    "RoleOrder",
    "Scheme",
    "ScopeKey",
    "ScorePart",
    "SealBatch",
    "SealHead",
    "SessionSecret",
    "Share",
    "Shift",
    "SignInTry",
    "Site",
    "SiteChange",
    "StarRule",
    "Step",
    "TileLayer",
    "TrackFix",
    "Unit",
    "incident_change",
]
