"""The embedding space of the bundle that ships: apps are watched in it."""

from eddyline.encoders.configured import read_space
from eddyline.settings import Settings

WATCHED = read_space(Settings())
