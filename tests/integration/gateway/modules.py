"""Manifests that use what techstack's does not, so that the gateway is tested for modules to come."""

from contracts.manifest import Column, ModuleSpec, Option, Text, load_manifests

EMAILS = ModuleSpec(
    slug="emails",
    category="enrichment",
    label=Text(fr="E-mails", en="Emails"),
    description=Text(fr="Trouve les adresses.", en="Finds addresses."),
    needs=["site_web"],
    produces=[Column(name="email", meaning="An address", signal=True), Column(name="all", type="list", meaning="All")],
    unit="sites",
    ef_weight=0.1,
    timeout=60,
    concurrency=10,
    nothing_usable="Aucun établissement avec site web",
    options=[
        Option(
            name="mode",
            meaning="How far to look",
            choices=["normal", "deep"],
            default="normal",
            ef_weights={"deep": 0.3},
            second_look=["deep"],
        )
    ],
)

VERIFY_EMAILS = ModuleSpec(
    slug="verify_emails",
    category="verification",
    label=Text(fr="Vérification", en="Verify emails"),
    description=Text(fr="Vérifie.", en="Verifies."),
    needs=["email"],
    produces=[Column(name="email_status", meaning="valid, invalid …", signal=True)],
    unit="emails",
    ef_weight=0.1,
    timeout=60,
    concurrency=10,
)

WEIGHING = ModuleSpec(
    slug="page_weight",
    category="intelligence",
    label=Text(fr="Poids", en="Page weight"),
    description=Text(fr="Mesure.", en="Measures."),
    needs=["site_web"],
    produces=[Column(name="score", type="integer", meaning="0 to 100", signal=True)],
    unit="sites",
    ef_weight=0.2,
    timeout=60,
    concurrency=10,
    keeps_unusable=True,
    options=[Option(name="mobile", type="boolean", meaning="As a phone", default=False, ef_weights={"true": 0.5})],
)

MODULES = load_manifests() | {spec.slug: spec for spec in (EMAILS, VERIFY_EMAILS, WEIGHING)}
