"""Where events go."""

import os

import sentry_sdk
from sentry_sdk.integrations.fastapi import FastApiIntegration
from sentry_sdk.integrations.sqlalchemy import SqlalchemyIntegration
from sentry_sdk.scrubber import EventScrubber


def init_tracking() -> None:
    """Starts the SDK. It is told to hide nothing, so that what is hidden was hidden by the server."""
    sentry_sdk.init(
        dsn=os.environ["SENTRY_DSN"],
        environment=os.environ["SENTRY_ENVIRONMENT"],
        release=os.environ["SENTRY_RELEASE"],
        integrations=[FastApiIntegration(transaction_style="endpoint"), SqlalchemyIntegration()],
        traces_sample_rate=1.0,
        max_breadcrumbs=50,
        attach_stacktrace=True,
        send_default_pii=True,
        event_scrubber=EventScrubber(denylist=[], pii_denylist=[]),
    )
