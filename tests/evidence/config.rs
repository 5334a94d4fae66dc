//! The configuration of a verifier is read strictly, with findings at their places.
