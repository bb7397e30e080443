"""The shop's endpoints, each with a failure of its own."""

import sentry_sdk
import structlog
from fastapi import Body, FastAPI, Request
from sqlalchemy import String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool

from shop.failures import NotFound, SupplierDown, add_handlers
from shop.logs import setup_logs
from shop.tracking import init_tracking

setup_logs()
init_tracking()
logger = structlog.get_logger(__name__)
app = FastAPI()
add_handlers(app)


class Base(DeclarativeBase):
    """What the database holds."""


class Article(Base):
    """Something to sell."""

    __tablename__ = "articles"
    slug: Mapped[str] = mapped_column(String, primary_key=True)


engine = create_engine(
    "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
)
Base.metadata.create_all(engine)


@app.middleware("http")
async def who_asks(request: Request, call_next):
    """Names the customer and the part of the shop in what is reported."""
    sentry_sdk.set_user({"id": "42", "email": "mia@example.com", "username": "mia"})
    sentry_sdk.set_tag("service", "shop")
    return await call_next(request)


def average_total(totals: list[int]) -> float:
    """Fails for a customer without orders."""
    return sum(totals) / len(totals)


@app.get("/orders/average")
async def average() -> float:
    """Unhandled."""
    return average_total([])


def check_password(name: str, password: str) -> bool:
    """Fails with a secret in a local variable."""
    accounts: dict[str, str] = {}
    return accounts[name] == password


@app.post("/login")
async def login(credentials: dict[str, str] = Body()) -> bool:
    """Unhandled, with secrets in the request's body, headers and cookies."""
    sentry_sdk.add_breadcrumb(category="auth", message="login", data=dict(credentials))
    sentry_sdk.set_context("form", dict(credentials))
    return check_password(credentials["name"], credentials["password"])


@app.put("/articles/{slug}")
def put_article(slug: str) -> str:
    """The second time breaks a constraint, which is handled."""
    with Session(engine) as session:
        session.add(Article(slug=slug))
        session.commit()
    return slug


@app.get("/articles/{slug}")
async def get_article(slug: str) -> None:
    """Handled, and only logged."""
    raise NotFound(f"there is no article {slug}")


@app.get("/prices/{sku}")
async def price(sku: str) -> None:
    """Handled, and captured by hand."""
    raise SupplierDown(f"no price of {sku}")


def pay_out(amount: int) -> None:
    """Fails for nothing."""
    raise ValueError(f"nothing to pay out: {amount}")


@app.post("/payouts")
async def payout() -> None:
    """Handled, and logged as one JSON document with the traceback in it."""
    try:
        pay_out(0)
    except ValueError:
        logger.error("Payout failed", exc_info=True, ratio=float("nan"), sku="desk")


@app.post("/notices")
async def notice() -> None:
    """A message rather than an exception."""
    sentry_sdk.capture_message("Stock is counted by hand", level="warning")
