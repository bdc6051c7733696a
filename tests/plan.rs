//! The plan as text, Mermaid, DOT, SVG and JSON, with runs laid over it; bounds and lints.

#[path = "plan/fixtures.rs"]
mod fixtures;

#[path = "plan/bounds.rs"]
mod bounds;
#[path = "plan/escaping.rs"]
mod escaping;
#[path = "plan/formats.rs"]
mod formats;
#[path = "plan/lints.rs"]
mod lints;
#[path = "plan/overlay.rs"]
mod overlay;
#[path = "plan/random.rs"]
mod random;
