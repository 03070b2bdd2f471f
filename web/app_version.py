"""Which version of the service this is."""

from importlib.metadata import PackageNotFoundError, version


def our_version() -> str:
    """The installed version of the service; "0" in a checkout that is not installed."""
    try:
        return version("wop-matcher")
    except PackageNotFoundError:
        return "0"
