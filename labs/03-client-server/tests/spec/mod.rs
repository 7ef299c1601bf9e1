//! The specification of `filed` and `filec`, one file a milestone.
