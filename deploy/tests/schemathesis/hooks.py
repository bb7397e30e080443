"""How Schemathesis sends what it does not know by itself."""

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value):
    """A text is sent as it is: one object a line, or what is meant to be refused."""
    if isinstance(value, bytes):
        return value
    return str(value).encode("utf-8", errors="surrogatepass")
