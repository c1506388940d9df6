"""Topics: what they must look like, how they are made and checked."""

from typing import NamedTuple

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from eddyline.errors import RefusedToStart, Unavailable
from eddyline.kafka.connection import asking_config, client_config, cluster, no_answer
from eddyline.settings import Settings

DAY_MS = 86_400_000
TIMEOUT = 15.0


class TopicSpec(NamedTuple):
    """A topic as Eddyline wants it. ``fixed`` says that another partition count would break state."""

    name: str
    partitions: int
    retention_days: int
    fixed: bool = False


def wanted(settings: Settings) -> list[TopicSpec]:
    """Return all topics, inputs first."""
    topics = settings.topics
    inputs = (topics.prompts, topics.responses, topics.shadow_responses, topics.feedback)
    return [
        *(TopicSpec(name, topics.input_partitions, 7) for name in inputs),
        TopicSpec(topics.deployments, 1, 365),
        TopicSpec(topics.observations, topics.observations_partitions, 7, fixed=True),
        TopicSpec(topics.partials, topics.partials_partitions, 14, fixed=True),
        TopicSpec(topics.scores, topics.input_partitions, 7),
        TopicSpec(topics.drift, 1, 30),
        TopicSpec(topics.alerts, 1, 30),
        TopicSpec(topics.adaptation, 1, 90),
        TopicSpec(topics.dead_letters, 1, 7),
    ]


def admin(settings: Settings) -> AdminClient:
    """Return an admin client."""
    return AdminClient(client_config(settings))


def partition_counts(settings: Settings) -> dict[str, int]:
    """Return the partition counts of all topics of the cluster.

    Raises:
        RefusedToStart: the brokers refuse the client, or it refuses them.
        Unavailable: no broker answers.
    """
    client = AdminClient(asking_config(settings))
    try:
        found = cluster(client).topics
    except KafkaException as error:
        raise no_answer(settings, error) from None
    return {name: len(topic.partitions) for name, topic in found.items()}


def create(settings: Settings) -> list[str]:
    """Create the topics that are missing; return their names.

    Raises:
        Unavailable: no broker answers, or it refuses.
    """
    present = partition_counts(settings)
    missing = [spec for spec in wanted(settings) if spec.name not in present]
    if not missing:
        return []
    new = [
        NewTopic(
            spec.name,
            num_partitions=spec.partitions,
            replication_factor=settings.kafka.replication_factor,
            config={"retention.ms": str(spec.retention_days * DAY_MS), "cleanup.policy": "delete"},
        )
        for spec in missing
    ]
    client = admin(settings)
    for name, future in client.create_topics(new, request_timeout=TIMEOUT).items():
        try:
            future.result()
        except KafkaException as error:
            message = f"topic {name} cannot be created: {error.args[0].str()}"
            raise Unavailable(message) from None
    return [spec.name for spec in missing]


def faults(settings: Settings) -> list[str]:
    """Return what is wrong with the topics, a line each; nothing when all is well.

    Raises:
        Unavailable: no broker answers.
    """
    present = partition_counts(settings)
    found = []
    for spec in wanted(settings):
        if spec.name not in present:
            found.append(f"topic {spec.name} does not exist: run 'eddyline topics create'")
        elif spec.fixed and present[spec.name] != spec.partitions:
            found.append(
                f"topic {spec.name} has {present[spec.name]} partitions, the settings say {spec.partitions}: "
                "the count decides who owns which state, so change the setting back"
            )
    compacted = _cleanup_policies(
        settings, [spec.name for spec in wanted(settings) if spec.fixed and spec.name in present]
    )
    found += [
        f"topic {name} has cleanup.policy={policy}: offsets must stay contiguous, set it to delete"
        for name, policy in compacted.items()
        if policy != "delete"
    ]
    return found


def check(settings: Settings) -> None:
    """Refuse to start on topics that are missing or wrong.

    Raises:
        RefusedToStart: the first fault.
        Unavailable: no broker answers.
    """
    found = faults(settings)
    if found:
        raise RefusedToStart(found[0])


def _cleanup_policies(settings: Settings, names: list[str]) -> dict[str, str]:
    if not names:
        return {}
    resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in names]
    client = admin(settings)
    try:
        answers = client.describe_configs(resources, request_timeout=TIMEOUT)
        configs = {resource.name: future.result() for resource, future in answers.items()}
    except KafkaException as error:
        message = f"the settings of topics cannot be read: {error.args[0].str()}"
        raise Unavailable(message) from None
    return {name: config["cleanup.policy"].value for name, config in configs.items() if "cleanup.policy" in config}
