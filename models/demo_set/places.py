"""The invented practices, consultants and organisations, and everybody who signs in. No name is a real one's."""

from dataclasses import dataclass

Rows = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Practice:
    slug: str
    name: str
    suburb: str
    time_zone: str
    manager: str
    consultants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Organisation:
    slug: str
    name: str
    headcount: int
    region: str
    time_zone: str
    release_rule: str
    reviewers: tuple[str, str]
    automatic_approval: int = 0
    delegation: str = "NONE"


PRACTICES = (
    Practice(
        "bluegum",
        "Bluegum Psychology",
        "Wattle Bay",
        "Australia/Melbourne",
        "Odette Marchbank",
        ("Imogen Farrow", "Callum Brightwell", "Zahra Osei"),
    ),
    Practice(
        "riverstone",
        "Riverstone Psychology",
        "Kingfisher Point",
        "Australia/Brisbane",
        "Bronwyn Tasker",
        ("Declan Moreau", "Saskia Lindqvist", "Tomas Arriaga"),
    ),
    Practice(
        "kurrajong",
        "Kurrajong Counselling",
        "Marri Heights",
        "Australia/Perth",
        "Leopold Vance",
        ("Niamh Corrigan", "Rafael Dimitriou"),
    ),
    Practice(
        "tuistreet",
        "Tui Street Psychology",
        "Pohutukawa Flat",
        "Pacific/Auckland",
        "Marama Whitlock",
        ("Aroha Tindall", "Gideon Prasad"),
    ),
)
ORGANISATIONS = (
    Organisation(
        "saltbush",
        "Saltbush Logistics",
        420,
        "AU-VIC",
        "Australia/Melbourne",
        "AT_ONCE",
        ("Petra Holloway", "Anselm Quill"),
    ),
    Organisation(
        "ironbark",
        "Ironbark Engineering",
        1_250,
        "AU-WA",
        "Australia/Perth",
        "AT_ONCE",
        ("Winifred Castellan", "Jonas Abernethy"),
    ),
    Organisation(
        "mangrove",
        "Mangrove Health Foods",
        260,
        "AU-QLD",
        "Australia/Brisbane",
        "BATCH",
        ("Cosima Redfern", "Barnaby Lusk"),
    ),
    Organisation(
        "lorikeet",
        "Lorikeet Media",
        18,
        "AU-NSW",
        "Australia/Sydney",
        "AT_ONCE",
        ("Philippa Drummond", "Oskar Jellicoe"),
    ),
    Organisation(
        "murrayvale",
        "Murray Vale Council",
        640,
        "AU-SA",
        "Australia/Adelaide",
        "AT_ONCE",
        ("Henrietta Sommers", "Lachlan Peverell"),
        automatic_approval=1,
        delegation="STAFF_AS_WELL",
    ),
    Organisation(
        "kotuku",
        "Kotuku Freight",
        900,
        "NZ-AUK",
        "Pacific/Auckland",
        "AT_ONCE",
        ("Ngaire Hollis", "Sebastian Rangi"),
    ),
)
CLIENT_WHO_REVIEWS = ORGANISATIONS[1].reviewers[1]
"""This reviewer is a client as well: what they ask for is never released to their colleagues."""

_PROVIDER = "eap.example"
_PROVIDER_ACCOUNTS = (
    ("clinical", "Beatrix Langford", "CLINICAL_REVIEWER"),
    ("staff", "Hugo Penhallow", "PROVIDER_STAFF"),
    ("integrator", "Data warehouse", "INTEGRATOR"),
)


def address(name: str, domain: str) -> str:
    return f"{'.'.join(name.lower().split())}@{domain}"


def consultant_ids(practice: Practice) -> list[str]:
    return [f"{practice.slug}-{number}" for number in range(1, len(practice.consultants) + 1)]


def practice_rows() -> Rows:
    return [
        {"external_id": each.slug, "name": each.name, "suburb": each.suburb, "time_zone": each.time_zone}
        for each in PRACTICES
    ]


def consultant_rows() -> Rows:
    return [
        {
            "external_id": key,
            "practice": practice.slug,
            "name": name,
            "email": address(name, f"{practice.slug}.example"),
        }
        for practice in PRACTICES
        for key, name in zip(consultant_ids(practice), practice.consultants, strict=True)
    ]


def organisation_rows() -> Rows:
    return [
        {
            "external_id": each.slug,
            "name": each.name,
            "headcount": str(each.headcount),
            "region": each.region,
            "time_zone": each.time_zone,
            "entitled_sessions": "6",
            "release_rule": each.release_rule,
            "delegation": each.delegation,
            "automatic_approval": str(each.automatic_approval),
            "backup_reviewer": f"people@{each.slug}.example",
        }
        for each in ORGANISATIONS
    ]


def account_rows() -> Rows:
    """Return the accounts: one for each role by a short name, the others named for where they work."""
    rows = [_account(name, person, role, _PROVIDER) for name, person, role in _PROVIDER_ACCOUNTS]
    for row in rows:
        row["time_zone"] = "Australia/Melbourne"
    for practice in PRACTICES:
        rows += _practice_accounts(practice, first=practice is PRACTICES[0])
    for organisation in ORGANISATIONS:
        rows += _organisation_accounts(organisation, first=organisation is ORGANISATIONS[0])
    return rows


def _practice_accounts(practice: Practice, *, first: bool) -> Rows:
    domain = f"{practice.slug}.example"
    manager = _account("manager" if first else f"{practice.slug}-manager", practice.manager, "PRACTICE_MANAGER", domain)
    integrator = _account(f"{practice.slug}-integrator", f"{practice.name} calendar", "INTEGRATOR", domain)
    rows = [manager | {"practice": practice.slug}, integrator | {"practice": practice.slug}]
    for key, name in zip(consultant_ids(practice), practice.consultants, strict=True):
        sign_in = "consultant" if first and name == practice.consultants[0] else f"{key}-consultant"
        rows.append(_account(sign_in, name, "CONSULTANT", domain) | {"consultant": key})
    return rows


def _organisation_accounts(organisation: Organisation, *, first: bool) -> Rows:
    names = ("reviewer" if first else f"{organisation.slug}-reviewer", f"{organisation.slug}-reviewer-2")
    domain = f"{organisation.slug}.example"
    rows = [
        _account(name, person, "ORG_REVIEWER", domain) | {"organisation": organisation.slug}
        for name, person in zip(names, organisation.reviewers, strict=True)
    ]
    integrator = _account(f"{organisation.slug}-integrator", f"{organisation.name} HR system", "INTEGRATOR", domain)
    return [*rows, integrator | {"organisation": organisation.slug}]


def _account(sign_in: str, name: str, role: str, domain: str) -> dict[str, str]:
    return {"external_id": sign_in, "name": name, "role": role, "email": address(name, domain)}
