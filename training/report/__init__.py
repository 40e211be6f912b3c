"""The evaluation report: what a model can be trusted with, as figures and as one page."""

from training.report.assess import assess
from training.report.curves import LearningPoint
from training.report.page import render

__all__ = ["LearningPoint", "assess", "render"]
