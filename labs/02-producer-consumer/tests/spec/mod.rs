//! The specification of `prodcon`, one file a milestone.
