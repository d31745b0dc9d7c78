"""What the tests of signing in share."""

from collections.abc import AsyncIterator

import pytest

from tests.clock import FixedClock
from tests.sign_in.provider import Provider, serving


@pytest.fixture
async def provider(clock: FixedClock) -> AsyncIterator[Provider]:
    async with serving(Provider(clock)) as provider:
        yield provider
