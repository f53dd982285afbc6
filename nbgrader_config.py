"""nbgrader in this course: where things lie, the exchange over HTTP, grading through the examiner.

nbgrader's own verbs and formgrader read this file. Learners' servers have one of their own, with the exchange only.
"""

from coreskills.classroom.settings import Classroom
from coreskills.course import find_course
from coreskills.examiner.nbgrader_step import use_examiner
from coreskills_widgets.exchange import configure

c = get_config()  # noqa: F821  nbgrader gives it to this file

room = Classroom.of(find_course())
room.state.mkdir(parents=True, exist_ok=True)
c.CourseDirectory.root = str(room.course.root)
c.CourseDirectory.course_id = room.course.course.id
c.CourseDirectory.submitted_directory = str(room.submitted)
c.CourseDirectory.feedback_directory = str(room.feedback)
c.CourseDirectory.autograded_directory = str(room.autograded)
c.CourseDirectory.db_url = room.gradebook_url
configure(c)
use_examiner(c)
# By name: nbconvert takes half a second to import, and only feedback needs it.
c.GenerateFeedback.exporter_class = "coreskills.classroom.nbgrader_feedback.FeedbackExporter"
c.GenerateFeedback.preprocessors = []
