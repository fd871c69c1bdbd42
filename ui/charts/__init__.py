"""Charts of answers side by side. Each function draws one, where it is called; names are plain text."""

from ui.charts.gaps import gaps
from ui.charts.race import Race
from ui.charts.rows import boxes, intervals
from ui.charts.scatter import scatter

__all__ = ["Race", "boxes", "gaps", "intervals", "scatter"]
