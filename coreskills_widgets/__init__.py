"""Learner side: what runs beside learner code. Light to import: no nbgrader, vcr or LLM SDK at the top."""
