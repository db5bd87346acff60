"""Areas of shapes."""

import math


class Circle:
    """A circle around the origin."""

    def __init__(self, radius: float):
        self.radius = radius

    def area(self) -> float:
        return math.pi * self.radius**2


def total_area(shapes: list[Circle]) -> float:
    """The sum of all areas."""
    
