//! A plan as an SVG picture.
//!
//! Each box is laid out by itself, innermost first, by `dagre`; a box is then one node of the box round it ([`layout`]). So boxes cannot
//! overlap, titles have room, and edges end at borders. [`draw`] writes what was laid out.

mod draw;
mod layout;

use super::{Plan, graph, outline::Outline, overlay::Overlay};

impl Plan {
    /// The plan as an SVG picture. It needs the feature `svg`.
    #[must_use]
    pub fn svg(&self) -> String {
        draw::draw(&layout::lay_out(graph::draw(&Outline::new(self), None)))
    }
}

impl Overlay<'_> {
    /// The plan as an SVG picture, coloured by what became of each node. It needs the feature `svg`.
    #[must_use]
    pub fn svg(&self) -> String {
        draw::draw(&layout::lay_out(graph::draw(&self.outline, Some(self))))
    }
}
