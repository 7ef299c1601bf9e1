//! What a lab may use.

/// The line every program of this course can say.
pub const HELLO: &str = "hello";
