"""The asyncio client against a server in this process."""

import asyncio

import cv2
import numpy as np
import pytest

from serving import AsyncMaskClient
from serving.client.errors import ModelNotFound
from serving.version_status import VersionState


def test_many_photographs_from_one_thread(mask_server, photograph):
    photographs = [photograph(2 * width, 8) for width in range(1, 9)]

    async def run():
        async with AsyncMaskClient(mask_server.target) as client:
            masks = await asyncio.gather(*map(client.mask, photographs))
            return masks, await client.rles(photographs), await client.rle(photographs[2])

    masks, runs, third = asyncio.run(run())
    assert runs == [f"1 {8 * width}" for width in range(1, 9)]
    assert third == "1 24"
    for width, png in enumerate(masks, 1):
        mask = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
        assert mask.shape == (8, 2 * width)
        assert (mask[:, :width] == 255).all()
        assert not mask[:, width:].any()


def test_a_client_may_be_made_before_its_loop_runs(mask_server, photograph):
    client = AsyncMaskClient(mask_server.target)

    async def run():
        try:
            return await client.rle(photograph(24, 16))
        finally:
            await client.close()

    assert asyncio.run(run()) == "1 192"


def test_a_version_is_asked_for(mask_server, photograph):
    async def run(version):
        async with AsyncMaskClient(mask_server.target, version=version) as client:
            return await client.rle(photograph(24, 16)), await client.status()

    runs, [status] = asyncio.run(run(1))
    assert runs == "1 192"
    assert (status.version, status.state) == (1, VersionState.AVAILABLE)
    with pytest.raises(ModelNotFound, match=r"'mask', version 2.*Specific\(mask, 2\)"):
        asyncio.run(run(2))
