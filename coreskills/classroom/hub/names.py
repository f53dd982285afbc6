"""Names that hub and course service share."""

INSTRUCTORS = "instructors"
LEARNERS = "learners"
SERVICE = "course"
GRADER = "grader"
