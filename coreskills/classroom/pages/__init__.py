"""Server-rendered pages: feedback for learners, the class page for instructors."""
