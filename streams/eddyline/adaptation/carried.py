"""What an analysis hands on to that of the next day: which draws of the arms have been rejected, at how many looks."""

from typing import NamedTuple

import msgspec

from eddyline import versions
from eddyline.adaptation import sequential
from eddyline.adaptation.rehash import DRAWS, Families
from eddyline.adaptation.sequential import Alive

VERSION = 1


class Carried(NamedTuple):
    """What is known of a rollout from earlier looks."""

    looks: int
    """The number of the last look that is in it; 0: none."""
    draws: int
    """Of other arms, at every look."""
    alive: Alive
    """What they have rejected."""

    def after(self, t: int, found: Families | None) -> "Carried":
        """Return the same after look ``t``; an old look, or one that could not compare anything, adds nothing."""
        if t <= self.looks or found is None:
            return self
        return Carried(t, self.draws, sequential.step(self.alive, found, t))

    @property
    def p(self) -> float | None:
        """The smallest level at which anything was rejected at any look until now; None before the first."""
        return self.alive.p if self.looks else None


class _Wire(msgspec.Struct, array_like=True):
    version: int
    looks: int
    draws: int
    alive: bytes


_decoder = msgspec.msgpack.Decoder(_Wire)


def fresh(draws: int = DRAWS) -> Carried:
    """Return what is known before the first look."""
    return Carried(0, draws, sequential.fresh(draws))


def pack(found: Carried) -> bytes:
    """Return it as it is stored, in about 1.3 kB."""
    return msgspec.msgpack.encode(_Wire(VERSION, found.looks, found.draws, found.alive.pack()))


def unpack(value: bytes) -> Carried:
    """Return what was stored.

    Raises:
        RefusedToStart: another version of Eddyline wrote it.
        EddylineError: it is no such value.
    """
    wire = versions.decode(_decoder, value, VERSION, "what is known of a rollout")
    return Carried(wire.looks, wire.draws, sequential.unpack(wire.alive, wire.draws))
