"""What may go wrong, and what clients are told of it."""

import sentry_sdk
import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError

logger = structlog.get_logger(__name__)


class ShopError(Exception):
    """A failure that has a status of its own."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class NotFound(ShopError):
    """Something that there is not."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 404)


class SupplierDown(ShopError):
    """Another service that does not answer."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 503)


def add_handlers(app: FastAPI) -> None:
    """Answers each failure, and tells who tracks errors."""

    @app.exception_handler(ShopError)
    async def shop_error(request: Request, error: ShopError) -> JSONResponse:
        logger.error("Application error", path=request.url.path, status=error.status, reason=str(error))
        if error.status >= 500:
            sentry_sdk.capture_exception(error)
        return JSONResponse({"error": str(error)}, status_code=error.status)

    @app.exception_handler(IntegrityError)
    async def integrity_error(request: Request, error: IntegrityError) -> JSONResponse:
        logger.warning("Constraint violated", path=request.url.path)
        sentry_sdk.capture_exception(error)
        return JSONResponse({"error": "conflict"}, status_code=409)
