//! Takes the editable files of a submission, and nothing else.
