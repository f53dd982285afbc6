"""What the classroom remembers: releases, submissions, grades, feedback, roster, deadlines."""
