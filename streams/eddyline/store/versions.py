"""Before a worker takes a state over: was it written in a format that this worker knows?

Loading a state makes the loader its owner, which would fence a newer worker that runs. So versions are read first, and
a worker that must not touch a state leaves it as it is, byte for byte.
"""

from collections.abc import Mapping

import redis.exceptions

from eddyline import keys, versions
from eddyline.errors import Unavailable
from eddyline.settings import Settings
from eddyline.store.redis import connect


async def check_states(settings: Settings, known: Mapping[str, bytes]) -> None:
    """Check every stored state of the stages in ``known``, each with the version that this worker reads.

    Raises:
        RefusedToStart: a state has another version.
        Unavailable: Redis does not answer.
    """
    partitions = {
        "fold": settings.topics.observations_partitions,
        "judge": settings.topics.partials_partitions,
    }
    for stage, version in known.items():
        names = [keys.state(stage, partition) for partition in range(partitions[stage])]
        for partition, found in enumerate(await _versions(settings, names)):
            if found is not None:
                versions.check_state(found, version, f"the state of {stage} partition {partition}")


async def _versions(settings: Settings, names: list[str]) -> list[bytes | None]:
    client = connect(settings)
    try:
        async with client.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.hget(name, "version")
            found: list[bytes | None] = await pipe.execute()
    except (redis.exceptions.RedisError, OSError) as error:
        raise Unavailable(f"Redis: {error}") from error
    finally:
        await client.aclose()
    return found
