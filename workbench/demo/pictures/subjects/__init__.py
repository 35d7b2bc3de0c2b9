"""What is asked for and how it is staged: a module for each prompt."""

from . import (
    balloons,
    fruit,
    lake,
    lighthouse,
    mushrooms,
    pagoda,
    pancakes,
    planet,
    robot,
    room,
    sailboat,
    snowman,
    street,
)
from .base import Subject

SUBJECTS: tuple[Subject, ...] = (
    lighthouse.SUBJECT,
    lake.SUBJECT,
    planet.SUBJECT,
    balloons.SUBJECT,
    sailboat.SUBJECT,
    fruit.SUBJECT,
    mushrooms.SUBJECT,
    pancakes.SUBJECT,
    robot.SUBJECT,
    snowman.SUBJECT,
    street.SUBJECT,
    room.SUBJECT,
    pagoda.SUBJECT,
)
